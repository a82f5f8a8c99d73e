/** Dropout masks in WebAssembly SIMD; `random.ts` has the plain JavaScript that equals them. */
import { randomKernels } from './random-kernels.wasm.ts';

/** What this file uses of WebAssembly, whose types neither ECMAScript's library nor Node's brings along. */
declare const WebAssembly: {
  validate: (bytes: Uint8Array) => boolean;
  Module: new (bytes: Uint8Array) => object;
  Memory: new (pages: { initial: number; maximum: number }) => { readonly buffer: ArrayBuffer };
  Instance: new (module: object, imports: { env: { memory: object } }) => { readonly exports: unknown };
};

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

const PAGE_BYTES = 65_536;
/** Numbers that one call makes before they are copied out: few enough to stay in the processor's cache. */
const CHUNK = 32_768;
/** Numbers that the kernel makes at least. */
const GROUP = 64;

/** The compiled kernel: a WebAssembly module of little more than a kilobyte that imports `env.memory`. */
export const kernelBytes = (): Uint8Array => Uint8Array.from(atob(randomKernels), (letter) => letter.charCodeAt(0));

const openKernels = (): Kernels | undefined => {
  if (typeof WebAssembly !== 'object' || !WebAssembly.validate(kernelBytes())) return undefined;
  const pages = (4 * CHUNK) / PAGE_BYTES;
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const instance = new WebAssembly.Instance(new WebAssembly.Module(kernelBytes()), { env: { memory } });
  return { ...(instance.exports as Pick<Kernels, 'mask'>), made: new Float32Array(memory.buffer) };
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
