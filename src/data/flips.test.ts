import { expect, it } from 'vitest';
import { randomFlips } from './flips.ts';

/** 2 x 2 pixels of one value each. */
const picture = (values: readonly number[]) => ({
  width: 2,
  height: 2,
  data: Uint8Array.from(values.flatMap((value) => [value, value, value])),
});

it.each([
  ['as it is', 0.5, 0.5, [1, 2, 3, 4]],
  ['left to right', 0.1, 0.9, [2, 1, 4, 3]],
  ['upside down', 0.9, 0.1, [3, 4, 1, 2]],
  ['both', 0.1, 0.1, [4, 3, 2, 1]],
] as const)('a picture is flipped: %s', (_, across, down, values) => {
  const draws = [across, down];
  expect(randomFlips(picture([1, 2, 3, 4]), () => draws.shift()!)).toEqual(picture(values));
});
