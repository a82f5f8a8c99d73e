import { UserError } from '../errors.ts';
import type { Scoring } from '../model/config.ts';
import { jointAttention, uniModalAttention, wholeAttention } from '../objectives/attention-distillation.ts';
import { crossModalAttention } from '../objectives/cross-modal-attention-distillation.ts';
import { hardLabels, hardLabelsBinary } from '../objectives/hard-labels.ts';
import { hiddenStates } from '../objectives/hidden-state-distillation.ts';
import { everyLayer, type LayerPair } from '../objectives/layers.ts';
import type { EncodedPairs, Objective, Objectives } from '../objectives/objective.ts';
import { softLabels, softLabelsBinary } from '../objectives/soft-label-distillation.ts';
import { settingsOf } from './option-table.ts';
import { type LossOptions, lossOptions } from './stage-options.ts';

/**
 * Objectives of the losses that have a weight, by the names of their curves: `hard`, `soft`, and `attention`, or
 * `hidden` where hidden states are compared (Wang et al. 2022, §3.3); then the caller's own.
 *
 * @throws UserError where nothing is left to learn from, where an option could change nothing, or where an objective of
 * one's own has the name of one of these.
 */
export const objectivesOf = (options: LossOptions, scoring: Scoring): Objectives => {
  const { losses: { hard = 0, soft = 0, attention = 0 } = {}, objectives: own = {} } = options;
  const settings = settingsOf(lossOptions, options);
  refuseIdle(options, scoring);
  const { temperature, divergence: direction } = settings;
  const [hardObjective, softObjective] =
    scoring === 'sigmoid' ? [hardLabelsBinary, softLabelsBinary] : [hardLabels, softLabels({ temperature, direction })];
  const method: Objectives = {
    hard: { objective: hardObjective, weight: hard },
    soft: { objective: softObjective, weight: soft },
    [settings.attention === 'hidden-states' ? 'hidden' : 'attention']: {
      objective: attentionObjective(options),
      weight: attention,
    },
  };
  const weighted = Object.fromEntries(Object.entries(method).filter(([, { weight }]) => weight !== 0));
  const taken = Object.keys(own).find((name) => name in weighted);
  if (taken !== undefined) throw new UserError(`objectives: ${taken} is one of the losses: give another name`);
  const all = { ...weighted, ...own };
  if (Object.keys(all).length > 0) return all;
  throw new UserError('losses: nothing is left to learn from: give one of hard, soft and attention a weight above 0');
};

/** Refuses an option that would change nothing, which is a misunderstanding. */
const refuseIdle = (options: LossOptions, scoring: Scoring): void => {
  const { temperature = 1, layers, attention, losses } = options;
  if (losses?.ranking) {
    throw new UserError(
      'losses.ranking is the order of hard negatives, and a model that answers has none: leave it out, or fine-tune for retrieval',
    );
  }
  if (!(temperature > 0)) throw new UserError(`a temperature of ${temperature}: give a number above 0`);
  if (scoring === 'sigmoid' && temperature !== 1) {
    throw new UserError(
      `a temperature of ${temperature} divides logits before a softmax, and this model scores by sigmoid: leave it out, or train one that scores by softmax`,
    );
  }
  if (losses?.attention === undefined && (layers ?? attention) !== undefined) {
    throw new UserError(
      `${layers === undefined ? 'attention' : 'layers'} says what is compared inside the teacher, and nothing is: give losses.attention a weight`,
    );
  }
};

/** Distance of the student's attention, or hidden states, from the teacher's. */
export const attentionObjective = (options: LossOptions): Objective<EncodedPairs> => {
  const { attention, layers, queries, divergence: direction } = settingsOf(lossOptions, options);
  const over = (pairs?: readonly LayerPair[]): Objective<EncodedPairs> =>
    comparisons[attention]({ queries, direction, layers: pairs });
  if (layers === 'last') return over();
  return (student, teacher, target) => {
    const [depth, ofTeacher] = [student, teacher].map(({ encoded }) => encoded[0]!.text.layers.length);
    return over(everyLayer(depth!, ofTeacher!))(student, teacher, target);
  };
};

const comparisons = {
  'cross-modal': crossModalAttention,
  'uni-modal': uniModalAttention,
  whole: wholeAttention,
  joint: jointAttention,
  'hidden-states': hiddenStates,
} as const;
