/**
 * Dropout masks, in WebAssembly SIMD or the equal JavaScript of `reference.ts`. The module gets the rule as numbers and
 * writes groups of 64 elements to the start of its memory; the last elements, fewer than 64, are JavaScript's.
 */
import { canRun, openModule } from '../web-assembly.ts';
import { dropoutModule } from './dropout.wasm.ts';
import type { Key } from './philox.ts';
import { BLOCK, type MaskRule, maskRule, writeMask } from './reference.ts';

interface Kernels {
  readonly mask: (...numbers: number[]) => void;
  readonly result: Float32Array;
}

/** Elements that one call writes before they are copied out: few enough to stay in the processor's cache. */
const CHUNK = 32_768;
/** Smallest number of elements that the module writes. */
const GROUP = 64;

const openKernels = (): Kernels | undefined => {
  if (!canRun(dropoutModule)) return undefined;
  const { exports, buffer } = openModule<Pick<Kernels, 'mask'>>(dropoutModule, 4 * CHUNK);
  return { ...exports, result: new Float32Array(buffer) };
};

let opened: { readonly kernels: Kernels | undefined } | undefined;

/**
 * Fills `out` with a dropout mask: 1 / keep with probability keep, else 0. The same key gives the same mask, of which
 * `out` may be a part, from element number `first` on.
 *
 * A byte decides 255 of 256 elements; only at the byte where the threshold lies are 32 more bits drawn, so that the
 * probability is right to 2^-40 for a quarter of the work.
 *
 * @throws Error unless 0 < keep <= 1.
 */
export const bernoulliMask = (key: Key, out: Float32Array, keep: number, first = 0): Float32Array => {
  if (!(keep > 0 && keep <= 1))
    throw new Error(`bernoulliMask: keep is ${keep}: give a probability above 0, at most 1`);
  const rule = maskRule(key, keep);
  const lead = first % BLOCK;
  if (lead === 0) return filled(out, rule, first / BLOCK);
  const longer = filled(new Float32Array(lead + out.length), rule, (first - lead) / BLOCK);
  out.set(longer.subarray(lead));
  return out;
};

/** Writes a mask from the first element of a Philox block on. */
const filled = (out: Float32Array, rule: MaskRule, block: number): Float32Array => {
  writeMask(out, rule, { block, written: maskInWebAssembly(out, rule, block) });
  return out;
};

/** Writes the mask's whole groups of 64. → the number of elements written, 0 without WebAssembly SIMD or for keep 1 */
const maskInWebAssembly = (out: Float32Array, { key, kept, byte, chance }: MaskRule, block: number): number => {
  opened ??= { kernels: openKernels() };
  const { kernels } = opened;
  if (!kernels || byte > 255) return 0; // the module compares bytes, and no byte is 256
  const whole = out.length - (out.length % GROUP);
  for (let at = 0; at < whole; at += CHUNK) {
    const count = Math.min(CHUNK, whole - at);
    kernels.mask(0, count, block + at / BLOCK, byte, chance, kept, ...key);
    out.set(kernels.result.subarray(0, count), at);
  }
  return whole;
};
