import { UserError } from '../../errors.ts';
import { type SplitName, splitNames } from './splits.ts';
import type { View } from './views.ts';
import { type World, worlds } from './world.ts';

/** What a data set of scenes follows from. */
export interface PlanOptions {
  /** The same seed and sizes give the same bytes; a larger split begins with the rows of a smaller one. */
  readonly seed: number;
  /** Which task the rows are for. */
  readonly view: View;
  /** How many units each split has (pairs of pictures, in the view `vqa`); a split that is not named is not written. */
  readonly sizes: { readonly [S in SplitName]?: number };
  /** Default `worlds.full`. */
  readonly world?: World | undefined;
  /** The side of a picture; by default the world's. */
  readonly pixels?: number | undefined;
  /** How many questions share a pair of pictures in training; some pairs find fewer. Default 4; other splits have one. */
  readonly questionsPerPair?: number | undefined;
  /** Share of the training pairs that are two pictures on their own instead, with easier questions. Default 0. */
  readonly plain?: number | undefined;
}

/** What `scenes.json` says: everything the folder follows from, and what came of it. */
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

/** What the folder follows from. */
export type Plan = Omit<Manifest, 'images' | 'rows'>;

/** The options with their defaults, checked. Throws a `UserError` where a size is no whole number from 1 up. */
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
