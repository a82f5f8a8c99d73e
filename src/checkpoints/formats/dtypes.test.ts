import { expect, it } from 'vitest';
import { UserError } from '../../errors.ts';
import { dtypes, encode, fromBrainFloat, fromHalf, toBrainFloat, toHalf } from './dtypes.ts';

const every16Bits = Uint16Array.from({ length: 65536 }, (_, bits) => bits);

/** IEEE 754 binary16 by its definition: sign, exponent, fraction. */
const halfByDefinition = (bits: number): number => {
  const sign = bits >> 15 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
};

it('reads every half as IEEE 754 defines it', () => {
  const floats = fromHalf(every16Bits);
  expect(every16Bits.filter((bits, i) => !Object.is(floats[i], halfByDefinition(bits)))).toEqual(new Uint16Array());
});

it('writes every half and every bfloat16 back as the bits that were read, all NaNs as one', () => {
  const isNan = (exponent: number, bits: number): boolean => (bits & 0x7fff) > exponent;
  const halves = toHalf(fromHalf(every16Bits));
  const brains = toBrainFloat(fromBrainFloat(every16Bits));
  const changed = every16Bits.filter(
    (bits) =>
      halves[bits] !== (isNan(0x7c00, bits) ? 0x7e00 : bits) || brains[bits] !== (isNan(0x7f80, bits) ? 0x7fc0 : bits),
  );
  expect(changed).toEqual(new Uint16Array());
});

it('rounds to the nearest 16 bits, ties to even', () => {
  const between = (a: number, b: number, share: number): number => a + (b - a) * share;
  for (let bits = 0; bits < 0x7bff; bits += 7) {
    const [low, high] = [halfByDefinition(bits), halfByDefinition(bits + 1)];
    const rounded = toHalf(
      Float32Array.of(between(low, high, 0.49), between(low, high, 0.5), between(low, high, 0.51)),
    );
    expect([...rounded]).toEqual([bits, bits + (bits & 1), bits + 1]);
  }
  expect([...toBrainFloat(Float32Array.of(1 + 2 ** -8, 1 + 3 * 2 ** -8, 1 + 2 ** -8 + 2 ** -20))]).toEqual([
    0x3f80, 0x3f82, 0x3f81,
  ]);
});

it('refuses to write a number that would become infinite, and keeps one that is', () => {
  expect(() => encode(Float32Array.of(1, 70000), 'F16', 'head.bias')).toThrow(
    new UserError('head.bias as F16: 70000 at position 1 is too large for it: write F32'),
  );
  expect(() => encode(Float32Array.of(3.4e38), 'BF16', 'head.bias')).toThrow(/too large/);
  expect(encode(Float32Array.of(Number.NEGATIVE_INFINITY), 'F16', 'mask')).toEqual(Uint8Array.of(0, 0xfc));
  expect(() => encode(Float32Array.of(70000), 'BF16', 'head.bias')).not.toThrow();
});

it('reads integers of every width as int32, and refuses what does not fit', () => {
  const read = (dtype: string, stored: ArrayBufferView<ArrayBuffer>) => dtypes.get(dtype)!.decode(stored.buffer, 'ids');
  expect(read('I64', BigInt64Array.of(-5n, 2n ** 31n - 1n))).toEqual(Int32Array.of(-5, 2147483647));
  expect(read('I16', Int16Array.of(-300))).toEqual(Int32Array.of(-300));
  expect(read('I8', Int8Array.of(-3))).toEqual(Int32Array.of(-3));
  expect(read('BOOL', Uint8Array.of(0, 1))).toEqual(Int32Array.of(0, 1));
  expect(() => read('I64', BigInt64Array.of(7n, 2n ** 31n))).toThrow('ids: 2147483648 at position 1 does not fit');
  expect(() => read('U32', Uint32Array.of(2 ** 32 - 1))).toThrow(UserError);
  expect(() => read('U64', BigUint64Array.of(2n ** 64n - 1n))).toThrow(UserError);
});
