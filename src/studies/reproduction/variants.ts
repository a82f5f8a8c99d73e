import type { LossOptions } from '../../training.ts';

/** A way to train a student in fine-tuning: one row of the paper's ablations. */
export interface Variant {
  /** Name in the tables. */
  readonly name: string;
  /** Losses, and how they are compared. */
  readonly losses: LossOptions;
}

/**
 * Soft labels and one more kind of knowledge, all with weight 1. Only queries of real words and patches count: so the
 * loss does not depend on the padding of a batch, and all variants compare the same tokens.
 */
const softLabelsAnd = (name: string, options: LossOptions): Variant => ({
  name: `soft labels + ${name}`,
  losses: { losses: { soft: 1, attention: 1 }, ...options, queries: 'valid' },
});

export const variants = {
  hard: { name: 'hard labels', losses: { losses: { hard: 1 } } },
  soft: { name: 'soft labels', losses: { losses: { soft: 1 } } },
  hidden: softLabelsAnd('hidden states', { attention: 'hidden-states' }),
  whole: softLabelsAnd('whole attention', { attention: 'whole' }),
  uni: softLabelsAnd('uni-modal attention', { attention: 'uni-modal' }),
  cross: softLabelsAnd('cross-modal attention', { attention: 'cross-modal' }),
  layers: softLabelsAnd('cross-modal attention of every layer', { attention: 'cross-modal', layers: 'all' }),
} as const satisfies Record<string, Variant>;

export type VariantName = keyof typeof variants;

export const variantNames = Object.keys(variants) as VariantName[];

/** The learning rate that each variant is trained at. */
export type Rates = Readonly<Record<VariantName, number>>;
