import type { CollateOptions } from '../data/batch.ts';
import { createPreparer, type Prepare } from '../data/preprocess.ts';
import type { SizeRule } from '../data/resize.ts';
import type { OnUnreadable } from '../data/skip-policy.ts';
import { createTokenizer } from '../data/tokenizer.ts';
import type { ModelConfig } from '../model/config.ts';
import type { Sizes } from '../model/sizes.ts';

/** How examples become batches, the same wherever a model meets data. */
export interface Preprocessor {
  readonly prepare: Prepare;
  readonly collate: CollateOptions;
  readonly batch: number;
  /** Hears of an example that cannot be read, and lets it be left out. Without it such an example is an error. */
  readonly onUnreadable?: OnUnreadable | undefined;
}

/** Options of `preprocessorFor`. */
export interface PreprocessorOptions {
  /** Examples of one batch. */
  readonly batch: number;
  /** Pads texts to so many words, as the reference does to 40. Default: the longest text of the batch. */
  readonly padWordsTo?: number | undefined;
  /** Hears what was done to the data: a question cut short, a picture clamped. */
  readonly onWarning?: ((message: string) => void) | undefined;
  /**
   * Hears of an example that cannot be read, a corrupt picture for one, and lets it be left out. Without it such an
   * example is an error, and with it, too, where it is so with more than half of the first examples.
   */
  readonly onUnreadable?: OnUnreadable | undefined;
}

/** How a described model reads examples: its own words, its own picture size. */
export const preprocessorFor = (
  { sizes, vocabulary }: ModelConfig,
  { batch, padWordsTo, onWarning, onUnreadable }: PreprocessorOptions,
): Preprocessor => ({
  batch,
  ...(onUnreadable ? { onUnreadable } : {}),
  prepare: createPreparer({
    tokenizer: createTokenizer(vocabulary),
    size: sizeRuleOf(sizes),
    limit: sizes.words,
    ...(onWarning ? { onWarning } : {}),
  }),
  collate: { patch: sizes.patch, grid: sizes.grid, ...(padWordsTo === undefined ? {} : { padWordsTo }) },
});

/** How large a model's pictures become. */
export const sizeRuleOf = ({ image, patch }: Sizes): SizeRule => ({ shortest: image, multiple: patch });
