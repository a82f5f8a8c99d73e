import type { Objectives } from '../objectives/objective.ts';
import type { OptionTable, Values } from './option-table.ts';

/** Comparison of what is learnt from a teacher (Wang et al. 2022, ablations). Defaults are the authors' code. */
export const lossOptions = {
  attention: {
    flag: '--knowledge <which>',
    kind: 'choice',
    choices: ['cross-modal', 'uni-modal', 'whole', 'joint', 'hidden-states'],
    meaning: "what of the teacher's inside is matched",
    default: 'cross-modal',
    phrase: '#',
  },
  layers: {
    flag: '--layers <which>',
    kind: 'choice',
    choices: ['last', 'all'],
    meaning: "layers at which it is matched: the last, or the mean over all of the student's",
    default: 'last',
    phrase: '# layers',
  },
  queries: {
    flag: '--queries <which>',
    kind: 'choice',
    choices: ['all', 'valid', 'valid-per-example'],
    meaning: 'words and patches whose attention is compared: all, or those that are no padding',
    default: 'all',
    phrase: '# queries',
  },
  divergence: {
    flag: '--divergence <way>',
    kind: 'choice',
    choices: ['teacher-student', 'student-teacher'],
    meaning: 'which way KL goes, of attention and of soft labels by softmax',
    default: 'teacher-student',
    phrase: '#',
  },
  temperature: {
    flag: '--temperature <t>',
    kind: 'amount',
    meaning: 'temperature of soft labels by softmax',
    default: 1,
    phrase: 'temperature #',
  },
} as const satisfies OptionTable;

/** Weights of the losses in their sum. A loss that is not named, or has the weight 0, is left out. */
export interface LossWeights {
  /** Ground truth. For a dual encoder that learns to retrieve, L_ITC. */
  readonly hard?: number | undefined;
  /** L_SL: the teacher's answers. In retrieval its scores of each pair and of its hard negatives. */
  readonly soft?: number | undefined;
  /** L_CA, or whatever `attention` says that is compared inside the teacher. */
  readonly attention?: number | undefined;
  /** Order of each batch's hard negatives as the teacher ranks them; of retrieval alone. */
  readonly ranking?: number | undefined;
}

/** Losses of a training, and how student and teacher are compared. */
export interface LossOptions extends Values<typeof lossOptions> {
  /** Default: the method of the paper, `{ soft: 1, attention: 1 }`, with a teacher; `{ hard: 1 }` without. */
  readonly losses?: LossWeights | undefined;
  /** Objectives of one's own beside the `losses`, by the names of their curves. */
  readonly objectives?: Objectives | undefined;
}

/** Options of fine-tuning for retrieval. */
export const retrievalOptions = {
  falseTexts: {
    flag: '--false-texts <n>',
    kind: 'count',
    meaning: 'texts that an image must tell its own from, for a fusion encoder',
    default: 15,
  },
  sameWords: {
    flag: '--same-words <n>',
    kind: 'index',
    meaning:
      "of the false texts those of the image's own words in another order, where the data have such; for a dual encoder examples that follow another one into its batch for that",
    default: 0,
  },
  candidates: {
    flag: '--candidates <k>',
    kind: 'count',
    meaning:
      'hardest images of each text, and texts of each image, in its batch that the teacher scores (--soft-weight, --ranking-weight): up to 1 + 2k passes of it an example',
    default: 4,
  },
  gallery: {
    flag: '--gallery <images>',
    kind: 'count',
    meaning: 'the first images of validation, searched with all their texts',
    otherwise: '1000; fusion encoder: 64, as it passes over every pair',
  },
} as const satisfies OptionTable;

/** Options of pre-training. */
export const pretrainingOptions = {
  negatives: {
    flag: '--negatives <which>',
    kind: 'choice',
    choices: ['random', 'hard'],
    meaning: 'images of unmatched pairs: any image, or those of the batch that a dual encoder finds most like the text',
    default: 'random',
    identity: 'always',
  },
  queries: { ...lossOptions.queries, identity: 'always' },
  alignment: {
    flag: '--wpa <weight>',
    kind: 'amount',
    meaning: 'weight of word-patch alignment in the loss; ViLT: 0.1; with 0 it is left out',
    default: 0,
    identity: 'always',
  },
} as const satisfies OptionTable;
