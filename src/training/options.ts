import type { Model } from '../checkpoints/model-file.ts';
import { pictureStyles } from '../data/pictures/options.ts';
import type { Preprocessor } from '../inference/preprocessor.ts';
import type { ProcessOptions } from '../processes/processes.ts';
import type { OptionTable, Values } from './option-table.ts';
import { precisionOptions } from './updates/precision.ts';

export type { TrainStep } from './updates/train-step.ts';

const HOW = 'How it learns:';
const LONG = 'How long, how often:';

/**
 * Options of every training. Defaults are those of the authors' fine-tuning, where they say theirs. The order is that
 * of `--help`, and of a run's identity.
 */
export const trainingOptions = {
  epochs: {
    flag: '--epochs <n>',
    kind: 'count',
    meaning: 'passes over the training data',
    default: 10,
    conflicts: 'updates',
    group: LONG,
  },
  updates: {
    flag: '--updates <n>',
    kind: 'count',
    meaning: 'updates of the weights, instead of epochs',
    otherwise: 'those of the epochs',
    group: LONG,
    identity: 'always',
  },
  batch: {
    flag: '--batch <n>',
    kind: 'count',
    meaning: 'examples at a time',
    default: 64,
    group: LONG,
  },
  accumulation: {
    flag: '--accumulation <n>',
    kind: 'count',
    meaning: 'batches whose gradients are averaged into one update',
    default: 1,
    group: LONG,
    identity: 'always',
  },
  learningRate: {
    flag: '--learning-rate <rate>',
    kind: 'amount',
    meaning: 'learning rate at the end of the warm-up',
    otherwise: '1e-4; 1e-3 for models below 384 wide',
    group: HOW,
    identity: 'always',
  },
  warmup: {
    flag: '--warmup <share>',
    kind: 'share',
    meaning: 'share of the updates in which the learning rate rises',
    default: 0.1,
    group: HOW,
    identity: 'always',
  },
  headMultiplier: {
    flag: '--head-multiplier <factor>',
    kind: 'amount',
    meaning: 'how much faster the head learns; ViLT: 10 for VQA',
    default: 1,
    group: HOW,
    identity: 'always',
  },
  layerDecay: {
    flag: '--layer-decay <factor>',
    kind: 'share',
    meaning: 'factor of the learning rate from each layer to the one below it; BEiT, MAE: 0.65 to 0.75',
    default: 1,
    group: HOW,
    identity: 'changed',
  },
  freeze: {
    flag: '--freeze <which>',
    kind: 'pattern',
    meaning:
      'parameters that are not trained: image, text (that encoder), both with a comma between, or a regular expression of names; a frozen encoder has no dropout, and what it makes of a picture or text is kept in memory, of pictures unless they are augmented',
    otherwise: 'none',
    group: HOW,
    identity: 'changed',
  },
  frozenMemory: {
    flag: '--frozen-memory <GiB>',
    kind: 'amount',
    meaning: 'most memory for what frozen parameters make of pictures and texts; 0 keeps nothing',
    default: 2,
    group: HOW,
  },
  clip: {
    flag: '--clip <norm>',
    kind: 'amount',
    meaning: 'largest norm of the gradient',
    otherwise: 'not clipped',
    group: HOW,
    identity: 'always',
  },
  dropoutRate: {
    flag: '--dropout <share>',
    kind: 'share',
    meaning: 'share of the activations that are dropped',
    default: 0.1,
    group: HOW,
    identity: 'always',
  },
  weightDecay: {
    flag: '--weight-decay <factor>',
    kind: 'amount',
    meaning: "AdamW's weight decay",
    default: 0.01,
    group: HOW,
    identity: 'always',
  },
  order: {
    flag: '--order <which>',
    kind: 'choice',
    choices: ['reference', 'torch'],
    meaning: "AdamW of the authors' time or of today's PyTorch",
    default: 'reference',
    group: HOW,
    identity: 'always',
  },
  decay: {
    flag: '--decay <which>',
    kind: 'choice',
    choices: ['reference', 'correct'],
    meaning: "which parameters decay: as in ViLT's code, some LayerNorms among them, or no LayerNorm at all",
    default: 'reference',
    group: HOW,
    identity: 'always',
  },
  ...precisionOptions,
  seed: {
    flag: '--seed <n>',
    kind: 'index',
    meaning: 'seed of the order of the data, of dropout, augmentation and patches',
    default: 0,
    identity: 'always',
  },
  contrastOver: {
    flag: '--contrast-over <what>',
    kind: 'choice',
    choices: ['update', 'micro-batch'],
    meaning: 'with --accumulation: texts and images of which all are compared',
    default: 'update',
    identity: 'changed',
  },
  augment: {
    flag: '--augment <how>',
    kind: 'choice',
    choices: ['none', 'randaugment', 'flips'],
    meaning: 'how training pictures are changed; ViLT: randaugment; flips only where texts name no side',
    default: 'none',
    group: HOW,
    identity: 'changed',
  },
  maxPatches: {
    flag: '--max-patches <n>',
    kind: 'count',
    meaning: 'most patches of a training picture, drawn anew each time; ViLT in pre-training: 200',
    otherwise: 'all',
    group: HOW,
    identity: 'changed',
  },
  pictures: {
    flag: '--pictures <how>',
    kind: 'choice',
    choices: pictureStyles,
    meaning:
      'as-shown: turned by their EXIF orientation, transparency over white; as-vilt: without both, as the ViLT code reads them',
    default: 'as-vilt', // what runs did that do not say it
    otherwise: 'as-shown; of published data sets as-vilt',
    identity: 'changed',
  },
  maxMegapixels: {
    flag: '--max-megapixels <n>',
    kind: 'amount',
    meaning: 'largest picture that is read, in millions of pixels, at most 179',
    otherwise: '89',
  },
  padWordsTo: {
    flag: '--pad-words-to <n>',
    kind: 'count',
    meaning: 'pads texts to so many words; ViLT: 40',
    otherwise: 'the longest of the batch',
    group: LONG,
  },
  validateEvery: {
    flag: '--validate-every <updates>',
    kind: 'count',
    meaning: 'updates between two validations; the last update is always validated',
    otherwise: 'a tenth of all',
    group: LONG,
  },
  checkpointEvery: {
    flag: '--checkpoint-every <updates>',
    kind: 'count',
    meaning: 'updates between two checkpoints',
    otherwise: 'at each validation',
    group: LONG,
  },
  folder: {
    flag: '--out <folder>',
    kind: 'path',
    meaning: 'folder of the run: best.safetensors, last.safetensors, curves',
    otherwise: 'nothing is kept',
  },
  resume: {
    flag: '--resume',
    kind: 'switch',
    meaning: 'go on from last.safetensors in the --out folder, where there is one',
  },
  threads: {
    flag: '--threads <n>',
    kind: 'count',
    meaning: 'cores to compute with',
    otherwise: 'all',
  },
} as const satisfies OptionTable;

/** Options of every training, whatever the stage. */
export type TrainingOptions = Values<typeof trainingOptions>;

/** Options of a training whose data are read and whose length is known. */
export interface RunOptions extends TrainingOptions, ProcessOptions {
  readonly teacher?: Model | undefined;
  readonly preprocessor: Preprocessor;
  readonly updates: number;
  /** Receives warnings, such as of an update that is skipped. */
  readonly onWarning?: ((message: string) => void) | undefined;
}
