import type { CollateOptions } from '../data/batch.ts';
import type { PictureOptions, PictureStyle } from '../data/pictures/options.ts';
import { createPreparer, type Prepare } from '../data/preprocess.ts';
import type { OnUnreadable } from '../data/skip-policy.ts';
import { createTokenizer } from '../data/tokenizer.ts';
import type { ModelConfig } from '../model/config.ts';
import { sizeRuleOf } from './size-rule.ts';

/** Turns examples into batches, in the same way wherever a model meets data. */
export interface Preprocessor {
  readonly prepare: Prepare;
  readonly collate: CollateOptions;
  readonly batch: number;
  /** Style of decoding all images. Default: as each example says, otherwise `as-shown`. */
  readonly pictures?: PictureStyle | undefined;
  /** Receives examples that cannot be read, which are then left out. Without it such an example is an error. */
  readonly onUnreadable?: OnUnreadable | undefined;
}

/** Options of `preprocessorFor`. */
export interface PreprocessorOptions extends PictureOptions {
  /** Number of examples in a batch. */
  readonly batch: number;
  /** Pads texts to so many words, as the reference does to 40. Default: the longest text of the batch. */
  readonly padWordsTo?: number | undefined;
  /** Receives what was done to the data, a sentence each: a question cut short, an image distorted. */
  readonly onWarning?: ((message: string) => void) | undefined;
  /**
   * Receives examples that cannot be read, such as a corrupt image, which are then left out. Without it such an example
   * is an error, and with it, too, where more than half of the first examples cannot be read.
   */
  readonly onUnreadable?: OnUnreadable | undefined;
}

/** Creates the preprocessor of a model, with its vocabulary and image size. */
export const preprocessorFor = (
  config: ModelConfig,
  { batch, padWordsTo, onWarning, onUnreadable, pictures, maxMegapixels }: PreprocessorOptions,
): Preprocessor => ({
  batch,
  pictures,
  ...(onUnreadable ? { onUnreadable } : {}),
  prepare: createPreparer({
    tokenizer: createTokenizer(config.vocabulary, config.words),
    size: sizeRuleOf(config),
    limit: config.sizes.words,
    ...{ onWarning, pictures, maxMegapixels },
  }),
  collate: {
    patch: config.sizes.patch,
    grid: config.sizes.grid,
    ...(padWordsTo === undefined ? {} : { padWordsTo }),
  },
});
