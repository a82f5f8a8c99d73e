import type { HeldOut } from './world.ts';

/** `test-iid` is more of what training saw; `test-comp` has colours on shapes that training never saw together. */
export type SplitName = 'train' | 'validation' | 'test-iid' | 'test-comp';

export interface Split {
  /** Where its seeds come from, so that no two splits share a picture. */
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
