import { below, mulberry32, pick, type Random, shuffled } from '../mulberry32.ts';
import { type Phrase, type Relation, relations, singular, withArticle } from './grammar.ts';
import { stands } from './meaning.ts';
import { drawThing, type HeldOut, isHeldOut, type Look, type Scene, type Thing, type World } from './world.ts';

/**
 * Four images and their four captions, which consist of the same words and differ only in the binding of colours to
 * shapes and in their places. A bag-of-words model matches them at chance, one in four.
 */
export interface Quadruple {
  readonly scenes: readonly Scene[];
  readonly captions: readonly string[];
}

interface Options {
  readonly seed: number;
  readonly heldOut: HeldOut;
}

type Pair<T> = readonly [T, T];

/** Attempts before an error. */
const TRIES = 5000;

/** Relations with a direction: "next to" would be true both ways. */
const directed: readonly Relation[] = relations.filter((relation) => relation !== 'next to');

/** Two different items of a list. */
const two = <T>(random: Random, items: readonly T[]): Pair<T> => shuffled(random, items).slice(0, 2) as [T, T];

/** The objects that each caption names, in order: two bindings of colour and shape, each in both orders. */
const tellings = (
  [c1, c2]: Pair<Look['color']>,
  [s1, s2]: Pair<Look['shape']>,
): Pair<Pick<Look, 'color' | 'shape'>>[] => [
  [
    { color: c1, shape: s1 },
    { color: c2, shape: s2 },
  ],
  [
    { color: c2, shape: s2 },
    { color: c1, shape: s1 },
  ],
  [
    { color: c2, shape: s1 },
    { color: c1, shape: s2 },
  ],
  [
    { color: c1, shape: s2 },
    { color: c2, shape: s1 },
  ],
];

const captionOf = ([first, second]: Pair<Phrase['named']>, relation: Relation): string =>
  `${withArticle(singular({ named: first }))} ${relation} ${withArticle(singular({ named: second }))}.`;

/** Two distractors, which share no colour and no shape with the named things. */
const drawOthers = (random: Random, world: World, told: readonly Pick<Look, 'color' | 'shape'>[]): Thing[] => {
  const isTold = (thing: Thing): boolean =>
    told.some(({ color, shape }) => thing.color === color || thing.shape === shape);
  const others: Thing[] = [];
  for (let left = 200; left > 0 && others.length < 2; left -= 1) {
    const thing = drawThing(random, world, 0);
    if (!isTold(thing)) others.push(thing);
  }
  return others;
};

/** A scene with the things in random cells; undefined where the first two do not have the relation. */
const placed = (random: Random, world: World, relation: Relation, things: readonly Thing[]): Scene | undefined => {
  const cells = shuffled(
    random,
    Array.from({ length: world.grid ** 2 }, (_, cell) => cell),
  );
  const all = things.map((thing, place) => ({ ...thing, cell: cells[place]! }));
  const [first, second] = all;
  if (!stands(relation, first!, second!, world.grid)) return undefined;
  return { grid: world.grid, things: shuffled(random, all), ground: below(random, 2 ** 32) };
};

const keepsRule = (world: World, heldOut: HeldOut, things: readonly Thing[]): boolean =>
  things.some((thing) => isHeldOut(world, thing)) === (heldOut === 'always');

const tryDraw = (random: Random, world: World, heldOut: HeldOut): Quadruple | undefined => {
  const [colors, shapes] = [two(random, world.values.color), two(random, world.values.shape)];
  const relation = pick(random, directed);
  const told = tellings(colors, shapes);
  const others = drawOthers(random, world, told.flat());
  const looks = [drawThing(random, world, 0), drawThing(random, world, 0)] as const;
  const scenes = told.flatMap((pair) => {
    const things = [...pair.map((look, place) => ({ ...looks[place]!, ...look })), ...others];
    if (others.length < 2 || !keepsRule(world, heldOut, things)) return [];
    for (let left = 50; left > 0; left -= 1) {
      const scene = placed(random, world, relation, things);
      if (scene) return [scene];
    }
    return [];
  });
  if (scenes.length < told.length) return undefined;
  return { scenes, captions: told.map((pair) => captionOf(pair, relation)) };
};

/**
 * Draws a quadruple.
 *
 * @throws Error where the world has too few colours and shapes.
 */
export const drawQuadruple = (world: World, { seed, heldOut }: Options): Quadruple => {
  const random = mulberry32(seed);
  for (let left = TRIES; left > 0; left -= 1) {
    const quadruple = tryDraw(random, world, heldOut);
    if (quadruple) return quadruple;
  }
  throw new Error(`drawQuadruple: world ${world.name} has no quadruple after ${TRIES} tries: give it more colours`);
};
