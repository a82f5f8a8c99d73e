import type { CollateOptions } from '../../data/batch.ts';
import type { Example } from '../../data/example.ts';
import type { Batch } from '../../data/loader.ts';
import type { Weights } from '../../engine/numbers.ts';
import type { Tensor } from '../../engine/tensor.ts';
import type { Validator } from '../../evaluation/evaluate.ts';
import type { Contrast } from '../../model/heads.ts';
import type { Params } from '../../model/params.ts';
import type { SharedSimilarity, Similarity } from '../../objectives/image-text-contrastive.ts';
import type { Learnable } from '../../tasks/task.ts';
import type { Identity, Values } from '../option-table.ts';
import type { RunOptions } from '../options.ts';
import type { Part } from '../shared/part.ts';
import type { LossOptions, LossWeights, retrievalOptions } from '../stage-options.ts';
import type { TeacherOutputs } from '../teacher-outputs/placeholder.ts';

/** One loss of a stage: a scalar, and its weight in the sum. */
export interface Loss {
  readonly loss: Tensor;
  readonly weight: number;
  /** Function from vectors to the loss, where it compares them: several micro-batches are then compared as one batch. */
  readonly contrast?: ContrastiveLoss | undefined;
}

/** A loss over the similarities of all images and texts of a batch. */
export interface ContrastiveLoss {
  /** Vectors of the batch, and what scales their similarity. */
  readonly vectors: Contrast;
  readonly objective: (compared: Similarity) => Tensor;
  /** Share of the loss that falls to the rows of one process, whose columns are those of all. */
  readonly shared: (compared: SharedSimilarity) => Tensor;
  /** Examples that the contrastive loss compares together, where the training cannot choose them. */
  readonly over?: 'micro-batch' | undefined;
}

/** Feeds of a batch that depend on the weights as they are, or on a cache; such as hard negatives. */
export interface ExtraFeeds extends AsyncDisposable {
  /** Feeds beside the others, for the run's batch of that number, counted from 0. */
  feeds(batch: Batch, number: number): Promise<Part>;
}

/**
 * A stage of training, as a value: its losses, its batches and its validation. How weights move, and how a run is kept
 * and resumed, is the same for all stages.
 */
export interface Stage {
  /** Outputs of the teacher, in symbols. Absent where only ground truth teaches. */
  readonly teacherOutputs?: ((teacher: Params) => TeacherOutputs) | undefined;
  /**
   * Losses in symbols, by the names of their curves, from the parameters of the model and the stage's `teacherOutputs`
   * (a method, so that a stage may ask for the outputs of its own teacher).
   */
  losses(model: Params, teacher: TeacherOutputs | undefined): Readonly<Record<string, Loss>>;
  /** Examples of each batch of the run, from one of its batches on: the same ones at every call. */
  readonly batches: (from: number) => Iterable<readonly Example[]>;
  /** Arrangement of the images of the examples as inputs. Default: apart. */
  readonly pictures?: CollateOptions['pictures'] | undefined;
  /** Feeds beside texts and images, for the run's batch of that number, counted from 0. */
  readonly feeds: (batch: Batch, number: number) => Part;
  /** Opens further feeds for a model of these weights, which go on moving. */
  readonly extraFeeds?: ((weights: Weights) => Promise<ExtraFeeds>) | undefined;
  /** Opens the validation of a model of these weights, which go on moving. */
  readonly validator: (weights: Weights) => Promise<Validator>;
  /** Everything of the stage that decides which bits come out. */
  readonly identity: Identity;
}

/** Losses of a stage from the parameters of both models, as a step computes them. */
export const lossesFromParams =
  ({ losses, teacherOutputs }: Pick<Stage, 'losses' | 'teacherOutputs'>) =>
  (model: Params, teacher: Params): Readonly<Record<string, Loss>> =>
    losses(model, teacherOutputs?.(teacher));

/** Examples of the two splits that a training reads. */
export interface Splits {
  readonly examples: readonly Example[];
  readonly validation: readonly Example[];
}

/** Options of the stages of fine-tuning. */
export interface StageOptions extends RunOptions, LossOptions, Values<typeof retrievalOptions> {
  readonly task: Learnable;
  /** Weights of the losses, the defaults filled in. */
  readonly losses: LossWeights;
  /**
   * Split from which the validation examples are, and on which the best weights are chosen; a run remembers it, since
   * an accuracy on the split that chose the weights is none on data never seen. Default `validation`.
   */
  readonly selectOn?: string | undefined;
}
