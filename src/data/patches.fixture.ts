import { writePatches } from '../kernels/patches/patches.ts';
import type { Pixels } from '../kernels/pixels.ts';
import { choosePatches, type PatchGrid, patchGrid, writePositionWeights } from './patches.ts';

/**
 * All patches of an image as a batch holds them: [rows * columns, 3 * patch * patch], raster order, values in -1..1.
 */
export const cutPatches = (pixels: Pixels, patch: number): PatchGrid & { readonly patches: Float32Array } => {
  const { rows, columns } = patchGrid(pixels, patch);
  const patches = new Float32Array(rows * columns * 3 * patch * patch);
  writePatches(pixels, patch, choosePatches(rows * columns), patches);
  return { patches, rows, columns };
};

/** The position weights of all patches of an image as a batch holds them: [rows * columns, grid * grid]. */
export const positionWeights = (rows: number, columns: number, grid: number): Float32Array => {
  const weights = new Float32Array(rows * columns * grid * grid);
  writePositionWeights({ rows, columns }, grid, choosePatches(rows * columns), weights);
  return weights;
};
