import type { Pixels } from '../kernels/pixels.ts';
import { interpolationWeights } from './interpolate.ts';

/** Number of patches of an image from top to bottom, and from left to right. */
export interface PatchGrid {
  readonly rows: number;
  readonly columns: number;
}

/** The patches of an image, each with sides of `patch` pixels. @throws Error when a side is no multiple of it, or 0. */
export const patchGrid = ({ width, height }: Pixels, patch: number): PatchGrid => {
  if (width % patch || height % patch || !width || !height) {
    throw new Error(`patchGrid: ${width} x ${height} cannot be cut into patches of ${patch}: resize it first`);
  }
  return { rows: height / patch, columns: width / patch };
};

/**
 * Chooses the patches of an image that a model sees, as raster places in rising order. All of them where they fit;
 * otherwise `limit` of them, drawn without replacement by `random` (training), or the first ones without it.
 *
 * ViLT draws even when all fit, and so shuffles them; their order means nothing to the model, and a fixed one makes the
 * same image give the same output.
 *
 * @param limit most patches (ViLT's `max_image_len`); all by default.
 * @param random draws numbers in [0, 1).
 */
export const choosePatches = (count: number, limit = count, random?: () => number): Uint32Array => {
  const places = Uint32Array.from({ length: count }, (_, place) => place);
  if (count <= limit) return places;
  if (!random) return places.slice(0, limit);
  for (let i = 0; i < limit; i += 1) {
    const other = i + Math.floor(random() * (count - i));
    [places[i], places[other]] = [places[other]!, places[i]!];
  }
  return places.slice(0, limit).sort();
};

/**
 * Writes the weight of each row of a learned `grid x grid` position table in the position of each chosen patch:
 * bilinear, corners aligned, so that weights · table is the table resized to `rows x columns` (ViLT). As a matrix it
 * needs no derivative of its own.
 *
 * @param into `[chosen, grid * grid]`, filled with 0; every row sums to 1 afterwards.
 */
export const writePositionWeights = (
  { rows, columns }: PatchGrid,
  grid: number,
  chosen: Uint32Array,
  into: Float32Array,
): void => {
  const down = Array.from({ length: rows }, (_, row) => interpolationWeights(row, rows, grid));
  const right = Array.from({ length: columns }, (_, column) => interpolationWeights(column, columns, grid));
  for (const [i, place] of chosen.entries()) {
    for (const [y, high] of down[Math.floor(place / columns)]!) {
      for (const [x, wide] of right[place % columns]!) into[(i * grid + y) * grid + x]! += high * wide;
    }
  }
};
