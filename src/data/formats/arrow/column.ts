import { DataType, type Field } from 'apache-arrow';
import { UserError } from '../../../errors.ts';
import { type ByteRange, readRange } from '../../../files/byte-range.ts';

/** A value of a row; `binary` is the place of its bytes, not yet read. */
export type ArrowValue = string | number | boolean | null | ArrowBytes | readonly ArrowValue[];

/** Bytes that are still in the file. */
export interface ArrowBytes {
  readonly read: () => Promise<Uint8Array>;
}

/** The values of a column of a batch, by row. */
export interface ArrowColumn {
  readonly length: number;
  readonly at: (row: number) => ArrowValue;
}

type At = ArrowColumn['at'];

/** The nodes and buffers of a batch, handed out in the order of its schema. */
export interface RowBuffers {
  readonly path: string;
  /** How many values the next node has, and how many of them are null. */
  readonly next: () => { readonly length: number; readonly nulls: number };
  /** Where the next buffer is in the file. */
  readonly range: () => ByteRange;
  readonly read: (range: ByteRange) => Promise<Uint8Array>;
}

interface Wanted {
  /** File and column, for errors. */
  readonly where: string;
  /** Whether it is read; if not, its nodes and buffers are only passed over. */
  readonly isWanted: boolean;
}

/**
 * A column of a batch, or undefined where it is not wanted.
 *
 * @throws UserError for a type that no data set of these has, or offsets that make no sense.
 */
export const columnOf = async (field: Field, buffers: RowBuffers, wanted: Wanted): Promise<ArrowColumn | undefined> => {
  const { length, nulls } = buffers.next();
  if (DataType.isNull(field.type)) return { length, at: () => null };
  const validity = buffers.range();
  const at = await valuesOf(field, { buffers, length }, wanted);
  if (!wanted.isWanted || !at) return undefined;
  if (nulls === 0 || validity.length === 0) return { length, at };
  const bits = await buffers.read(validity);
  return { length, at: (row) => ((bits[row >> 3] ?? 0) & (1 << (row & 7)) ? at(row) : null) };
};

interface Values {
  readonly buffers: RowBuffers;
  readonly length: number;
}

const valuesOf = async (field: Field, values: Values, wanted: Wanted): Promise<At | undefined> => {
  const { type } = field;
  if (DataType.isList(type)) return listOf(field, values, wanted);
  const isLarge = DataType.isLargeUtf8(type) || DataType.isLargeBinary(type);
  if (DataType.isUtf8(type) || DataType.isLargeUtf8(type)) return textsOf(values, { ...wanted, isLarge });
  if (DataType.isBinary(type) || DataType.isLargeBinary(type)) return bytesOf(values, { ...wanted, isLarge });
  if (DataType.isInt(type) || DataType.isFloat(type)) return numbersOf(field, values, wanted);
  if (wanted.isWanted || !isPassable(type)) {
    throw new UserError(
      `${wanted.where}: is of type ${typeName(type)}, which no data set of the ViLT code has: convert it.`,
    );
  }
  if (DataType.isStruct(type)) await passStruct(field, values.buffers, wanted);
  else values.buffers.range();
  return undefined;
};

/** Types of columns that somebody may have added: one buffer of values, or a struct of such. */
const isPassable = (type: DataType): boolean =>
  DataType.isStruct(type) ||
  DataType.isBool(type) ||
  DataType.isTimestamp(type) ||
  DataType.isDate(type) ||
  DataType.isDictionary(type) ||
  DataType.isFixedSizeBinary(type);

const passStruct = async (field: Field, buffers: RowBuffers, wanted: Wanted): Promise<void> => {
  for (const child of field.type.children as Field[]) await columnOf(child, buffers, wanted);
};

interface Sized extends Wanted {
  /** Whether offsets have 64 bits. */
  readonly isLarge: boolean;
}

