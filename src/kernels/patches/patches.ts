/**
 * An image cut into patches, in WebAssembly SIMD or the equal JavaScript of `reference.ts`. A row of patches' bytes is
 * copied to the start of the module's memory, and each patch comes back as float32 from behind it.
 */
import type { Pixels } from '../pixels.ts';
import { canRun, openModule } from '../web-assembly.ts';
import { patchesModule } from './patches.wasm.ts';
import { type Normalization, writePatchesInJavaScript } from './reference.ts';

interface Kernels {
  readonly patch: (source: number, pitch: number, side: number, target: number) => void;
  readonly bytes: Uint8Array;
  readonly result: Float32Array;
}

/** Most bytes of a row of patches. */
const ROW_BYTES = 1 << 20;
/** The module reads four pixels as sixteen bytes, so up to four bytes beyond the last. */
const MARGIN_BYTES = 64;
const RESULT = ROW_BYTES + MARGIN_BYTES;
const RESULT_BYTES = 1 << 18;

const openKernels = (): Kernels | undefined => {
  if (!canRun(patchesModule)) return undefined;
  const { exports, buffer } = openModule<Pick<Kernels, 'patch'>>(patchesModule, RESULT + RESULT_BYTES);
  return { ...exports, bytes: new Uint8Array(buffer), result: new Float32Array(buffer, RESULT, RESULT_BYTES / 4) };
};

let opened: { readonly kernels: Kernels | undefined } | undefined;

/**
 * Writes the chosen patches of an image, normalised, one after the other from the start of `into`:
 * [chosen, 3 * side * side], within a patch channel, then y, then x.
 *
 * @param side of a patch in pixels; the image's width is a multiple of it.
 * @param chosen indices of patches in raster order.
 * @param normalization of their values; -1..1 by default.
 */
export const writePatches = (
  pixels: Pixels,
  side: number,
  chosen: Uint32Array,
  into: Float32Array,
  normalization?: Normalization,
): void => {
  if (!normalization && writePatchesInWebAssembly(pixels, side, chosen, into)) return;
  writePatchesInJavaScript(pixels, side, chosen, into, normalization);
};

/**
 * Same as `writePatches` to -1..1, in WebAssembly alone.
 *
 * @returns false, with nothing written, where this machine has no WebAssembly SIMD, `side` is not a multiple of 4, or a
 *   row of patches does not fit the memory.
 */
export const writePatchesInWebAssembly = (
  { width, data }: Pixels,
  side: number,
  chosen: Uint32Array,
  into: Float32Array,
): boolean => {
  opened ??= { kernels: openKernels() };
  const { kernels } = opened;
  const [pitch, count] = [3 * width, 3 * side * side];
  if (!kernels || side % 4 !== 0 || pitch * side > ROW_BYTES || count > kernels.result.length) return false;
  const columns = width / side;
  const result = kernels.result.subarray(0, count);
  let copied = -1;
  for (let i = 0; i < chosen.length; i += 1) {
    const row = Math.floor(chosen[i]! / columns);
    if (row !== copied) kernels.bytes.set(data.subarray(row * side * pitch, (row + 1) * side * pitch), 0);
    copied = row;
    kernels.patch((chosen[i]! % columns) * 3 * side, pitch, side, RESULT);
    into.set(result, i * count);
  }
  return true;
};
