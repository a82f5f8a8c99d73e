import type { Feeds } from '../data/batch.ts';
import type { Example } from '../data/example.ts';
import type { Batch } from '../data/loader.ts';
import type { Weights } from '../engine/numbers.ts';
import type { Tensor } from '../engine/tensor.ts';
import type { Params } from '../layers/params.ts';

/** One loss among those of a stage: a scalar, and its weight in their sum. */
export interface Term {
  readonly loss: Tensor;
  readonly weight: number;
}

/** How good the learner is as it stands. */
export interface Validator extends AsyncDisposable {
  /** Between 0 and 1, more is better. */
  accuracy(): Promise<number>;
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
  readonly terms: (learner: Params, teacher: Params) => Readonly<Record<string, Term>>;
  /** The examples of each batch of the run, from one of its batches on: the same ones at every call. */
  readonly batches: (from: number) => Iterable<readonly Example[]>;
  /** What is fed beside the texts and images of the run's batch of that number, counted from 0. */
  readonly feeds: (batch: Batch, number: number) => Feeds;
  /** Judges a learner whose weights are these, and go on moving. */
  readonly validator: (weights: Weights) => Promise<Validator>;
  /** Everything of the stage that decides which bits come out. */
  readonly identity: Readonly<Record<string, string | number>>;
}
