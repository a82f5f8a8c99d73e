import { describe, expect, it } from 'vitest';
import { seedFor } from '../mulberry32.ts';
import { stands } from './meaning.ts';
import { drawQuadruple } from './quadruples.ts';
import { isHeldOut, type Scene, worlds } from './world.ts';

const bag = (caption: string): string => caption.replace('.', '').split(' ').sort().join(' ');
const colorsIn = ({ things }: Scene): string =>
  things
    .map(({ color }) => color)
    .sort()
    .join(' ');
const shapesIn = ({ things }: Scene): string =>
  things
    .map(({ shape }) => shape)
    .sort()
    .join(' ');

const parsed = (caption: string) => {
  const words = caption.replace('.', '').split(' ');
  const relation = words.length === 8 ? `${words[3]} ${words[4]}` : words[3]!;
  return { first: words.slice(1, 3).join(' '), relation, second: words.slice(-2).join(' ') };
};

/** Whether a caption is true of a scene, found without the code that drew it. */
const isTrueOf = (caption: string, { things, grid }: Scene): boolean => {
  const { first, relation, second } = parsed(caption);
  const like = (look: string) => things.filter(({ color, shape }) => `${color} ${shape}` === look);
  return like(first).some((a) => like(second).some((b) => stands(relation as 'above', a, b, grid)));
};

describe.each([worlds.mini, worlds.full])('in the $name world', (world) => {
  const drawn = Array.from({ length: 100 }, (_, i) => drawQuadruple(world, { seed: seedFor(5, i), heldOut: 'never' }));

  it('each caption is true of its own picture and of no other', () => {
    for (const { scenes, captions } of drawn)
      expect(captions.map((caption) => scenes.map((scene) => isTrueOf(caption, scene)))).toEqual(
        captions.map((_, i) => scenes.map((_, j) => i === j)),
      );
  });

  it('the four captions are one bag of words, and the four pictures one bag of colours and of shapes', () => {
    for (const { scenes, captions } of drawn) {
      expect(new Set(captions).size).toBe(4);
      for (const of of [captions.map(bag), scenes.map(colorsIn), scenes.map(shapesIn)])
        expect(new Set(of).size).toBe(1);
    }
  });

  it('what no caption tells shares no colour and no shape with what they tell', () => {
    for (const { scenes, captions } of drawn)
      for (const { things } of scenes) {
        const others = things.filter(
          ({ color, shape }) => !captions[0]!.includes(color) && !captions[0]!.includes(shape),
        );
        expect(others).toHaveLength(2);
      }
  });

  it('keeps the rule of its split in every picture', () => {
    const has = ({ things }: Scene) => things.some((thing) => isHeldOut(world, thing));
    expect(drawn.flatMap(({ scenes }) => scenes).filter(has)).toEqual([]);
    const heldOut = Array.from({ length: 20 }, (_, i) => drawQuadruple(world, { seed: i, heldOut: 'always' }));
    expect(heldOut.flatMap(({ scenes }) => scenes).filter((scene) => !has(scene))).toEqual([]);
  });
});
