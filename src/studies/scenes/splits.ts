import type { HeldOut } from './world.ts';

/** `test-iid` is distributed as the training data; `test-comp` has combinations of colour and shape that it lacks. */
export type SplitName = 'train' | 'validation' | 'test-iid' | 'test-comp';

export interface Split {
  /** Number from which its seeds are derived, so that no two splits share an image. */
  readonly stream: number;
  readonly heldOut: HeldOut;
}

export const splits: { readonly [S in SplitName]: Split } = {
  train: { stream: 1, heldOut: 'never' },
  validation: { stream: 2, heldOut: 'never' },
  'test-iid': { stream: 3, heldOut: 'never' },
  'test-comp': { stream: 4, heldOut: 'always' },
};

export const splitNames = Object.keys(splits) as readonly SplitName[];
