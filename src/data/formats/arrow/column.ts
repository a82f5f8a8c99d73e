import { DataType, type Field } from 'apache-arrow';
import { UserError } from '../../../errors.ts';
import { wholeNumber } from '../../../files/json.ts';
import { type ByteRange, readRange } from '../../../files/read-exactly.ts';

/** A value of a row. Binary values are not yet read. */
export type ArrowValue = string | number | boolean | null | ArrowBytes | ArrowStruct | readonly ArrowValue[];

/** Bytes that are still in the file. */
export interface ArrowBytes {
  readonly place: ByteRange & { readonly path: string };
  readonly read: () => Promise<Uint8Array>;
}

/** A struct, by the names of its fields. */
export interface ArrowStruct {
  readonly fields: Readonly<Record<string, ArrowValue>>;
}

/** The values of a column of a batch, by row. */
export interface ArrowColumn {
  readonly length: number;
  readonly at: (row: number) => ArrowValue;
}

type At = ArrowColumn['at'];

/** Hands out the nodes and buffers of a batch in the order of its schema. */
export interface RowBuffers {
  readonly path: string;
  /** The number of values of the next node, and of nulls among them. */
  readonly next: () => { readonly length: number; readonly nulls: number };
  /** The place of the next buffer in the file. */
  readonly range: () => ByteRange;
  readonly read: (range: ByteRange) => Promise<Uint8Array>;
}

interface ColumnQuery {
  /** File and column, for errors. */
  readonly where: string;
  /** Whether the column is read; if not, its nodes and buffers are only passed over. */
  readonly isWanted: boolean;
}

/**
 * A column of a batch, or undefined where it is only passed over.
 *
 * @throws UserError for a type that is not read, or offsets that make no sense.
 */
export const columnOf = async (
  field: Field,
  buffers: RowBuffers,
  query: ColumnQuery,
): Promise<ArrowColumn | undefined> => {
  const { length, nulls } = buffers.next();
  if (DataType.isNull(field.type)) return { length, at: () => null };
  const validity = buffers.range();
  const at = await valuesOf(field, { buffers, length }, query);
  if (!query.isWanted || !at) return undefined;
  if (nulls === 0 || validity.length === 0) return { length, at };
  const bits = await buffers.read(validity);
  return { length, at: (row) => ((bits[row >> 3] ?? 0) & (1 << (row & 7)) ? at(row) : null) };
};

interface Values {
  readonly buffers: RowBuffers;
  readonly length: number;
}

const valuesOf = async (field: Field, values: Values, query: ColumnQuery): Promise<At | undefined> => {
  const { type } = field;
  if (DataType.isList(type)) return listOf(field, values, query);
  const isLarge = DataType.isLargeUtf8(type) || DataType.isLargeBinary(type);
  if (DataType.isUtf8(type) || DataType.isLargeUtf8(type)) return textsOf(values, { ...query, isLarge });
  if (DataType.isBinary(type) || DataType.isLargeBinary(type)) return bytesOf(values, { ...query, isLarge });
  if (DataType.isInt(type) || DataType.isFloat(type)) return numbersOf(field, values, query);
  if (DataType.isBool(type)) return booleansOf(values, query);
  if (DataType.isStruct(type)) return structOf(field, values, query);
  if (query.isWanted || !isPassable(type)) {
    throw new UserError(
      `${query.where}: is of type ${typeName(type)}, which is not read: write it as texts, numbers or binary.`,
    );
  }
  values.buffers.range();
  return undefined;
};

/** Whether a type that is not read can be passed over: its values have one buffer. */
const isPassable = (type: DataType): boolean =>
  DataType.isTimestamp(type) ||
  DataType.isDate(type) ||
  DataType.isDictionary(type) ||
  DataType.isFixedSizeBinary(type);

/** Whether the values of a type are read with their row: texts, numbers, booleans, and lists and structs of them. */
export const isPlain = (type: DataType): boolean =>
  DataType.isNull(type) ||
  DataType.isUtf8(type) ||
  DataType.isLargeUtf8(type) ||
  DataType.isBool(type) ||
  ((DataType.isInt(type) || DataType.isFloat(type)) && arrayOf(type) !== undefined) ||
  ((DataType.isList(type) || DataType.isStruct(type)) && (type.children as Field[]).every((one) => isPlain(one.type)));

const booleansOf = async ({ buffers, length }: Values, { where, isWanted }: ColumnQuery): Promise<At> => {
  const range = buffers.range();
  if (!isWanted) return () => null;
  const bits = await buffers.read(range);
  if (8 * bits.length < length)
    throw new UserError(`${where}: has ${bits.length} bytes for ${length} booleans: the file is damaged.`);
  return (row) => (bits[row >> 3]! & (1 << (row & 7))) !== 0;
};

const structOf = async (field: Field, { buffers, length }: Values, query: ColumnQuery): Promise<At | undefined> => {
  const columns: [string, ArrowColumn][] = [];
  for (const child of field.type.children as Field[]) {
    const column = await columnOf(child, buffers, query);
    if (column && column.length < length) {
      throw new UserError(
        `${query.where}: ${child.name} has ${column.length} of ${length} values: the file is damaged.`,
      );
    }
    if (column) columns.push([child.name, column]);
  }
  if (!query.isWanted) return undefined;
  return (row) => ({ fields: Object.fromEntries(columns.map(([name, { at }]) => [name, at(row)])) });
};

interface Sized extends ColumnQuery {
  /** Whether offsets have 64 bits. */
  readonly isLarge: boolean;
}

/** The length + 1 offsets of a column, checked never to fall; a column without values may have none at all. */
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
    const place = { path, offset: offset + offsets[row]!, length: offsets[row + 1]! - offsets[row]! };
    return { place, read: () => readRange(path, place) };
  };
};

const listOf = async (field: Field, values: Values, query: ColumnQuery): Promise<At | undefined> => {
  const offsets = await offsetsOf(values, { ...query, isLarge: false });
  const [child] = field.type.children as Field[];
  if (!child) throw new UserError(`${query.where}: is a list of nothing: the file is damaged.`);
  const inner = await columnOf(child, values.buffers, query);
  if (!inner) return undefined;
  checkEnd(offsets, inner.length, query.where);
  return (row) => Array.from({ length: offsets[row + 1]! - offsets[row]! }, (_, i) => inner.at(offsets[row]! + i));
};

const numbersOf = async (
  { type }: Field,
  { buffers, length }: Values,
  { where, isWanted }: ColumnQuery,
): Promise<At> => {
  const range = buffers.range();
  if (!isWanted) return () => null;
  const NumberArray = arrayOf(type);
  if (!NumberArray) throw new UserError(`${where}: is of type ${typeName(type)}: the file is damaged.`);
  const bytes = length * NumberArray.BYTES_PER_ELEMENT;
  if (range.length < bytes) {
    throw new UserError(`${where}: has ${range.length} bytes for ${length} numbers: the file is damaged.`);
  }
  const numbers = new NumberArray((await buffers.read({ offset: range.offset, length: bytes })).buffer);
  return (row) => wholeNumber(numbers[row]!);
};

interface NumberArray {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike): ArrayLike<number | bigint>;
}

/** The typed array of a number type; undefined for half precision. */
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

/** The name of a type; a damaged one may have none. */
const typeName = (type: DataType): string => {
  try {
    return String(type);
  } catch {
    return `number ${type.typeId}`;
  }
};
