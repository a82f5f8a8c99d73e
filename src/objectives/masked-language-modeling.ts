import { mean } from '../engine/functions.ts';
import { logSoftmax, negate, takeAlongAxis } from '../engine/ops.ts';
import type { Tensor } from '../engine/tensor.ts';
import type { Objective } from './objective.ts';

/** Logits of each masked word: [masked, vocabulary]. */
export interface WordLogits {
  readonly words: Tensor;
}

/**
 * Masked language modeling: cross entropy of the words behind the masks.
 *
 *   L_MLM = -1/n Σ log softmax(z)[word]        over the n masked places alone        Devlin et al. 2019
 *
 * logits [masked, vocabulary], target the word ids as int32 [masked] → scalar
 */
export const maskedLanguageModeling: Objective<WordLogits> = ({ words }, _, target) =>
  negate(mean(takeAlongAxis(logSoftmax(words), target)));
