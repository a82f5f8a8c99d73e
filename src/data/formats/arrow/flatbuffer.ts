/** Bytes of the entries of lists of tables. */
const OFFSET = 4;

/** A list inside a flatbuffer: the place of its first entry, and their number. */
export interface FlatList {
  readonly first: number;
  readonly length: number;
}

/** @throws RangeError where a whole number is beyond 2^53. */
const safe = (value: bigint): number => {
  if (Number.isSafeInteger(Number(value))) return Number(value);
  throw new RangeError(`a number is ${value}`);
};

/**
 * A reader of one flatbuffer, by the numbers of the fields of its tables. Every list is checked to lie inside, since
 * damaged bytes claim two thousand million entries; DataView itself throws where an offset leads outside.
 *
 * @throws RangeError from each of its functions, where the bytes make no sense.
 */
export const openFlatbuffer = (bytes: Uint8Array) => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  /** Place of a field of a table; undefined where the table lacks it. */
  const place = (table: number, field: number): number | undefined => {
    const fields = table - view.getInt32(table, true);
    const at = 4 + 2 * field;
    const offset = at < view.getUint16(fields, true) ? view.getUint16(fields + at, true) : 0;
    return offset === 0 ? undefined : table + offset;
  };
  const followed = (at: number): number => at + view.getUint32(at, true);
  const number = (table: number, field: number, read: (at: number) => number, otherwise: number): number => {
    const at = place(table, field);
    return at === undefined ? otherwise : read(at);
  };
  const longAt = (at: number): number => safe(view.getBigInt64(at, true));
  /** A list of entries of so many bytes each. */
  const list = (table: number, field: number, size: number): FlatList => {
    const at = place(table, field);
    if (at === undefined) return { first: 0, length: 0 };
    const first = followed(at) + 4;
    const length = view.getUint32(first - 4, true);
    if (first + length * size > view.byteLength) throw new RangeError(`a list claims ${length} entries`);
    return { first, length };
  };
  return {
    root: (): number => followed(0),
    list,
    table: (table: number, field: number): number | undefined => {
      const at = place(table, field);
      return at === undefined ? undefined : followed(at);
    },
    tables: (table: number, field: number): number[] => {
      const { first, length } = list(table, field, OFFSET);
      return Array.from({ length }, (_, i) => followed(first + OFFSET * i));
    },
    text: (table: number, field: number): string => {
      const { first, length } = list(table, field, 1);
      return Buffer.from(view.buffer, view.byteOffset + first, length).toString('utf8');
    },
    byte: (table: number, field: number): number => number(table, field, (at) => view.getUint8(at), 0),
    short: (table: number, field: number): number => number(table, field, (at) => view.getInt16(at, true), 0),
    int: (table: number, field: number, otherwise = 0): number =>
      number(table, field, (at) => view.getInt32(at, true), otherwise),
    long: (table: number, field: number): number => number(table, field, longAt, 0),
    /** The whole number of 64 bits at a place, as structs hold them. */
    longAt,
    intAt: (at: number): number => view.getInt32(at, true),
  };
};

export type Flatbuffer = ReturnType<typeof openFlatbuffer>;
