import type { Weights } from '../engine/numbers.ts';
import { callingThread } from '../kernels/calls.ts';
import { createThreadPool } from '../kernels/threads.ts';
import { type AllocationOptions, allocateState, type OptimizerState } from './adamw.ts';

/** Options of `createOptimizerState`. */
export interface StateOptions extends Omit<AllocationOptions, 'pool'> {
  /** Threads of one update; results do not depend on them. Default: 1. */
  readonly threads?: number | undefined;
}

/**
 * Allocates the memory of a training: a copy of the weights; gradients and moments are 0. Takes 16 bytes a parameter,
 * 20 with micro-batches, and none for one that is frozen.
 *
 * @throws Error where a weight's length does not match its shape, or there is not enough memory.
 */
export const createOptimizerState = (
  weights: Weights,
  { threads = 1, ...options }: StateOptions = {},
): OptimizerState =>
  allocateState(weights, { ...options, pool: threads > 1 ? createThreadPool(threads) : callingThread });