/** length + 1 offsets that never fall; of no values there may be none at all. */
const offsetsOf = async (
  { buffers, length }: Values,
  { where, isWanted, isLarge }: Sized,
): Promise<ArrayLike<number>> => {
  const range = buffers.range();
  const bytes = (length + 1) * (isLarge ? 8 : 4);
  if (!isWanted || (length === 0 && range.length < bytes)) return [0];
  if (range.length < bytes)
    throw new UserError(`${where}: has ${range.length} bytes of offsets for ${length} values: the file is damaged.`);
  const read = await buffers.read({ offset: range.offset, length: bytes });
  const offsets = isLarge ? Float64Array.from(new BigInt64Array(read.buffer), Number) : new Int32Array(read.buffer);
  for (let i = 0; i < length; i += 1) {
    if (!(offsets[i]! >= 0 && offsets[i + 1]! >= offsets[i]!))
      throw new UserError(`${where}: offset ${i + 1} is ${offsets[i + 1]} after ${offsets[i]}: the file is damaged.`);
  }
  return offsets;
};

const checkEnd = (offsets: ArrayLike<number>, most: number, where: string): void => {
  const end = offsets[offsets.length - 1]!;
  if (end > most) throw new UserError(`${where}: its offsets end at ${end} of ${most}: the file is damaged.`);
};

const textsOf = async (values: Values, sized: Sized): Promise<At> => {
  const offsets = await offsetsOf(values, sized);
  const range = values.buffers.range();
  checkEnd(offsets, range.length, sized.where);
  const bytes = Buffer.from(sized.isWanted ? await values.buffers.read(range) : []);
  return (row) => bytes.toString('utf8', offsets[row]!, offsets[row + 1]!);
};

const bytesOf = async (values: Values, sized: Sized): Promise<At> => {
  const offsets = await offsetsOf(values, sized);
  const { offset, length } = values.buffers.range();
  checkEnd(offsets, length, sized.where);
  const { path } = values.buffers;
  return (row) => {
    const place = { offset: offset + offsets[row]!, length: offsets[row + 1]! - offsets[row]! };
    return { read: () => readRange(path, place) };
  };
};

const listOf = async (field: Field, values: Values, wanted: Wanted): Promise<At | undefined> => {
  const offsets = await offsetsOf(values, { ...wanted, isLarge: false });
  const [child] = field.type.children as Field[];
  if (!child) throw new UserError(`${wanted.where}: is a list of nothing: the file is damaged.`);
  const inner = await columnOf(child, values.buffers, wanted);
  if (!inner) return undefined;
  checkEnd(offsets, inner.length, wanted.where);
  return (row) => Array.from({ length: offsets[row + 1]! - offsets[row]! }, (_, i) => inner.at(offsets[row]! + i));
};

const numbersOf = async ({ type }: Field, { buffers, length }: Values, { where, isWanted }: Wanted): Promise<At> => {
  const range = buffers.range();
  if (!isWanted) return () => null;
  const NumberArray = arrayOf(type);
  if (!NumberArray) throw new UserError(`${where}: is of type ${typeName(type)}: the file is damaged.`);
  const bytes = length * NumberArray.BYTES_PER_ELEMENT;
  if (range.length < bytes) {
    throw new UserError(`${where}: has ${range.length} bytes for ${length} numbers: the file is damaged.`);
  }
  const numbers = new NumberArray((await buffers.read({ offset: range.offset, length: bytes })).buffer);
  return (row) => Number(numbers[row]);
};

interface NumberArray {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike): ArrayLike<number | bigint>;
}

/** By the bits of a whole number, and by Arrow's precision of a fraction: half, which no set has, single, double. */
const arrayOf = (type: DataType): NumberArray | undefined => {
  if (DataType.isFloat(type)) return [undefined, Float32Array, Float64Array][type.precision];
  if (!DataType.isInt(type)) return undefined;
  const signed = new Map<number, NumberArray>([
    [8, Int8Array],
    [16, Int16Array],
    [32, Int32Array],
    [64, BigInt64Array],
  ]);
  const unsigned = new Map<number, NumberArray>([
    [8, Uint8Array],
    [16, Uint16Array],
    [32, Uint32Array],
    [64, BigUint64Array],
  ]);
  return (type.isSigned ? signed : unsigned).get(type.bitWidth);
};

/** A damaged type may have no name. */
const typeName = (type: DataType): string => {
  try {
    return String(type);
  } catch {
    return `number ${type.typeId}`;
  }
};
