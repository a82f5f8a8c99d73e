import type { DistillationOptions, Recipe } from '../../training.ts';

/** A way to train a student in fine-tuning: one row of the paper's ablations. */
export interface Variant {
  /** Name in the tables. */
  readonly name: string;
  readonly recipe: Recipe;
  readonly choices: DistillationOptions;
}

/**
 * Soft labels and one more kind of knowledge, all with weight 1. Only queries of real words and patches count: so the loss
 * does not depend on the padding of a batch, and all variants compare the same tokens.
 */
const softLabelsAnd = (name: string, choices: DistillationOptions): Variant => ({
  name: `soft labels + ${name}`,
  recipe: 'soft+attention',
  choices: { ...choices, queries: 'valid' },
});

export const variants = {
  hard: { name: 'hard labels', recipe: 'hard', choices: {} },
  soft: { name: 'soft labels', recipe: 'soft', choices: {} },
  hidden: softLabelsAnd('hidden states', { knowledge: 'hidden-states' }),
  whole: softLabelsAnd('whole attention', { knowledge: 'whole' }),
  uni: softLabelsAnd('uni-modal attention', { knowledge: 'uni-modal' }),
  cross: softLabelsAnd('cross-modal attention', { knowledge: 'cross-modal' }),
  layers: softLabelsAnd('cross-modal attention of every layer', { knowledge: 'cross-modal', layers: 'all' }),
} as const satisfies Record<string, Variant>;

export type VariantName = keyof typeof variants;

export const variantNames = Object.keys(variants) as VariantName[];

/** The learning rate that each variant is trained at. */
export type Rates = Readonly<Record<VariantName, number>>;
