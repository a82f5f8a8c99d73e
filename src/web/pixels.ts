import { overWhite } from '../data/pictures/raster.ts';
import { UserError } from '../errors.ts';
import type { Pixels } from '../kernels/pixels.ts';

/** Decoded pixels of four bytes, red, green, blue and alpha, in rows from the top: a page's `ImageData` is such. */
export interface PixelData {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray | Uint8Array;
}

/** A picture: the bytes of a file (JPEG, PNG, WebP, …, whatever the browser shows), or decoded pixels. */
export type WebImage = Blob | PixelData | Pixels;

/** Functions with which a browser decodes pictures; Node has none of them. */
interface Decoding {
  readonly createImageBitmap: (
    image: Blob,
    options: Readonly<Record<string, string>>,
  ) => Promise<{ readonly width: number; readonly height: number; close(): void }>;
  readonly OffscreenCanvas: new (
    width: number,
    height: number,
  ) => {
    getContext(
      kind: '2d',
      options: Readonly<Record<string, unknown>>,
    ): {
      drawImage(image: unknown, x: number, y: number): void;
      getImageData(x: number, y: number, width: number, height: number): PixelData;
      createImageData(width: number, height: number): PixelData;
      putImageData(pixels: PixelData, x: number, y: number): void;
    };
    convertToBlob(options: { readonly type: string }): Promise<Blob>;
  };
}

/**
 * Pixels of a picture as a viewer shows it: turned as its EXIF data say, what is transparent over white.
 *
 * @throws UserError where the browser cannot decode it.
 */
export const pixelsOf = async (image: WebImage): Promise<Pixels> => {
  if (!(image instanceof Blob)) return opaque(image);
  const { createImageBitmap, OffscreenCanvas } = globalThis as unknown as Decoding;
  const options = { imageOrientation: 'from-image', premultiplyAlpha: 'none', colorSpaceConversion: 'default' };
  const bitmap = await createImageBitmap(image, options).catch((cause: unknown) => {
    const name = 'name' in image ? `${image.name}` : 'the picture';
    throw new UserError(`${name}: the browser cannot read it: give a JPEG, PNG, WebP, GIF or AVIF file`, { cause });
  });
  const { width, height } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return opaque(context.getImageData(0, 0, width, height));
};

const opaque = ({ width, height, data }: PixelData | Pixels): Pixels => {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.length);
  const channels = bytes.length / (width * height);
  if (channels === 3) return { width, height, data: bytes };
  if (channels === 4) return overWhite({ width, height, channels, data: bytes });
  throw new UserError(
    `pixels of ${width} x ${height} have ${bytes.length} bytes: give 3 a pixel (red, green, blue), or 4 with alpha`,
  );
};

/** Pixels as a PNG within an address, `data:image/png;base64,…`. */
export const dataUri = async ({ width, height, data }: Pixels): Promise<string> => {
  const { OffscreenCanvas } = globalThis as unknown as Decoding;
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d', {});
  const pixels = context.createImageData(width, height);
  for (let i = 0; i < width * height; i += 1) {
    pixels.data.set(data.subarray(3 * i, 3 * i + 3), 4 * i);
    pixels.data[4 * i + 3] = 255;
  }
  context.putImageData(pixels, 0, 0);
  const bytes = new Uint8Array(await (await canvas.convertToBlob({ type: 'image/png' })).arrayBuffer());
  return `data:image/png;base64,${btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))}`;
};
