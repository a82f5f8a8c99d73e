import type { Feeds } from '../../data/batch.ts';
import type { Numbers } from '../../engine/numbers.ts';

/**
 * Joins the feeds of several batches into those of one: tensors of one name along their first axis, the second one padded
 * with zeros to the longest, as `collate` pads texts and images, whose masks are among the feeds.
 */
export const joinFeeds = (all: readonly Feeds[]): Feeds => {
  if (all.length === 1) return all[0]!;
  const names = Object.keys(all[0]!);
  return Object.fromEntries(names.map((name) => [name, joined(all.map((feeds) => feeds[name]!))]));
};

/** [b1, n1, …], [b2, n2, …] → [b1 + b2, max n, …] */
const joined = (parts: readonly Numbers[]): Numbers => {
  const [, , ...rest] = parts[0]!.shape;
  const inner = rest.reduce((a, b) => a * b, 1);
  const rows = parts.reduce((sum, { shape }) => sum + shape[0]!, 0);
  const longest = Math.max(...parts.map(({ shape }) => shape[1]!));
  const data = emptyLike(parts[0]!, rows * longest * inner);
  let row = 0;
  for (const { shape, data: from } of parts) {
    const length = shape[1]! * inner;
    for (let i = 0; i < shape[0]!; i += 1, row += 1)
      data.set(from.subarray(i * length, (i + 1) * length) as never, row * longest * inner);
  }
  return { shape: [rows, longest, ...rest], data };
};

const emptyLike = ({ data }: Numbers, length: number): Numbers['data'] =>
  new (data.constructor as new (length: number) => Numbers['data'])(length);
