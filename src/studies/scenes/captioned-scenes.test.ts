import { describe, expect, it } from 'vitest';
import { seedFor } from '../mulberry32.ts';
import { drawCaptionedScene } from './captioned-scenes.ts';
import { relations } from './grammar.ts';
import { stands } from './meaning.ts';
import { isHeldOut, type Thing, worlds } from './world.ts';

/** The looks that a caption tells, each a list of words. */
const looksIn = (caption: string): string[][] =>
  caption
    .replace(/(?: at the [a-z ]+)?\.$/, '')
    .split(/, | and | (?:left of|right of|above|below|next to) /)
    .map((look) => look.split(' ').slice(1));

const isLike = (thing: Thing, words: readonly string[]): boolean =>
  words.every((word) => Object.values(thing).includes(word));

const captions = { fewest: 1, place: 0.35, relation: 0.4, placesToo: 0 };

describe.each([
  { ...worlds.mini, captions },
  { ...worlds.full, captions },
])('in the $name world', (world) => {
  const drawn = Array.from({ length: 100 }, (_, i) =>
    drawCaptionedScene(world, { seed: seedFor(3, i), heldOut: 'never', captions: 4 }),
  );

  it('each caption tells of one to three different things of its picture, with colour and shape', () => {
    for (const { scene, captions } of drawn)
      for (const looks of captions.map(looksIn)) {
        expect(looks.length).toBeLessThanOrEqual(3);
        const told = looks.map((words) => scene.things.filter((thing) => isLike(thing, words)));
        for (const [i, found] of told.entries()) {
          const same = looks.filter((words) => words.join() === looks[i]!.join());
          expect(found.length, looks[i]!.join(' ')).toBeGreaterThanOrEqual(same.length);
          expect(looks[i]!.some((word) => world.values.color.some((color) => color === word))).toBe(true);
        }
      }
  });

  it('tells one, two and three things, and a picture never twice the same', () => {
    expect(new Set(drawn.flatMap(({ captions }) => captions.map((caption) => looksIn(caption).length)))).toEqual(
      new Set([1, 2, 3]),
    );
    for (const { captions } of drawn) expect(new Set(captions).size).toBe(captions.length);
  });

  it('tells in which part of the picture one thing stands, in each part', () => {
    const told = new Set<string>();
    for (const { scene, captions } of drawn)
      for (const caption of captions) {
        const place = / at the ([a-z ]+)\.$/.exec(caption)?.[1];
        if (place === undefined) continue;
        told.add(place);
        const middle = (scene.grid - 1) / 2;
        const stands = scene.things.some((thing) => {
          const [right, down] = [(thing.cell % scene.grid) - middle, Math.floor(thing.cell / scene.grid) - middle];
          const isThere =
            place.includes('left') === right < 0 &&
            place.includes('right') === right > 0 &&
            place.includes('top') === down < 0 &&
            place.includes('bottom') === down > 0;
          return isThere && isLike(thing, looksIn(caption)[0]!);
        });
        expect(stands, caption).toBe(true);
      }
    expect(told.size).toBe(world.grid % 2 === 1 ? 9 : 4);
  });

  it('tells relations that are true, each of them', () => {
    const told = drawn.flatMap(({ scene, captions }) =>
      captions.flatMap((caption) => {
        const relation = relations.find((one) => caption.includes(` ${one} `));
        return relation ? [{ scene, relation, looks: looksIn(caption), caption }] : [];
      }),
    );
    for (const { scene, relation, looks, caption } of told) {
      const [first, second] = looks.map((words) => scene.things.filter((thing) => isLike(thing, words)));
      const isTrue = first!.some((a) => second!.some((b) => a !== b && stands(relation, a, b, scene.grid)));
      expect(isTrue, caption).toBe(true);
    }
    expect(new Set(told.map(({ relation }) => relation))).toEqual(new Set(relations));
  });

  it('tells the places of both things beside their relation where the style asks for it', () => {
    const both = { ...world, captions: { fewest: 2, place: 0, relation: 1, placesToo: 1 } };
    for (let seed = 0; seed < 30; seed += 1)
      for (const caption of drawCaptionedScene(both, { seed, heldOut: 'never', captions: 4 }).captions) {
        const places = caption.match(/ at the /g) ?? [];
        expect(places, caption).toHaveLength(2);
        expect(relations.some((one) => caption.includes(` ${one} `))).toBe(true);
        // what is at the top is not below what is at the bottom
        expect(caption).not.toMatch(/ at the top[a-z ]* below .* at the bottom/);
        expect(caption).not.toMatch(/ at the bottom[a-z ]* above .* at the top/);
      }
  });

  it('tells no places in a world without a style of captions', () => {
    const plain = { ...world, captions: undefined };
    const captions = Array.from({ length: 50 }, (_, seed) =>
      drawCaptionedScene(plain, { seed, heldOut: 'never', captions: 4 }).captions.join(' '),
    ).join(' ');
    expect(relations.filter((one) => captions.includes(` ${one} `))).toEqual([]);
  });

  it('tells of a held-out look in test-comp, and of none elsewhere', () => {
    const tells = (heldOut: 'never' | 'always', seed: number): boolean[] => {
      const { scene, captions } = drawCaptionedScene(world, { seed, heldOut, captions: 4 });
      const things = scene.things.filter((thing) => isHeldOut(world, thing));
      return captions.map((caption) => looksIn(caption).some((words) => things.some((thing) => isLike(thing, words))));
    };
    for (let seed = 0; seed < 20; seed += 1) {
      expect(tells('always', seed)).not.toContain(false);
      expect(tells('never', seed)).not.toContain(true);
    }
  });
});
