import { describe, expect, it } from 'vitest';
import { seedFor } from '../mulberry32.ts';
import { type Claim, claimText, holds } from './claims.ts';
import { drawHypothesis } from './entailment.ts';
import { type Truth, truthOf, truths } from './truth.ts';
import { attributes, isHeldOut, obeysSplit, type Scene, type Thing, type World, worlds } from './world.ts';

const thing = (cell: number, color: Thing['color'], shape: Thing['shape']): Thing => ({
  ...{ size: 'large', texture: 'plain', color, shape },
  ...{ cell, shift: [0, 0] },
});

/** A red circle, a blue square to the right of it, and a crate in the last column. */
const scene: Scene = { grid: 3, ground: 1, things: [thing(0, 'red', 'circle'), thing(1, 'blue', 'square')], cover: 8 };
const red = { named: { color: 'red' } } as const;
const ring = { named: { shape: 'ring' } } as const;
const circle = { named: { shape: 'circle' } } as const;
const leftOf = (of: Claim['phrase']) => ({ ...circle, where: { relation: 'left of', of } }) as const;

it.each<[Claim, string, Truth]>([
  [{ kind: 'some', phrase: red }, 'there is a red shape.', 'entailment'],
  [{ kind: 'some', phrase: ring }, 'there is a ring.', 'neutral'],
  [{ kind: 'none', phrase: red }, 'there is no red shape.', 'contradiction'],
  [{ kind: 'none', phrase: ring }, 'there is no ring.', 'neutral'],
  [{ kind: 'exactly', phrase: red, number: 1 }, 'there is exactly 1 red shape.', 'neutral'],
  [{ kind: 'exactly', phrase: red, number: 3 }, 'there are exactly 3 red shapes.', 'contradiction'],
  [{ kind: 'every', by: 'shape', phrase: circle, is: red }, 'every circle is red.', 'neutral'],
  [{ kind: 'every', by: 'color', phrase: red, is: ring }, 'every red shape is a ring.', 'contradiction'],
  [{ kind: 'some', phrase: leftOf(ring) }, 'there is a circle that is left of a ring.', 'neutral'],
  [
    { kind: 'some', phrase: { ...ring, where: { relation: 'left of', of: { named: { shape: 'star' } } } } },
    'there is a ring that is left of a star.',
    'contradiction',
  ],
])('%# a hypothesis says what it should, and the crate decides what it may', (claim, text, truth) => {
  expect(claimText(claim)).toBe(text);
  expect(truthOf(worlds.full, claim, scene)).toBe(truth);
});

it('without a crate nothing is open', () => {
  const { cover: _, ...bare } = scene;
  expect(truthOf(worlds.full, { kind: 'some', phrase: ring }, bare)).toBe('contradiction');
  expect(truthOf(worlds.full, { kind: 'every', by: 'shape', phrase: circle, is: red }, bare)).toBe('entailment');
});

/** Every look that there is, tried one by one. */
const slowTruth = (world: World, claim: Claim, covered: Scene): Truth => {
  const looks = attributes.reduce<object[]>(
    (all, name) => world.values[name].flatMap((value) => all.map((look) => ({ ...look, [name]: value }))),
    [{}],
  );
  const hidden = looks.map((look) => ({ ...look, cell: covered.cover, shift: [0, 0] }) as unknown as Thing);
  const seen = [covered, ...hidden.map((one) => ({ ...covered, things: [...covered.things, one] }))];
  const held = new Set(seen.map((one) => holds(claim, one)));
  return held.size === 2 ? 'neutral' : held.has(true) ? 'entailment' : 'contradiction';
};

describe.each([worlds.mini, worlds.full])('in the $name world', (world) => {
  const drawn = Array.from({ length: 80 }, (_, i) => drawHypothesis(world, { seed: seedFor(4, i), heldOut: 'never' }));
  const pictures = drawn.flatMap((one) => one.pictures);

  it('a hypothesis has a picture of each truth, so its words are right one time in three', () => {
    for (const { claim, text, pictures } of drawn) {
      expect(pictures.map(({ truth }) => truth).sort()).toEqual([...truths]);
      for (const { scene, truth } of pictures) expect(truthOf(world, claim, scene)).toBe(truth);
      expect(text).toBe(claimText(claim));
    }
  });

  it('what may be under the crate is judged as if every look were tried', () => {
    for (const { claim, pictures } of drawn.slice(0, 20))
      for (const { scene, truth } of pictures)
        if (scene.cover !== undefined) expect(slowTruth(world, claim, scene)).toBe(truth);
  });

  it('the crate alone hardly tells the truth', () => {
    const most = (cover: boolean): number =>
      Math.max(
        ...truths.map(
          (truth) => pictures.filter((one) => one.truth === truth && (one.scene.cover !== undefined) === cover).length,
        ),
      );
    const fromCrate = (most(true) + most(false)) / pictures.length;
    expect(fromCrate).toBeGreaterThanOrEqual(1 / 3);
    expect(fromCrate).toBeLessThan(0.4);
  });

  it('nothing stands where the crate does', () => {
    for (const { scene } of pictures) expect(scene.things.map(({ cell }) => cell)).not.toContain(scene.cover);
  });

  it('keeps the rule of its split in every picture', () => {
    for (const { scene } of pictures) expect(obeysSplit(world, scene, 'never')).toBe(true);
    const heldOut = Array.from({ length: 6 }, (_, i) => drawHypothesis(world, { seed: i, heldOut: 'always' }));
    for (const { scene } of heldOut.flatMap((one) => one.pictures))
      expect(scene.things.some((one) => isHeldOut(world, one))).toBe(true);
  });
});

it('a world without relations has hypotheses too, about every thing among them', () => {
  const world = { ...worlds.mini, maxHops: 0 };
  const drawn = Array.from({ length: 40 }, (_, i) => drawHypothesis(world, { seed: i, heldOut: 'never' }));
  expect(new Set(drawn.map(({ claim }) => claim.kind))).toEqual(new Set(['some', 'none', 'exactly', 'every']));
});
