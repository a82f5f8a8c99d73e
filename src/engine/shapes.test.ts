import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, expand, gemm, matmul, reshape } from './ops.ts';
import { axisOf, broadcast, evaluate, minus, plus, type Size, times, volume } from './shapes.ts';
import { input } from './tensor.ts';

const sizes = new Map([
  ['batch', 3],
  ['patches', 7],
  ['words', 5],
]);

/** Any size that our rules can write: sums and products of names and numbers. */
const size: fc.Arbitrary<Size> = fc.letrec<{ size: Size }>((tie) => ({
  size: fc.oneof(
    { depthSize: 'small' },
    fc.nat(9),
    fc.constantFrom(...sizes.keys()),
    fc.tuple(tie('size'), tie('size')).map(([a, b]) => plus(a, b)),
    fc.tuple(tie('size'), tie('size')).map(([a, b]) => times(a, b)),
    fc.tuple(tie('size'), tie('size')).map(([a, b]) => minus(a, b)),
  ),
})).size;

const holds = (law: (a: Size, b: Size, c: Size) => void): void =>
  fc.assert(fc.property(size, size, size, (a, b, c) => void law(a, b, c)));
const value = (a: Size): number => evaluate(a, sizes);

describe('the algebra of sizes', () => {
  it('adds', () => holds((a, b) => expect(value(plus(a, b))).toBe(value(a) + value(b))));
  it('subtracts', () => holds((a, b) => expect(value(minus(a, b))).toBe(value(a) - value(b))));
  it('multiplies', () => holds((a, b) => expect(value(times(a, b))).toBe(value(a) * value(b) + 0)));
  it('writes equal sums the same', () => holds((a, b, c) => expect(plus(plus(a, b), c)).toBe(plus(c, plus(b, a)))));
  it('writes equal products the same', () =>
    holds((a, b, c) => expect(times(a, plus(b, c))).toBe(plus(times(c, a), times(b, a)))));
  it('writes what cancels as nothing', () => holds((a, b) => expect(minus(plus(a, b), plus(b, a))).toBe(0)));
  it('adds back what was taken away', () => holds((a, b) => expect(plus(minus(a, b), b)).toBe(plus(a, 0))));

  it('writes sizes as one reads them', () => {
    expect(plus(plus('words', 'patches'), 1)).toBe('patches+words+1');
    expect(times('words', times(2, 'batch'))).toBe('2*batch*words');
    expect(volume(['batch', 12, 'words', 64])).toBe('768*batch*words');
    expect(volume([])).toBe(1);
  });

  it('has no value for a name that nothing carries', () => {
    expect(() => evaluate('batch*heads', sizes)).toThrow('size heads has no value: no input of the graph carries it');
  });
});

describe('broadcasting', () => {
  it('aligns at the last axis and repeats what is 1', () => {
    expect(broadcast('add', ['batch', 1, 3], ['words', 1])).toEqual(['batch', 'words', 3]);
    expect(broadcast('add', [], [2])).toEqual([2]);
  });

  it('does not depend on the order', () => {
    const shape = fc.array(fc.constantFrom<Size>(1, 4, 'words'), { maxLength: 4 });
    const either = (f: () => unknown): unknown => {
      try {
        return f();
      } catch {
        return 'refused';
      }
    };
    fc.assert(
      fc.property(
        shape,
        shape,
        (a, b) => void expect(either(() => broadcast('add', a, b))).toEqual(either(() => broadcast('add', b, a))),
      ),
    );
  });
});

describe('an error says where, what and with which sizes', () => {
  const heads = input('heads', ['batch', 12, 'words', 64]);
  const keys = input('keys', ['batch', 12, 32, 'patches']);
  const image = input('image', ['batch', 'patches', 64]);

  const messages: Record<string, () => unknown> = {
    'matmul: inner sizes differ: [batch, 12, words, 64] · [batch, 12, 32, patches]: 64 is not 32': () =>
      matmul(heads, keys),
    'matmul: [batch, 12, words, 64] · [7]: both need two axes or more': () => matmul(heads, input('x', [7])),
    'matmul: [batch, 12] and [batch] do not broadcast: 12 is not batch': () =>
      matmul(heads, input('x', ['batch', 64, 2])),
    'gemm: inner sizes differ: [64, n] · [64, n]: n is not 64': () =>
      gemm(input('a', ['n', 64]), input('b', [64, 'n']), ['transposed', 'as-is']),
    'gemm: [batch, patches, 64] · [64, 2]: both need two axes': () => gemm(image, input('b', [64, 2])),
    'add: [batch, words] and [batch, patches] do not broadcast: words is not patches': () =>
      broadcast('add', ['batch', 'words'], ['batch', 'patches']),
    'expand: [3] and [batch, 4] do not broadcast: 3 is not 4': () => expand(input('x', [3]), ['batch', 4]),
    'reshape: [batch, patches, 64] to [batch, 32]: 64*batch*patches numbers are not 32*batch': () =>
      reshape(image, ['batch', 32]),
    'concat along axis 1: [batch, patches, 64] and [batch, words, 32]': () =>
      concat([image, input('x', ['batch', 'words', 32])], 1),
    'concat: nothing to join': () => concat([], 0),
    'axis 3 is outside [batch, patches, 64]': () => axisOf(image.shape, 3),
    'axis -4 is outside [batch, patches, 64]': () => axisOf(image.shape, -4),
  };
  for (const [message, fail] of Object.entries(messages)) it(message, () => expect(fail).toThrow(new Error(message)));
});
