import { below, mulberry32, type Random, shuffled } from '../mulberry32.ts';
import { singular, withArticle } from './grammar.ts';
import { drawScene, type HeldOut, isHeldOut, type Scene, type Thing, telling, type World } from './world.ts';

/** A picture and captions that are true of it, as people caption photographs: a few of its things, by their looks. */
export interface Told {
  readonly scene: Scene;
  readonly captions: readonly string[];
}

interface Options {
  readonly seed: number;
  readonly heldOut: HeldOut;
  /** How many captions; all of a picture differ, so a poor picture has fewer. */
  readonly captions: number;
}

/** Things that one caption tells, at most. */
const MOST_TOLD = 3;

/** How often a caption says what else a thing looks like, beside its colour and its shape. */
const SAYS_MORE = 0.5;

/** Draws for one caption more before fewer are found good enough. */
const DRAWS = 20;

/** `a small red star`: the colour and the shape always, what else differs in this world now and then. */
const lookOf = (random: Random, world: World, { color, shape, ...rest }: Thing): string => {
  const more = telling(world).filter((name) => name !== 'color' && name !== 'shape' && random() < SAYS_MORE);
  const named = Object.fromEntries(more.map((name) => [name, rest[name as keyof typeof rest]]));
  return withArticle(singular({ named: { color, shape, ...named } }));
};

/** `a`, `a and b`, `a, b and c` */
const listed = (looks: readonly string[]): string =>
  looks.length < 2 ? looks.join('') : `${looks.slice(0, -1).join(', ')} and ${looks.at(-1)}`;

const captionOf = (random: Random, world: World, scene: Scene): string => {
  const drawn = shuffled(random, scene.things);
  const told = drawn.slice(0, 1 + below(random, Math.min(MOST_TOLD, drawn.length)));
  // where the picture has a held-out thing, one is told of
  const first = told.some((thing) => isHeldOut(world, thing)) ? undefined : drawn.find((one) => isHeldOut(world, one));
  const things = first ? [first, ...told.slice(1)] : told;
  return `${listed(things.map((thing) => lookOf(random, world, thing)))}.`;
};

/**
 * A picture of one thing or more with captions, by its seed alone: what stage 1 learns words and looks from. A caption
 * is true of its own picture and, now and then, of another.
 */
export const drawTold = (world: World, { seed, heldOut, captions: wanted }: Options): Told => {
  const random = mulberry32(seed);
  const scene = drawScene(random, { ...world, objects: { ...world.objects, fewest: 1 } }, heldOut);
  const captions = new Set<string>();
  for (let draw = 0; draw < DRAWS && captions.size < wanted; draw += 1) captions.add(captionOf(random, world, scene));
  return { scene, captions: [...captions] };
};
