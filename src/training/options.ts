import type { Model } from '../checkpoints/model-file.ts';
import type { Preprocessor } from '../inference/preprocessor.ts';
import type { decayGroups } from '../optim/adamw.ts';
import type { AugmentationPolicy } from './augmentation.ts';

/** How a learner is trained, whatever the stage. The defaults are those of the authors' fine-tuning, where they say theirs. */
export interface RunOptions {
  /** Trained in place. */
  readonly model: Model;
  readonly teacher?: Model | undefined;
  readonly preprocessor: Preprocessor;
  /** Updates of the weights. */
  readonly updates: number;
  /** At the end of the warm-up. */
  readonly learningRate: number;
  /** Share of the updates in which the learning rate rises. Default 0.1. */
  readonly warmup?: number | undefined;
  /** How much faster than the rest the head learns: 10 for VQA in ViLT's code. Default 1. */
  readonly headMultiplier?: number | undefined;
  /** Batches whose gradients are averaged into one update. Default 1. */
  readonly accumulation?: number | undefined;
  /** What L_ITC compares where there is accumulation: all pairs of an update (default), or those of each batch. */
  readonly contrastOver?: 'update' | 'micro-batch' | undefined;
  /** Largest norm of the gradient. Default: not clipped. */
  readonly clip?: number | undefined;
  /** Default 0.1, as ViLT trains. */
  readonly dropoutRate?: number | undefined;
  /** Default 0.01. */
  readonly weightDecay?: number | undefined;
  /** Which AdamW: transformers' of 2020, as the authors used, or PyTorch's. Default reference. */
  readonly order?: 'reference' | 'torch' | undefined;
  /** Which parameters decay. Default reference. */
  readonly decay?: keyof typeof decayGroups | undefined;
  /** How the pictures of the training examples are changed, differently each time. Default: not at all. */
  readonly augment?: AugmentationPolicy | undefined;
  /**
   * Most patches of a training picture; of one that has more, so many are drawn, differently each time. 200 as ViLT was
   * pre-trained. Default: all of them, as in validation.
   */
  readonly maxPatches?: number | undefined;
  /** Of the data's order, of dropout, of augmentation and of patches. Default 0. */
  readonly seed?: number | undefined;
  /** Updates between two validations; the last update is always validated. Default: a tenth of all. */
  readonly validateEvery?: number | undefined;
  /** Updates between two checkpoints of the run. Default: at each validation. */
  readonly checkpointEvery?: number | undefined;
  /** Where curves and checkpoints go. Default: nowhere. */
  readonly folder?: string | undefined;
  /** Goes on from the folder's last checkpoint, where there is one. */
  readonly resume?: boolean | undefined;
  readonly threads?: number | undefined;
}

/** What one update did. */
export interface TrainStep {
  /** From 1. */
  readonly number: number;
  readonly of: number;
  /** Each objective's loss before the update, and their weighted `total`. */
  readonly losses: Readonly<Record<string, number>>;
  readonly learningRate: number;
  readonly gradientNorm: number;
  /** Accuracy on the validation examples, after the updates that were validated. */
  readonly validation?: number | undefined;
  /** Of the whole update, waiting included. */
  readonly milliseconds: number;
  /** How long the update waited for its data. */
  readonly waitMilliseconds: number;
}
