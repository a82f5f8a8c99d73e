import { writePatches } from '../kernels/patches/patches.ts';
import type { Pixels } from '../kernels/pixels.ts';

/** A picture as rows of numbers, one a patch. */
export interface Patches {
  /** `[rows * columns, 3 * patch * patch]`, raster order; within a patch channel, then y, then x. */
  readonly patches: Float32Array;
  readonly rows: number;
  readonly columns: number;
}

/** How many patches a picture has from top to bottom and from left to right. */
export interface PatchGrid {
  readonly rows: number;
  readonly columns: number;
}

/**
 * The patches of a picture, its values brought to -1..1 (ViLT: mean and deviation are 0.5 in every channel).
 *
 * @param patch side of a patch in pixels.
 * @throws Error when a side is no multiple of `patch`.
 */
export const cutPatches = (pixels: Pixels, patch: number): Patches => {
  const { rows, columns } = patchGrid(pixels, patch);
  const patches = new Float32Array(rows * columns * 3 * patch * patch);
  writePatches(pixels, patch, choosePatches(rows * columns), patches);
  return { patches, rows, columns };
};

/** @throws Error when a side is no multiple of `patch`, or smaller. */
export const patchGrid = ({ width, height }: Pixels, patch: number): PatchGrid => {
  if (width % patch || height % patch || !width || !height) {
    throw new Error(`cutPatches: ${width} x ${height} cannot be cut into patches of ${patch}: resize it first`);
  }
  return { rows: height / patch, columns: width / patch };
};

/**
 * Which patches of a picture a model sees, as raster places in rising order. All of them where they fit; otherwise
 * `limit` of them, drawn without replacement by `random` (training), or the first ones without it.
 *
 * ViLT draws even when all fit, and so shuffles them; the order means nothing to the model, and a fixed one makes the
 * same picture give the same output.
 *
 * @param limit most patches (ViLT's `max_image_len`); every patch when left out.
 * @param random numbers in [0, 1).
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
 * How much each row of a learned `grid x grid` position table counts for each patch: bilinear, corners aligned, so that
 * `positionWeights(rows, columns, grid) · table` is the table resized to `rows x columns` (ViLT). As a matrix it needs
 * no derivative of its own.
 *
 * @returns `[rows * columns, grid * grid]`; every row sums to 1.
 */
export const positionWeights = (rows: number, columns: number, grid: number): Float32Array => {
  const weights = new Float32Array(rows * columns * grid * grid);
  writePositionWeights({ rows, columns }, grid, choosePatches(rows * columns), weights);
  return weights;
};

/** Writes the position weights of the chosen patches from the start of `into`, which is 0: `[chosen, grid * grid]`. */
export const writePositionWeights = (
  { rows, columns }: PatchGrid,
  grid: number,
  chosen: Uint32Array,
  into: Float32Array,
): void => {
  const down = Array.from({ length: rows }, (_, row) => neighbours(row, rows, grid));
  const right = Array.from({ length: columns }, (_, column) => neighbours(column, columns, grid));
  for (const [i, place] of chosen.entries()) {
    for (const [y, high] of down[Math.floor(place / columns)]!) {
      for (const [x, wide] of right[place % columns]!) into[(i * grid + y) * grid + x]! += high * wide;
    }
  }
};

/** The two places of the table around place `i` of `count`, with their shares. */
const neighbours = (i: number, count: number, grid: number): readonly (readonly [number, number])[] => {
  const source = count === 1 ? 0 : (i * (grid - 1)) / (count - 1);
  const before = Math.floor(source);
  const share = source - before;
  return share === 0
    ? [[before, 1]]
    : [
        [before, 1 - share],
        [before + 1, share],
      ];
};
