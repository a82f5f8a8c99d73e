import { describe, expect, it } from 'vitest';
import { seedFor } from '../mulberry32.ts';
import { holdsOfPair, type PairClaim, pairClaims, pairClaimText } from './claims.ts';
import { drawStatement } from './statements.ts';
import { isHeldOut, obeysSplit, type Scene, type Thing, worlds } from './world.ts';

const thing = (cell: number, color: Thing['color'], shape: Thing['shape']): Thing => ({
  ...{ size: 'large', texture: 'plain', color, shape },
  ...{ cell, shift: [0, 0] },
});
const scene = (...things: Thing[]): Scene => ({ grid: 3, ground: 1, things });
const left = scene(thing(0, 'red', 'circle'), thing(1, 'red', 'square'));
const right = scene(thing(0, 'blue', 'circle'));
const phrase = { named: { color: 'red' } } as const;

it.each<[PairClaim, string, boolean, boolean]>([
  [{ kind: 'one', phrase }, 'one image has a red shape and the other does not.', true, true],
  [{ kind: 'more', phrase }, 'the left image has more red shapes than the right image.', true, false],
  [{ kind: 'both', phrase }, 'both images contain a red shape.', false, false],
  [{ kind: 'order', phrase }, 'the left image has a red shape and the right image has no red shape.', true, false],
  [{ kind: 'same', phrase }, 'the images show the same number of red shapes.', false, false],
  [{ kind: 'total', phrase, number: 2 }, 'there are exactly 2 red shapes in the two images together.', true, true],
  [{ kind: 'total', phrase, number: 1 }, 'there is exactly 1 red shape in the two images together.', false, false],
])(
  '%# a statement says and means what it should, and of the pair the other way round',
  (claim, text, holds, swapped) => {
    expect(pairClaimText(claim)).toBe(text);
    expect(holdsOfPair(claim, [left, right])).toBe(holds);
    expect(holdsOfPair(claim, [right, left])).toBe(swapped);
  },
);

describe.each([worlds.mini, worlds.full])('in the $name world', (world) => {
  const drawn = Array.from({ length: 60 }, (_, i) => drawStatement(world, { seed: seedFor(3, i), heldOut: 'never' }));

  it('a statement is true of two of its four pairs, so its words are right half the time', () => {
    for (const { claim, text, pairs } of drawn) {
      expect(pairs.map(({ images }) => holdsOfPair(claim, images))).toEqual(pairs.map(({ holds }) => holds));
      expect(pairs.filter(({ holds }) => holds)).toHaveLength(2);
      expect(pairs).toHaveLength(4);
      expect(text).toBe(pairClaimText(claim));
    }
  });

  it('the pairs differ, and come in any order', () => {
    for (const { pairs } of drawn) expect(new Set(pairs.map(({ images }) => JSON.stringify(images))).size).toBe(4);
    expect(new Set(drawn.map(({ pairs }) => pairs.map(({ holds }) => Number(holds)).join(''))).size).toBe(6);
  });

  it('every kind of statement is heard', () => {
    expect(new Set(drawn.map(({ claim }) => claim.kind))).toEqual(new Set(pairClaims));
  });

  it('keeps the rule of its split in every picture', () => {
    const scenesOf = ({ pairs }: (typeof drawn)[number]) => pairs.flatMap(({ images }) => images);
    for (const one of drawn.flatMap(scenesOf)) expect(obeysSplit(world, one, 'never')).toBe(true);
    const heldOut = Array.from({ length: 10 }, (_, i) => drawStatement(world, { seed: i, heldOut: 'always' }));
    for (const { things } of heldOut.flatMap(scenesOf)) expect(things.some((one) => isHeldOut(world, one))).toBe(true);
  });
});

it('a statement follows from its seed alone', () => {
  const options = { seed: 5, heldOut: 'never' } as const;
  expect(drawStatement(worlds.mini, options)).toEqual(drawStatement(worlds.mini, options));
});
