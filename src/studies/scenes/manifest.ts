import { UserError } from '../../errors.ts';
import { type SplitName, splitNames } from './splits.ts';
import type { View } from './views.ts';
import { type World, worlds } from './world.ts';

/** Options that determine a data set of scenes. */
export interface PlanOptions {
  /** Seed. The same seed and sizes give the same bytes; a larger split begins with the rows of a smaller one. */
  readonly seed: number;
  /** Task of the rows. */
  readonly view: View;
  /** Number of units of each split (pairs of images in the view `vqa`); splits without a size are not written. */
  readonly sizes: { readonly [S in SplitName]?: number };
  /** Default `worlds.full`. */
  readonly world?: World | undefined;
  /** Side of an image in pixels. Default: that of the world. */
  readonly pixels?: number | undefined;
  /** Maximum number of questions about a pair of training images. Default 4; other splits have one. */
  readonly questionsPerPair?: number | undefined;
  /** Ratio of the training pairs that are two unrelated images with easier questions. Default 0. */
  readonly plain?: number | undefined;
}

/** Content of `scenes.json`: the options with their defaults, and the number of images and rows. */
export interface Manifest {
  readonly version: 1;
  readonly view: View;
  readonly seed: number;
  readonly pixels: number;
  readonly questionsPerPair: number;
  readonly plain: number;
  readonly sizes: { readonly [S in SplitName]?: number };
  readonly world: World;
  readonly images: { readonly [S in SplitName]?: number };
  readonly rows: { readonly [S in SplitName]?: number };
}

/** The options with their defaults. */
export type Plan = Omit<Manifest, 'images' | 'rows'>;

/**
 * Applies the defaults and checks the options.
 *
 * @throws UserError where a size is not a positive integer, or `plain` is not between 0 and 1.
 */
export const planOf = (options: PlanOptions): Plan => {
  const { seed, view, world = worlds.full, pixels = world.pixels, questionsPerPair = 4, plain = 0 } = options;
  const named = splitNames.filter((split) => options.sizes[split] !== undefined);
  const sizes = Object.fromEntries(named.map((split) => [split, options.sizes[split]!]));
  for (const [name, value] of Object.entries({ pixels, questionsPerPair, ...sizes }))
    if (!Number.isInteger(value) || value < 1)
      throw new UserError(`scenes: ${name} is ${value}: give a whole number from 1 up, or leave it out`);
  if (!(plain >= 0 && plain <= 1)) throw new UserError(`scenes: plain is ${plain}: it is a share, from 0 to 1`);
  return { version: 1, view, seed, pixels, questionsPerPair, plain, sizes, world };
};
