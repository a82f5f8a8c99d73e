import { below, pick, type Random, shuffled } from '../mulberry32.ts';

export const sizes = ['small', 'large'] as const;
export const textures = ['plain', 'striped', 'dotted'] as const;
export const colors = ['red', 'orange', 'yellow', 'green', 'cyan', 'blue', 'purple', 'gray'] as const;
export const shapes = ['circle', 'square', 'triangle', 'diamond', 'cross', 'star', 'ring', 'heart'] as const;

/** Appearance of an object: one of 2 sizes, 3 textures, 8 colours and 8 shapes, 384 in all. */
export interface Look {
  readonly size: (typeof sizes)[number];
  readonly texture: (typeof textures)[number];
  readonly color: (typeof colors)[number];
  readonly shape: (typeof shapes)[number];
}

export type Attribute = keyof Look;

/** The attributes in the order of English adjectives: a small striped red circle. */
export const attributes: readonly Attribute[] = ['size', 'texture', 'color', 'shape'];

/** An object in its cell; cells are numbered in reading order. */
export interface Thing extends Look {
  readonly cell: number;
  /** Offset from the middle of its cell, right and down, relative to the cell: at most 0.12. */
  readonly shift: readonly [number, number];
}

/** Description of an image: at most one thing in each of `grid` x `grid` cells. */
export interface Scene {
  readonly grid: number;
  readonly things: readonly Thing[];
  /** Seed of the noise on the ground. */
  readonly ground: number;
  /** Cell that a brown crate covers, if there is one. */
  readonly cover?: number | undefined;
}

export type QuestionKind = 'exists' | 'count' | 'attribute' | 'more' | 'same';

/** Possible contents of images and questions: the difficulty of a data set as one value. */
export interface World {
  readonly name: string;
  /** Cells on a side. */
  readonly grid: number;
  /** Side of an image in pixels. */
  readonly pixels: number;
  readonly objects: { readonly fewest: number; readonly most: number };
  /** Values of each attribute. One with a single value is never named or asked for. */
  readonly values: { readonly [A in Attribute]: readonly Look[A][] };
  /** Maximum number of relations in a question. */
  readonly maxHops: number;
  readonly questions: readonly QuestionKind[];
  /** Captions of its images. Default: they list things and tell no places. */
  readonly captions?: CaptionStyle | undefined;
}

/** Style of captions that tell where things stand. */
export interface CaptionStyle {
  /** Minimum number of objects in a captioned image. */
  readonly fewest: number;
  /** Probability that a caption tells where one thing stands in the image. */
  readonly place: number;
  /** Probability that a caption tells where one thing stands relative to another; the others list things. */
  readonly relation: number;
  /** Probability that such a caption tells for each of the two things where it stands in the image, too. */
  readonly placesToo: number;
}

const full: World = {
  name: 'full',
  grid: 4,
  pixels: 64,
  objects: { fewest: 3, most: 8 },
  values: { size: sizes, texture: textures, color: colors, shape: shapes },
  maxHops: 2,
  questions: ['exists', 'count', 'attribute', 'more', 'same'],
};

const mini: World = {
  ...full,
  name: 'mini',
  grid: 3,
  pixels: 48,
  objects: { fewest: 2, most: 5 },
  values: {
    size: sizes,
    texture: ['plain'],
    color: ['red', 'yellow', 'green', 'blue', 'purple', 'gray'],
    shape: ['circle', 'square', 'triangle', 'star'],
  },
};

/**
 * `full`: 4 x 4 cells, 3 to 8 objects, everything there is. `mini`: 3 x 3 cells of 16 pixels, 2 to 5 objects, no
 * textures; small enough to learn in minutes. For others spread one: `{ ...worlds.mini, maxHops: 0 }`.
 */
export const worlds = { mini, full } as const;

/** The attributes that have several values in a world. */
export const variableAttributes = (world: World): Attribute[] =>
  attributes.filter((one) => world.values[one].length > 1);

/** Whether colour and shape have the same index, as in red circle: held out from training, present in test-comp. */
export const isHeldOut = (world: World, look: Look): boolean =>
  world.values.color.indexOf(look.color) === world.values.shape.indexOf(look.shape);

/** Whether held-out combinations appear: never in training, at least one in every image of test-comp. */
export type HeldOut = 'never' | 'always';

/** Whether a scene obeys the rule of its split about held-out combinations. */
export const obeysSplit = (world: World, scene: Scene, heldOut: HeldOut): boolean =>
  scene.things.some((thing) => isHeldOut(world, thing)) === (heldOut === 'always');

const MOST_SHIFT = 0.12;

const drawShift = (random: Random): number => (2 * random() - 1) * MOST_SHIFT;

/** A random thing, held out or not. */
export const drawThing = (random: Random, world: World, cell: number): Thing => ({
  size: pick(random, world.values.size),
  texture: pick(random, world.values.texture),
  color: pick(random, world.values.color),
  shape: pick(random, world.values.shape),
  cell,
  shift: [drawShift(random), drawShift(random)],
});

const drawAllowed = (random: Random, world: World, cell: number): Thing => {
  let thing = drawThing(random, world, cell);
  while (isHeldOut(world, thing)) thing = drawThing(random, world, cell);
  return thing;
};

const drawHeldOut = (random: Random, world: World, cell: number): Thing => {
  const { color, shape } = world.values;
  const place = below(random, Math.min(color.length, shape.length));
  return { ...drawThing(random, world, cell), color: color[place]!, shape: shape[place]! };
};

/** A random scene that obeys the rule of its split; under 'always' the first thing is held out. */
export const drawScene = (random: Random, world: World, heldOut: HeldOut): Scene => {
  const { fewest, most } = world.objects;
  const count = fewest + below(random, most - fewest + 1);
  const cells = shuffled(
    random,
    Array.from({ length: world.grid ** 2 }, (_, cell) => cell),
  ).slice(0, count);
  const draw = heldOut === 'never' ? drawAllowed : drawThing;
  const things = cells.map((cell, place) =>
    heldOut === 'always' && place === 0 ? drawHeldOut(random, world, cell) : draw(random, world, cell),
  );
  return { grid: world.grid, things, ground: below(random, 2 ** 32) };
};

/** The cells without a thing or a crate. */
export const emptyCells = (scene: Scene): number[] => {
  const taken = new Set([...scene.things.map((thing) => thing.cell), scene.cover]);
  return Array.from({ length: scene.grid ** 2 }, (_, cell) => cell).filter((cell) => !taken.has(cell));
};
