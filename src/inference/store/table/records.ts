import type { Arrays } from '../column-arrays.ts';

/** Records of images in arrays that have room for more. What they say of an image they say at its number. */
export interface Records {
  bytes: Float64Array<ArrayBuffer>;
  modified: Float64Array<ArrayBuffer>;
  /** As in the columns: NaN for a picture without a date, NEVER_READ for one that was not asked for it. */
  taken: Float64Array<ArrayBuffer>;
  rows: Uint32Array<ArrayBuffer>;
  /** Where the path of each ends among the paths. */
  ends: Float64Array<ArrayBuffer>;
  /** 32 bytes of SHA-256 each. */
  hashes: Buffer<ArrayBuffer>;
  /** 1 for a record that holds, 0 for one that was replaced or removed. */
  holds: Uint8Array<ArrayBuffer>;
  paths: Buffer<ArrayBuffer>;
}

/** Records without room. */
export const noRecords = (): Records => ({
  bytes: new Float64Array(0),
  modified: new Float64Array(0),
  taken: new Float64Array(0),
  rows: new Uint32Array(0),
  ends: new Float64Array(0),
  hashes: Buffer.alloc(0),
  holds: new Uint8Array(0),
  paths: Buffer.alloc(0),
});

/** Least room for records and for bytes of paths. */
const LEAST = 1024;

/** Gives records room for so many, and for so many bytes of paths: half as much again, so that few copies are made. */
export const makeRoom = (
  records: Records,
  { count, paths }: { readonly count: number; readonly paths: number },
): void => {
  const { rows, paths: text } = records;
  if (paths > text.length)
    records.paths = longer(text, Buffer.alloc(Math.max(paths, Math.ceil(1.5 * text.length), LEAST)));
  if (count <= rows.length) return;
  const room = Math.max(count, Math.ceil(1.5 * rows.length), LEAST);
  for (const name of ['bytes', 'modified', 'taken', 'ends'] as const)
    records[name] = longer(records[name], new Float64Array(room));
  records.rows = longer(rows, new Uint32Array(room));
  records.hashes = longer(records.hashes, Buffer.alloc(32 * room));
  records.holds = longer(records.holds, new Uint8Array(room));
};

const longer = <T extends Float64Array | Uint32Array | Uint8Array>(before: T, after: T): T => {
  after.set(before);
  return after;
};

/** The highest row of the records that hold; -1 where there is none. */
const lastRow = ({ rows, holds }: Records, count: number): number => {
  let last = -1;
  for (let i = 0; i < count; i += 1) if (holds[i] === 1 && rows[i]! > last) last = rows[i]!;
  return last;
};

/** Numbers of the records that hold, in the order of their rows; of one row, in their own. */
const inOrder = (records: Records, count: number, size: number): Uint32Array => {
  const { rows, holds } = records;
  // sorted by counting: rows are numbers without large gaps
  const next = new Uint32Array(lastRow(records, count) + 2);
  for (let i = 0; i < count; i += 1) if (holds[i] === 1) next[rows[i]! + 1]! += 1;
  for (let row = 1; row < next.length; row += 1) next[row]! += next[row - 1]!;
  const order = new Uint32Array(size);
  for (let i = 0; i < count; i += 1) {
    if (holds[i] !== 1) continue;
    order[next[rows[i]!]!] = i;
    next[rows[i]!]! += 1;
  }
  return order;
};

/** The records that hold as columns, in the order of their rows. */
export const columnArraysOf = (
  records: Records,
  { count, size }: { readonly count: number; readonly size: number },
): Arrays => {
  const order = inOrder(records, count, size);
  const { bytes, modified, taken, rows, hashes } = records;
  const begins = (i: number): number => (i === 0 ? 0 : records.ends[i - 1]!);
  const [ends, sorted] = [new Uint32Array(size), new Uint8Array(32 * size)];
  let length = 0;
  for (const i of order) length += records.ends[i]! - begins(i);
  const paths = new Uint8Array(length);
  let end = 0;
  for (let at = 0; at < size; at += 1) {
    const i = order[at]!;
    paths.set(records.paths.subarray(begins(i), records.ends[i]!), end);
    ends[at] = end += records.ends[i]! - begins(i);
    sorted.set(hashes.subarray(32 * i, 32 * (i + 1)), 32 * at);
  }
  return {
    bytes: Float64Array.from(order, (i) => bytes[i]!),
    modified: Float64Array.from(order, (i) => modified[i]!),
    taken: Float64Array.from(order, (i) => taken[i]!),
    rows: order.map((i) => rows[i]!) as Uint32Array<ArrayBuffer>,
    ...{ ends, hashes: sorted, paths },
  };
};

/** Number of rows that some record that holds has. */
export const countRows = (records: Records, count: number): number => {
  const { rows, holds } = records;
  const used = new Uint8Array(lastRow(records, count) + 1);
  for (let i = 0; i < count; i += 1) if (holds[i] === 1) used[rows[i]!] = 1;
  return used.reduce((sum, one) => sum + one, 0);
};
