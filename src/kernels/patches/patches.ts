/** Patches in WebAssembly SIMD; `patches.ts` has the plain JavaScript that equals them. */

import type { Pixels } from '../pixels.ts';
import { canRun, openModule } from '../web-assembly.ts';
import { patchKernels } from './patches.wasm.ts';

interface Kernels {
  readonly patch: (source: number, pitch: number, side: number, target: number) => void;
  readonly bytes: Uint8Array;
  readonly made: Float32Array;
}

/** A row of patches is read from here, and one patch is written behind it. */
const ROOM_BYTES = 1 << 20;
/** Pixels are read by fours as sixteen bytes. */
const BEYOND = 64;
const MADE = ROOM_BYTES + BEYOND;
const MADE_BYTES = 1 << 18;

const openKernels = (): Kernels | undefined => {
  if (!canRun(patchKernels)) return undefined;
  const { exports, buffer } = openModule<Pick<Kernels, 'patch'>>(patchKernels, MADE + MADE_BYTES);
  return { ...exports, bytes: new Uint8Array(buffer), made: new Float32Array(buffer, MADE, MADE_BYTES / 4) };
};

let opened: { readonly kernels: Kernels | undefined } | undefined;

/**
 * Writes the chosen patches as `writePatches` says.
 *
 * @returns whether it did: not where this machine has no WebAssembly SIMD, or where a patch has no whole four pixels or
 *   is too large.
 */
export const patchesInWebAssembly = (
  { width, data }: Pixels,
  side: number,
  chosen: Uint32Array,
  into: Float32Array,
): boolean => {
  opened ??= { kernels: openKernels() };
  const { kernels } = opened;
  const [pitch, count] = [3 * width, 3 * side * side];
  if (!kernels || side % 4 !== 0 || pitch * side > ROOM_BYTES || count > kernels.made.length) return false;
  const columns = width / side;
  const made = kernels.made.subarray(0, count);
  let laid = -1;
  for (let i = 0; i < chosen.length; i += 1) {
    const row = Math.floor(chosen[i]! / columns);
    if (row !== laid) kernels.bytes.set(data.subarray(row * side * pitch, (row + 1) * side * pitch), 0);
    laid = row;
    kernels.patch((chosen[i]! % columns) * 3 * side, pitch, side, MADE);
    into.set(made, i * count);
  }
  return true;
};
