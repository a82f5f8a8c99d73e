import { mean } from '../engine/functions.ts';
import { logSoftmax, negate, takeAlongAxis } from '../engine/ops.ts';
import type { Tensor } from '../engine/tensor.ts';

/**
 * The words behind the masks, from ground truth.
 *
 *   L_MLM = -1/n Σ log softmax(z)[word]        over the n masked places alone        Devlin et al. 2019
 *
 * logits [masked, vocabulary], the words as int32 ids [masked] → scalar
 */
export const maskedLanguageModeling = (logits: Tensor, words: Tensor): Tensor =>
  negate(mean(takeAlongAxis(logSoftmax(logits), words)));
