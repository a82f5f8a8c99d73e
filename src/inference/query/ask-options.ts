import type { ProcessOptions } from '../../processes/processes.ts';
import type { ImageFilter } from '../store/image-filter.ts';
import type { Conditions } from './conditions.ts';
import type { RankedImage, RankingOptions } from './ranking.ts';

/** A student's answer about one image. */
export interface Answer extends RankedImage {
  readonly answer: string;
  /**
   * Probability of the answer, between 0 and 1, by the student's own scoring; of a combined question, the product of all
   * probabilities.
   */
  readonly probability: number;
}

/** Options of `ask`: which images, which answer, how probable, in what order. */
export interface AskOptions extends ImageFilter, Conditions, RankingOptions, ProcessOptions {
  /**
   * Answer whose probability is returned for each image; null for each image's most probable answer. Default: `yes` of a
   * question of yes or no (it begins with a verb and offers no choice by "or"), otherwise the most probable one.
   */
  readonly answer?: string | null | undefined;
  /** Threads of a model that is not open yet. Default: the processors that this process may use. */
  readonly threads?: number | undefined;
  /** Receives a sentence for each thing to know: a word of the question unknown, images that have no date. */
  readonly onWarning?: ((message: string) => void) | undefined;
  /** Receives the number of images that are done, and of all that are asked. */
  readonly onProgress?: ((done: number, of: number) => void) | undefined;
}
