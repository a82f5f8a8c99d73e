import { UserError } from '../../../errors.ts';
import type { ArrowField } from './schema.ts';
import type { ColumnParts } from './values.ts';

/** The parts of a column that its numbers are read from. */
type NumberParts = Pick<ColumnParts, 'buffers' | 'length' | 'where'>;

/** The type of numbers. */
type NumberType = Pick<ArrowField, 'kind' | 'bits' | 'isSigned'>;

/** The numbers in the next buffer. @throws UserError where it is too short, or there are no numbers of the type. */
export const numbersIn = async (
  { buffers, length, where }: NumberParts,
  type: NumberType,
): Promise<ArrayLike<number | bigint>> => {
  const range = buffers.range();
  const NumberArray = arrayOf(type);
  if (!NumberArray) throw new UserError(`${where}: has ${type.kind}s of ${type.bits} bits: the file is damaged.`);
  const bytes = length * NumberArray.BYTES_PER_ELEMENT;
  if (range.length < bytes)
    throw new UserError(`${where}: has ${range.length} bytes for ${length} numbers: the file is damaged.`);
  return new NumberArray((await buffers.read({ offset: range.offset, length: bytes })).buffer);
};

interface NumberArray {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBuffer): ArrayLike<number | bigint>;
}

const arrayOf = ({ kind, bits, isSigned }: NumberType): NumberArray | undefined => {
  if (kind === 'float') return bits === 64 ? Float64Array : Float32Array;
  const signed: Record<number, NumberArray> = { 8: Int8Array, 16: Int16Array, 32: Int32Array, 64: BigInt64Array };
  const unsigned: Record<number, NumberArray> = {
    8: Uint8Array,
    16: Uint16Array,
    32: Uint32Array,
    64: BigUint64Array,
  };
  return (isSigned ? signed : unsigned)[bits];
};

/** Whole numbers of 32 or, in large types, 64 bits in the next buffer. */
export const placesIn = async ({ field, ...parts }: ColumnParts, length: number): Promise<ArrayLike<number>> => {
  const isLarge = field.kind.startsWith('large');
  const numbers = await numbersIn({ ...parts, length }, { kind: 'int', bits: isLarge ? 64 : 32, isSigned: true });
  return isLarge ? Float64Array.from(numbers as ArrayLike<bigint>, Number) : (numbers as ArrayLike<number>);
};

/** The length + 1 offsets of a column, checked never to fall; a column without values may have none at all. */
export const offsetsIn = async (parts: ColumnParts): Promise<ArrayLike<number>> => {
  const { buffers, length, where } = parts;
  if (length === 0) {
    buffers.range();
    return [0];
  }
  const offsets = await placesIn(parts, length + 1);
  for (let i = 0; i < length; i += 1) {
    if (!(offsets[i]! >= 0 && offsets[i + 1]! >= offsets[i]!))
      throw new UserError(`${where}: offset ${i + 1} is ${offsets[i + 1]} after ${offsets[i]}: the file is damaged.`);
  }
  return offsets;
};
