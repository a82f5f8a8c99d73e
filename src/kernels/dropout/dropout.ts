/** Dropout masks in WebAssembly SIMD; `random.ts` has the plain JavaScript that equals them. */

import { canRun, openModule } from '../web-assembly.ts';
import { randomKernels } from './dropout.wasm.ts';

/** A mask's stream, what is kept as bits, the byte that decides nothing, and the chance that it leaves. */
export interface MaskRule {
  readonly key: readonly [number, number, number, number];
  readonly kept: number;
  readonly byte: number;
  readonly chance: number;
}

interface Kernels {
  readonly mask: (...numbers: number[]) => void;
  readonly made: Float32Array;
}

/** Numbers that one call makes before they are copied out: few enough to stay in the processor's cache. */
const CHUNK = 32_768;
/** Numbers that the kernel makes at least. */
const GROUP = 64;

const openKernels = (): Kernels | undefined => {
  if (!canRun(randomKernels)) return undefined;
  const { exports, buffer } = openModule<Pick<Kernels, 'mask'>>(randomKernels, 4 * CHUNK);
  return { ...exports, made: new Float32Array(buffer) };
};

let opened: { readonly kernels: Kernels | undefined } | undefined;

/**
 * Fills `out` with a dropout mask, but for its last numbers that are no whole group.
 *
 * @returns how many are done: none where this machine has no WebAssembly SIMD, or where everything is kept.
 */
export const maskInWebAssembly = (out: Float32Array, { key, kept, byte, chance }: MaskRule): number => {
  opened ??= { kernels: openKernels() };
  const { kernels } = opened;
  if (!kernels || byte > 255) return 0; // where everything is kept, no byte decides nothing
  const whole = out.length - (out.length % GROUP);
  for (let at = 0; at < whole; at += CHUNK) {
    const count = Math.min(CHUNK, whole - at);
    kernels.mask(0, count, at / 16, byte, chance, kept, ...key);
    out.set(kernels.made.subarray(0, count), at);
  }
  return whole;
};
