import type { Pixels } from '../kernels/pixels.ts';

/** An affine map from a pixel of the result to its source: x' = a x + b y + c, y' = d x + e y + f. */
export type Matrix = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

/** Fixed-point unit of Pillow's coordinates: a 65536th of a pixel. */
const ONE = 65536;
const fixed = (value: number): number => Math.floor(value * ONE + 0.5);

/**
 * Transforms an image as Pillow's `transform(size, AFFINE, matrix)` does: nearest pixel, black beyond its edges, the
 * size kept.
 */
export const affine = ({ width, height, data }: Pixels, [a, b, c, d, e, f]: Matrix): Pixels => {
  const moved = new Uint8Array(data.length);
  const [stepX, stepY, lineX, lineY] = [fixed(a), fixed(d), fixed(b), fixed(e)];
  const [startX, startY] = [fixed(c + a * 0.5 + b * 0.5), fixed(f + d * 0.5 + e * 0.5)];
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const fromX = Math.floor((startX + x * stepX + y * lineX) / ONE);
      const fromY = Math.floor((startY + x * stepY + y * lineY) / ONE);
      if (fromX < 0 || fromX >= width || fromY < 0 || fromY >= height) continue;
      const [from, to] = [3 * (fromY * width + fromX), 3 * (y * width + x)];
      moved[to] = data[from]!;
      moved[to + 1] = data[from + 1]!;
      moved[to + 2] = data[from + 2]!;
    }
  }
  return { width, height, data: moved };
};

/** The matrix of a counter-clockwise rotation around the centre, in degrees, as Pillow's `rotate` makes it. */
export const rotation = ({ width, height }: Pick<Pixels, 'width' | 'height'>, degrees: number): Matrix => {
  const angle = -(((degrees % 360) + 360) % 360) * (Math.PI / 180);
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)].map((value) => Number(value.toFixed(15))) as [number, number];
  const [x, y] = [width / 2, height / 2];
  return [cos, sin, cos * -x + sin * -y + x, -sin, cos, -sin * -x + cos * -y + y];
};
