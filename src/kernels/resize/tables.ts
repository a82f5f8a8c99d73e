import type { WeighingFilter } from './filters.ts';
import { type Kernel, kernelFor } from './reference.ts';

/** A kernel, and its tables as the module reads them. */
export interface Tables {
  readonly kernel: Kernel;
  /** Starts, numbers of pairs, and pairs of weights. */
  readonly packed: Int32Array;
  /** Most pairs of an output. */
  readonly stride: number;
}

/** Bits of the low part of a weight. */
const LOW_BITS = 11;

/** Numbers of 16 bits in one of 32. */
const pairOf = (first: number, second: number): number => (first & 0xffff) | (second << 16);

const high = (weight: number): number => weight >> LOW_BITS;
const low = (weight: number): number => weight & ((1 << LOW_BITS) - 1);

/** A kernel's tables for the module: see `columns` in resize.as.ts. */
const packedTables = (kernel: Kernel): Tables => {
  const { start, count, weights } = kernel;
  const stride = Math.ceil(kernel.stride / 2);
  const packed = new Int32Array(start.length * (2 + 2 * stride));
  packed.set(start);
  packed.set(
    count.map((inputs) => Math.ceil(inputs / 2)),
    start.length,
  );
  const weightAt = (i: number, k: number): number => (k < kernel.stride ? weights[i * kernel.stride + k]! : 0);
  for (let i = 0, to = 2 * start.length; i < start.length; i += 1) {
    for (let k = 0; k < 2 * stride; k += 2, to += 2) {
      const [first, second] = [weightAt(i, k), weightAt(i, k + 1)];
      packed[to] = pairOf(high(first), high(second));
      packed[to + 1] = pairOf(low(first), low(second));
    }
  }
  return { kernel, packed, stride };
};

/** Most kernels that are kept, since images of a data set have few sizes, and most bytes of each. */
const MOST_KEPT = 64;
const MOST_KEPT_BYTES = 1 << 18;

const kept = new Map<string, Tables>();

/** The tables of a resize of one direction; those of the sizes that came last are kept, but for very large ones. */
export const tablesFor = (from: number, to: number, filter: WeighingFilter): Tables => {
  const key = `${filter} ${from} ${to}`;
  const known = kept.get(key);
  if (known) return known;
  const tables = packedTables(kernelFor(from, to, filter));
  if (tables.packed.byteLength > MOST_KEPT_BYTES) return tables;
  if (kept.size === MOST_KEPT) kept.clear();
  kept.set(key, tables);
  return tables;
};
