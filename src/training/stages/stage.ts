import type { CollateOptions, Feeds } from '../../data/batch.ts';
import type { Example } from '../../data/example.ts';
import type { Batch } from '../../data/loader.ts';
import type { Weights } from '../../engine/numbers.ts';
import type { Tensor } from '../../engine/tensor.ts';
import type { Validator } from '../../evaluation/evaluate.ts';
import type { Contrast } from '../../model/heads.ts';
import type { Params } from '../../model/params.ts';

/** One loss among those of a stage: a scalar, and its weight in their sum. */
export interface Loss {
  readonly loss: Tensor;
  readonly weight: number;
  /** What L_ITC compares, where the loss is that: then several micro-batches can be compared as one batch. */
  readonly contrast?: Contrast | undefined;
}

/** What is chosen for a batch by what the learner makes of it as it stands. */
export interface ExtraFeeds extends AsyncDisposable {
  /** What is fed beside the rest, to the run's batch of that number, counted from 0. */
  feeds(batch: Batch, number: number): Promise<Feeds>;
}

/**
 * A stage of training, as a value: what is computed of a batch, what a batch is, and what being good means. How the
 * weights move, and how a run is kept and resumed, is the same for all stages.
 */
export interface Stage {
  /**
   * The losses by the names of their curves, of what learner and teacher make of the stage's inputs. Every parameter of
   * the learner that is asked for here is trained.
   */
  readonly losses: (model: Params, teacher: Params) => Readonly<Record<string, Loss>>;
  /** The examples of each batch of the run, from one of its batches on: the same ones at every call. */
  readonly batches: (from: number) => Iterable<readonly Example[]>;
  /** How the pictures of its examples become inputs. Default: apart. */
  readonly pictures?: CollateOptions['pictures'] | undefined;
  /** What is fed beside the texts and images of the run's batch of that number, counted from 0. */
  readonly feeds: (batch: Batch, number: number) => Feeds;
  /** Chooses by a learner whose weights are these, and go on moving: hard negatives, for one. Default: nothing. */
  readonly extraFeeds?: ((weights: Weights) => Promise<ExtraFeeds>) | undefined;
  /** Judges a learner whose weights are these, and go on moving. */
  readonly validator: (weights: Weights) => Promise<Validator>;
  /** Everything of the stage that decides which bits come out. */
  readonly identity: Readonly<Record<string, string | number>>;
}
