import { UserError } from '../errors.ts';
import type { Scoring } from '../model/config.ts';
import { jointAttention, uniModalAttention, wholeAttention } from '../objectives/attention-distillation.ts';
import { type AttentionOptions, crossModalAttention } from '../objectives/cross-modal-attention-distillation.ts';
import type { Direction, QueryMask } from '../objectives/divergence.ts';
import { hardLabels, hardLabelsBinary } from '../objectives/hard-labels.ts';
import { hiddenStates } from '../objectives/hidden-state-distillation.ts';
import { everyLayer, type LayerPair } from '../objectives/layers.ts';
import type { Objective, Objectives } from '../objectives/objective.ts';
import { softLabels, softLabelsBinary } from '../objectives/soft-label-distillation.ts';

/**
 * What the student learns from: ground truth, the teacher's answers, or its answers and its cross-modal attention
 * (the method: L_SL + L_CA, all weights 1).
 */
export type Recipe = 'hard' | 'soft' | 'soft+attention';

/** What of the teacher's inside the student must match; all but `cross-modal` is what the method is compared with. */
export type Knowledge = 'cross-modal' | 'uni-modal' | 'whole' | 'joint' | 'hidden-states' | 'none';

/** How a recipe is varied (Wang et al. 2022, ablations). What is not said is as in the authors' code. */
export interface DistillationOptions {
  /** Default: cross-modal for `soft+attention`, otherwise none. */
  readonly knowledge?: Knowledge | undefined;
  /** Where it is compared: in the last layer (default), or in every one of the student's, of which the mean is taken. */
  readonly layers?: 'last' | 'all' | undefined;
  /** Which queries attention is averaged over. Default all. */
  readonly queries?: QueryMask | undefined;
  /** Which way KL goes, of attention and of soft labels by softmax. Default teacher-student. */
  readonly divergence?: Direction | undefined;
  /** Divides the logits of soft labels by softmax. Default 1. */
  readonly temperature?: number | undefined;
  /** Of the knowledge in the sum. Default 1. */
  readonly attentionWeight?: number | undefined;
  /** Of the teacher's answers. Default: 1, or 0 for `hard`; with 0 they are left out. */
  readonly softWeight?: number | undefined;
  /** Of ground truth. Default: 0, or 1 for `hard`; with 0 it is left out. */
  readonly hardWeight?: number | undefined;
}

const comparisons: Readonly<Record<Exclude<Knowledge, 'hidden-states' | 'none'>, (_: AttentionOptions) => Objective>> =
  {
    'cross-modal': crossModalAttention,
    'uni-modal': uniModalAttention,
    whole: wholeAttention,
    joint: jointAttention,
  };

/**
 * The objectives of a recipe (Wang et al. 2022, §3.3) and how it is varied, by the names of their curves: `hard`,
 * `soft`, and `attention`, or `hidden` where hidden states are compared.
 *
 * @throws UserError where nothing is left to learn from, or a choice could change nothing.
 */
export const objectivesOf = (recipe: Recipe, scoring: Scoring, choices: DistillationOptions = {}): Objectives => {
  const { knowledge = recipe === 'soft+attention' ? 'cross-modal' : 'none', divergence, temperature } = choices;
  const {
    hardWeight = recipe === 'hard' ? 1 : 0,
    softWeight = recipe === 'hard' ? 0 : 1,
    attentionWeight = 1,
  } = choices;
  const softOptions = { ...(temperature && { temperature }), ...(divergence && { direction: divergence }) };
  const [hard, soft] =
    scoring === 'sigmoid' ? [hardLabelsBinary, softLabelsBinary] : [hardLabels, softLabels(softOptions)];
  const inside = knowledge === 'hidden-states' ? 'hidden' : 'attention';
  const all: Objectives = {
    hard: { objective: hard, weight: hardWeight },
    soft: { objective: soft, weight: softWeight },
    ...(knowledge !== 'none' && {
      [inside]: { objective: matching(knowledge, choices), weight: attentionWeight },
    }),
  };
  refuseIdle(choices, { scoring, knowledge });
  const kept = Object.fromEntries(Object.entries(all).filter(([, { weight }]) => weight !== 0));
  if (Object.keys(kept).length > 0) return kept;
  throw new UserError(`the weights of ${recipe} leave nothing to learn from: give one above 0`);
};

/** A choice that would change nothing is a misunderstanding. */
const refuseIdle = (
  { temperature = 1, layers, attentionWeight }: DistillationOptions,
  { scoring, knowledge }: { readonly scoring: Scoring; readonly knowledge: Knowledge },
): void => {
  if (!(temperature > 0)) throw new UserError(`a temperature of ${temperature}: give a number above 0`);
  if (scoring === 'sigmoid' && temperature !== 1) {
    throw new UserError(
      `a temperature of ${temperature} divides logits before a softmax, and this model scores by sigmoid: leave it out, or train one that scores by softmax`,
    );
  }
  if (knowledge === 'none' && (layers ?? attentionWeight) !== undefined) {
    throw new UserError(
      'layers and the weight of attention are of what is compared inside the teacher, and nothing is: choose a knowledge, such as cross-modal',
    );
  }
};

/** How far the student's inside is from the teacher's. */
const matching = (
  knowledge: Exclude<Knowledge, 'none'>,
  { layers = 'last', queries, divergence }: DistillationOptions,
): Objective => {
  const options = { ...(queries && { queries }), ...(divergence && { direction: divergence }) };
  const made = (at: { readonly layers?: readonly LayerPair[] | undefined }): Objective =>
    knowledge === 'hidden-states' ? hiddenStates(at) : comparisons[knowledge]({ ...options, ...at });
  if (layers === 'last') return made({});
  return (student, teacher, target) => {
    const [depth, ofTeacher] = [student, teacher].map(({ encoded }) => encoded[0]!.text.layers.length);
    return made({ layers: everyLayer(depth!, ofTeacher!) })(student, teacher, target);
  };
};

/**
 * What differs from the authors' code, in words, for the identity of a run; weights are said with their objectives.
 * Nothing where nothing does, so that such a run has the identity it always had.
 */
export const choicesSaid = (choices: DistillationOptions): { readonly choices?: string } => {
  const { knowledge = 'cross-modal', layers = 'last', queries = 'all', ...others } = choices;
  const { divergence = 'teacher-student', temperature = 1 } = others;
  const said = [
    ...(['cross-modal', 'none'].includes(knowledge) ? [] : [knowledge]),
    ...(layers === 'last' ? [] : [`${layers} layers`]),
    ...(queries === 'all' ? [] : [`${queries} queries`]),
    ...(divergence === 'teacher-student' ? [] : [divergence]),
    ...(temperature === 1 ? [] : [`temperature ${temperature}`]),
  ];
  return said.length > 0 ? { choices: said.join(', ') } : {};
};
