import { below, mulberry32, pick, type Random, shuffled } from '../mulberry32.ts';
import { relations, singular, withArticle } from './grammar.ts';
import { stands } from './meaning.ts';
import { drawScene, type HeldOut, isHeldOut, type Scene, type Thing, variableAttributes, type World } from './world.ts';

/**
 * An image with captions that describe a few of its things by their attributes, as people caption photographs. In a
 * world with a style of captions they also tell where a thing stands, in the image or relative to another.
 */
export interface CaptionedScene {
  readonly scene: Scene;
  readonly captions: readonly string[];
}

interface Options {
  readonly seed: number;
  readonly heldOut: HeldOut;
  /** Maximum number of captions; all of an image differ. */
  readonly captions: number;
}

/** Maximum number of things in a caption. */
const MOST_NAMED = 3;

/** Probability that a caption names an attribute of a thing other than its colour and shape. */
const SAYS_MORE = 0.5;

/** Attempts, after which an image has fewer captions. */
const DRAWS = 20;

/** `a small red star`: always with colour and shape, at random with the other attributes. */
const lookOf = (random: Random, world: World, { color, shape, ...rest }: Thing): string => {
  const more = variableAttributes(world).filter((name) => name !== 'color' && name !== 'shape' && random() < SAYS_MORE);
  const named = Object.fromEntries(more.map((name) => [name, rest[name as keyof typeof rest]]));
  return withArticle(singular({ named: { color, shape, ...named } }));
};

/** `a`, `a and b`, `a, b and c` */
const listed = (looks: readonly string[]): string =>
  looks.length < 2 ? looks.join('') : `${looks.slice(0, -1).join(', ')} and ${looks.at(-1)}`;

const captionOf = (random: Random, world: World, scene: Scene): string => {
  const drawn = shuffled(random, scene.things);
  const told = drawn.slice(0, 1 + below(random, Math.min(MOST_NAMED, drawn.length)));
  // an image with held-out things has one in its caption
  const first = told.some((thing) => isHeldOut(world, thing)) ? undefined : drawn.find((one) => isHeldOut(world, one));
  const things = first ? [first, ...told.slice(1)] : told;
  if (world.captions === undefined) return listCaption(random, world, things);
  const { place, relation } = world.captions;
  const [shown, kind] = [things.find((thing) => isHeldOut(world, thing)) ?? things[0]!, random()];
  if (kind < place) return `${lookOf(random, world, shown)} at the ${placeName(shown.cell, scene.grid)}.`;
  if (kind < place + relation && drawn.length > 1) return relationCaption(random, world, scene, shown);
  return listCaption(random, world, things);
};

/** `a star, a red circle and a ring.` */
const listCaption = (random: Random, world: World, things: readonly Thing[]): string =>
  `${listed(things.map((thing) => lookOf(random, world, thing)))}.`;

/** Name of a cell's place in its image: `top left`, `top`, `left`, `center`. */
const placeName = (cell: number, grid: number): string => {
  const middle = (grid - 1) / 2;
  const [right, down] = [(cell % grid) - middle, Math.floor(cell / grid) - middle];
  const vertical = down === 0 ? [] : down < 0 ? ['top'] : ['bottom'];
  const horizontal = right === 0 ? [] : right < 0 ? ['left'] : ['right'];
  return [...vertical, ...horizontal].join(' ') || 'center';
};

/**
 * `a small red star left of a blue circle.`, or `a red star at the top left of …`: a thing and another one, in this order
 * or the reverse.
 */
const relationCaption = (random: Random, world: World, scene: Scene, thing: Thing): string => {
  const other = pick(
    random,
    scene.things.filter((one) => one !== thing),
  );
  const [first, second] = shuffled(random, [thing, other]) as [Thing, Thing];
  const relation = pick(
    random,
    relations.filter((one) => stands(one, first, second, scene.grid)),
  );
  const { placesToo = 0 } = world.captions ?? {};
  const told = (one: Thing): string => {
    const look = lookOf(random, world, one);
    const isPlaced = placesToo > 0 && random() < placesToo;
    return isPlaced ? `${look} at the ${placeName(one.cell, scene.grid)}` : look;
  };
  return `${told(first)} ${relation} ${told(second)}.`;
};

/** Draws an image with captions, for stage 1. A caption may be true of other images, too. */
export const drawCaptionedScene = (world: World, { seed, heldOut, captions: most }: Options): CaptionedScene => {
  const random = mulberry32(seed);
  const { fewest = 1 } = world.captions ?? {};
  const scene = drawScene(random, { ...world, objects: { ...world.objects, fewest } }, heldOut);
  const captions = new Set<string>();
  for (let draw = 0; draw < DRAWS && captions.size < most; draw += 1) captions.add(captionOf(random, world, scene));
  return { scene, captions: [...captions] };
};
