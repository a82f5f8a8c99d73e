/** An image in memory: `data[(y * width + x) * 3 + channel]`, red, green, blue, 0 to 255. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}
