import { UserError } from '../../../errors.ts';
import { wholeNumber } from '../../../files/json.ts';
import type { ByteRange } from '../../../files/read-exactly.ts';
import { listAt } from './list-column.ts';
import { numbersIn, offsetsIn } from './numbers.ts';
import { type ArrowField, LISTS } from './schema.ts';
import type { ArrowColumn, ColumnParts, RowBuffers } from './values.ts';

/** Passes over the nodes and buffers of a column that is not read, of whatever type. */
export const skipColumn = (field: ArrowField, buffers: RowBuffers): void => {
  buffers.next();
  for (let left = buffersOf(field, buffers); left > 0; left -= 1) buffers.range();
  // the values of a dictionary, and so their parts, stand in a batch of their own
  if (!field.dictionary) for (const child of field.children) skipColumn(child, buffers);
};

/** The number of buffers of a column itself, its nulls included. */
const buffersOf = ({ kind, isDense, dictionary }: ArrowField, buffers: RowBuffers): number => {
  if (dictionary) return 2;
  switch (kind) {
    case 'null':
    case 'run-end encoded':
      return 0;
    case 'union':
      return Number(buffers.isOld) + (isDense ? 2 : 1);
    case 'struct':
    case 'fixed-size list':
      return 1;
    case 'utf8':
    case 'large utf8':
    case 'binary':
    case 'large binary':
    case 'list view':
    case 'large list view':
      return 3;
    case 'utf8 view':
    case 'binary view':
      return 2 + buffers.variadic();
    default:
      return 2;
  }
};

/** A column of a batch. @throws UserError for a type that is not read, or offsets that make no sense. */
export const columnOf = async (field: ArrowField, buffers: RowBuffers, where: string): Promise<ArrowColumn> => {
  const { length, nulls } = buffers.next();
  if (field.kind === 'null' && !field.dictionary) return { length, at: () => null };
  if (!field.dictionary && !isRead(field)) throw unreadable(field, where);
  const validity = buffers.range();
  const at = await valuesOf({ field, buffers, length, where });
  if (nulls === 0 || validity.length === 0) return { length, at };
  const bits = await buffers.read(validity);
  return { length, at: (row) => ((bits[row >> 3] ?? 0) & (1 << (row & 7)) ? at(row) : null) };
};

type At = ArrowColumn['at'];

const KINDS_READ: readonly string[] = ['int', 'bool', 'struct', ...LISTS];

const isRead = ({ kind, bits }: ArrowField): boolean =>
  KINDS_READ.includes(kind) || /utf8|^(large )?binary|binary view/.test(kind) || (kind === 'float' && bits > 16);

const unreadable = ({ kind, bits }: ArrowField, where: string): UserError =>
  new UserError(
    `${where}: is of type ${kind}${kind === 'float' ? bits : ''}, which is not read: write it as texts, numbers or binary.`,
  );

const valuesOf = (parts: ColumnParts): Promise<At> => {
  const { kind, dictionary } = parts.field;
  if (dictionary) return wordsOf(parts, dictionary);
  if (kind.endsWith('view') && !kind.includes('list')) return viewsOf(parts);
  if (kind.includes('utf8')) return textsOf(parts);
  if (kind.includes('binary')) return bytesOf(parts);
  if (kind === 'bool') return booleansOf(parts);
  if (kind === 'struct') return structOf(parts);
  return LISTS.includes(kind) ? listAt(parts, columnOf) : numbersOf(parts);
};

const numbersOf = async (parts: ColumnParts): Promise<At> => {
  const numbers = await numbersIn(parts, parts.field);
  return (row) => wholeNumber(numbers[row]!);
};

/** Values of a dictionary, by their numbers in it. */
const wordsOf = async (parts: ColumnParts, dictionary: NonNullable<ArrowField['dictionary']>): Promise<At> => {
  const numbers = await numbersIn(parts, { kind: 'int', ...dictionary });
  const words = parts.buffers.dictionary(dictionary.id);
  if (!words) throw new UserError(`${parts.where}: its dictionary ${dictionary.id} is not there: the file is damaged.`);
  return (row) => {
    const number = Number(numbers[row]);
    if (number >= 0 && number < words.length) return words.at(number);
    throw new UserError(`${parts.where}: has value ${number} of a dictionary of ${words.length}: the file is damaged.`);
  };
};

