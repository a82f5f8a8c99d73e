import type { DistillationOptions, Recipe } from '../../training.ts';

/** What a student learns from in fine-tuning: the rows of the paper's ablations. */
export interface Variant {
  /** As the tables call it. */
  readonly name: string;
  readonly recipe: Recipe;
  readonly choices: DistillationOptions;
}

/**
 * Queries are those of real words and patches, so that the loss does not depend on how far a batch is padded, and
 * whatever is compared with the method is compared over the same tokens. All weights are 1.
 */
const looking = (name: string, choices: DistillationOptions): Variant => ({
  name: `soft labels + ${name}`,
  recipe: 'soft+attention',
  choices: { ...choices, queries: 'valid' },
});

export const variants = {
  hard: { name: 'hard labels', recipe: 'hard', choices: {} },
  soft: { name: 'soft labels', recipe: 'soft', choices: {} },
  hidden: looking('hidden states', { knowledge: 'hidden-states' }),
  whole: looking('whole attention', { knowledge: 'whole' }),
  uni: looking('uni-modal attention', { knowledge: 'uni-modal' }),
  cross: looking('cross-modal attention', { knowledge: 'cross-modal' }),
  layers: looking('cross-modal attention of every layer', { knowledge: 'cross-modal', layers: 'all' }),
} as const satisfies Record<string, Variant>;

export type VariantName = keyof typeof variants;
