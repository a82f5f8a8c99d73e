import type { LossOptions, LossWeights } from '../../training.ts';

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

/** A way to train a student for retrieval. */
export interface RetrievalVariant {
  /** Name in the tables. */
  readonly name: string;
  readonly losses: LossWeights;
  /** Whether the contrast judges each pair alone, by a sigmoid, instead of comparing those of a batch by a softmax. */
  readonly scoring?: 'softmax' | 'sigmoid' | undefined;
}

export const retrievalVariants = {
  contrast: { name: 'contrast', losses: { hard: 1 } },
  attention: { name: 'contrast + cross-modal attention', losses: { hard: 1, attention: 1 } },
  soft: { name: 'contrast + soft scores of hard negatives', losses: { hard: 1, soft: 1 } },
  ranking: { name: 'contrast + order of hard negatives', losses: { hard: 1, ranking: 1 } },
  sigmoid: {
    name: 'contrast by sigmoid + cross-modal attention',
    losses: { hard: 1, attention: 1 },
    scoring: 'sigmoid',
  },
} as const satisfies Record<string, RetrievalVariant>;

export type RetrievalVariantName = keyof typeof retrievalVariants;