const booleansOf = async ({ buffers, length, where }: ColumnParts): Promise<At> => {
  const bits = await buffers.read(buffers.range());
  if (8 * bits.length < length)
    throw new UserError(`${where}: has ${bits.length} bytes for ${length} booleans: the file is damaged.`);
  return (row) => (bits[row >> 3]! & (1 << (row & 7))) !== 0;
};

const structOf = async ({ field, buffers, length, where }: ColumnParts): Promise<At> => {
  const columns: [string, ArrowColumn][] = [];
  for (const child of field.children) {
    const column = await columnOf(child, buffers, where);
    if (column.length < length)
      throw new UserError(`${where}: ${child.name} has ${column.length} of ${length} values: the file is damaged.`);
    columns.push([child.name, column]);
  }
  return (row) => ({ fields: Object.fromEntries(columns.map(([name, { at }]) => [name, at(row)])) });
};

const checkEnd = (offsets: ArrayLike<number>, most: number, where: string): void => {
  const end = offsets[offsets.length - 1]!;
  if (end > most) throw new UserError(`${where}: its offsets end at ${end} of ${most}: the file is damaged.`);
};

const textsOf = async (parts: ColumnParts): Promise<At> => {
  const offsets = await offsetsIn(parts);
  const range = parts.buffers.range();
  checkEnd(offsets, range.length, parts.where);
  const bytes = Buffer.from((await parts.buffers.read(range)).buffer);
  return (row) => bytes.toString('utf8', offsets[row]!, offsets[row + 1]!);
};

const bytesOf = async (parts: ColumnParts): Promise<At> => {
  const offsets = await offsetsIn(parts);
  const { offset, length } = parts.buffers.range();
  checkEnd(offsets, length, parts.where);
  return (row) => parts.buffers.later({ offset: offset + offsets[row]!, length: offsets[row + 1]! - offsets[row]! });
};

/** Bytes of a view: the length, and the value itself where it has 12 or less, or a prefix, a buffer and an offset. */
const VIEW = 16;
const INLINE = 12;

/** Texts or bytes as views: each says in which buffer and where it is. */
const viewsOf = async ({ field, buffers, length, where }: ColumnParts): Promise<At> => {
  const range = buffers.range();
  if (range.length < length * VIEW)
    throw new UserError(`${where}: has ${range.length} bytes of views for ${length} values: the file is damaged.`);
  const views = new DataView((await buffers.read(range)).buffer);
  const data = Array.from({ length: buffers.variadic() }, () => buffers.range());
  const placeAt = (row: number): ByteRange => {
    const [bytes, at] = [views.getInt32(row * VIEW, true), row * VIEW];
    if (bytes >= 0 && bytes <= INLINE) return { offset: range.offset + at + 4, length: bytes };
    const [buffer, offset] = [data[views.getInt32(at + 8, true)], views.getInt32(at + 12, true)];
    if (buffer && bytes > 0 && offset >= 0 && offset + bytes <= buffer.length)
      return { offset: buffer.offset + offset, length: bytes };
    throw new UserError(`${where}: view ${row} claims ${bytes} bytes at ${offset}: the file is damaged.`);
  };
  if (field.kind === 'binary view') return (row) => buffers.later(placeAt(row));
  const texts: string[] = [];
  const held = await Promise.all([range, ...data].map(async (one) => [one, await buffers.read(one)] as const));
  for (let row = 0; row < length; row += 1) {
    const { offset, length: bytes } = placeAt(row);
    const [part, read] = held.find(([one]) => offset >= one.offset && offset + bytes <= one.offset + one.length)!;
    texts.push(Buffer.from(read.buffer, offset - part.offset, bytes).toString('utf8'));
  }
  return (row) => texts[row]!;
};
