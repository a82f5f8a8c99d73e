/**
 * AdamW (Loshchilov and Hutter, 2019) over weights, gradients and moments that lie side by side in memory of their own.
 *
 * A step of training: the session writes into `state.gradients`, then
 *
 *   const scale = clipScale(gradientNorm(state), 1);
 *   adamwStep(state, { step, learningRate, gradientScale: scale, decays: decayGroups.reference });
 *
 * and the next step feeds `state.weights`, which were moved in place.
 */
import { countOf, type Weights } from '../engine/numbers.ts';
import {
  type AdamWOptions,
  type Block,
  type BlockOptions,
  type Coefficients,
  coefficientsOf,
  createBlock,
  type Place,
  type Span,
} from '../kernels/adamw/adamw.ts';
import type { ThreadPool } from '../kernels/calls.ts';
import type { LossScale } from './loss-scale.ts';

export type { AdamWOptions } from '../kernels/adamw/adamw.ts';

/** Names of the arrays that a parameter may have. */
type Slot = 'weights' | 'gradients' | 'first' | 'second' | 'accumulated';

/** Parameters that share a block of memory, and where each slot of the block begins. */
interface Region {
  readonly block: Block;
  /** First byte of each slot. */
  readonly slots: Readonly<Record<Slot, number>>;
  /** Offset of each parameter in a slot, in bytes, and its padded length. */
  readonly parameters: ReadonlyMap<string, Span>;
  /** Padded length of a slot, in float32 numbers. */
  readonly count: number;
}

/** Weights, their gradients and both moments, side by side in WebAssembly memory; every array begins at 64 bytes. */
export interface OptimizerState {
  readonly weights: Weights;
  /** Gradients, which the session writes in place; of the parameters that are trained, as both moments. */
  readonly gradients: Weights;
  /** First moments: running means of the gradients, m. */
  readonly first: Weights;
  /** Second moments: running means of the squared gradients, v. */
  readonly second: Weights;
  /** Sum of the gradients of several micro-batches; present where a step has more than one. */
  readonly accumulated?: Weights | undefined;
  readonly regions: readonly Region[];
  /** Loss scale of the next update, where gradients are computed in fp16. */
  lossScale?: LossScale | undefined;
}

/** Options of `allocateState`. */
export interface AllocationOptions {
  /** Micro-batches of one step; above 1 memory is allocated for the sum of their gradients. Default: 1. */
  readonly microBatches?: number | undefined;
  /** Backend of the kernels. Default: WebAssembly, where the machine has SIMD. */
  readonly kernels?: 'webassembly' | 'javascript' | undefined;
  /** Threads of one update; results do not depend on them. Default: the calling one. */
  readonly pool?: ThreadPool | undefined;
  /**
   * Bytes of one block; a larger parameter gets a block of its own. Default: 1.5 GiB, of the 4 GiB of a WebAssembly
   * memory.
   */
  readonly blockBytes?: number | undefined;
  /** Parameters that are not trained: their weights stay in the arrays that were given. Default: none. */
  readonly frozen?: ReadonlySet<string> | undefined;
}

const LANES = 16;
const GIBIBYTE = 2 ** 30;

const padded = (count: number): number => Math.ceil(count / LANES) * LANES;

/** Splits names, in their order, into groups that each fit in a block. */
const groupsOf = (weights: Weights, countLimit: number): string[][] => {
  const groups: string[][] = [];
  let room = 0;
  for (const [name, { data }] of weights) {
    const count = padded(data.length);
    if (groups.length === 0 || count > room) {
      groups.push([]);
      room = Math.max(countLimit, count);
    }
    groups.at(-1)!.push(name);
    room -= count;
  }
  return groups;
};

const allocate = (bytes: number, options: BlockOptions): Block => {
  try {
    return createBlock(bytes, options);
  } catch (cause) {
    const gibibytes = (bytes / GIBIBYTE).toFixed(2);
    const advice = 'train a smaller model, or free memory';
    throw new Error(`createOptimizerState: no ${gibibytes} GiB of memory for one block: ${advice}`, { cause });
  }
};

const regionOf = (names: string[], weights: Weights, options: BlockOptions & { readonly slots: number }): Region => {
  const parameters = new Map<string, Span>();
  let count = 0;
  for (const name of names) {
    const span = { at: count * 4, count: padded(weights.get(name)!.data.length) };
    parameters.set(name, span);
    count += span.count;
  }
  const at = (slot: number): number => slot * count * 4;
  const slots = { weights: at(0), gradients: at(1), first: at(2), second: at(3), accumulated: at(4) };
  return { block: allocate(at(options.slots), options), slots, parameters, count };
};

/** Views of one slot of every parameter. */
const viewsOf = (weights: Weights, regions: readonly Region[], slot: Slot): Weights => {
  const views: Weights = new Map();
  for (const { block, slots, parameters } of regions) {
    for (const [name, { at }] of parameters) {
      const { shape } = weights.get(name)!;
      views.set(name, { shape, data: new Float32Array(block.buffer, slots[slot] + at, countOf(shape)) });
    }
  }
  return views;
};

/**
 * Allocates the memory of a training: a copy of the weights; gradients and moments are 0. Takes 16 bytes a parameter,
 * 20 with micro-batches, and none for one that is frozen.
 *
 * @throws Error where a weight's length does not match its shape, or there is not enough memory.
 */
export const allocateState = (weights: Weights, options: AllocationOptions = {}): OptimizerState => {
  const { microBatches = 1, blockBytes = 1.5 * GIBIBYTE, pool, kernels, frozen = new Set() } = options;
  for (const [name, { shape, data }] of weights) {
    if (countOf(shape) !== data.length)
      throw new Error(
        `createOptimizerState: ${name} has ${data.length} numbers, not the ${countOf(shape)} of [${shape.join(', ')}]`,
      );
  }
  const slots = microBatches > 1 ? 5 : 4;
  const trained: Weights = new Map([...weights].filter(([name]) => !frozen.has(name)));
  const groups = groupsOf(trained, Math.floor(blockBytes / (4 * slots)));
  const regions = groups.map((names) => regionOf(names, trained, { slots, kernels, pool }));
  const views = (slot: Slot): Weights => viewsOf(trained, regions, slot);
  const own = views('weights');
  for (const [name, { data }] of trained) own.get(name)!.data.set(data);
  const state = {
    weights: new Map([...weights].map(([name, given]) => [name, own.get(name) ?? given])),
    gradients: views('gradients'),
    first: views('first'),
    second: views('second'),
    regions,
  };
  return slots === 5 ? { ...state, accumulated: views('accumulated') } : state;
};

/** Slot from which a step takes its gradients. */
const gradientSlot = (state: OptimizerState): 'gradients' | 'accumulated' =>
  state.accumulated ? 'accumulated' : 'gradients';

/** Span of each parameter in a slot. */
const spansOf = ({ slots, parameters }: Region, slot: Slot): Span[] =>
  [...parameters.values()].map(({ at, count }) => ({ at: slots[slot] + at, count }));

/**
 * Adds the gradients of one micro-batch to the sum that the next `adamwStep` takes, which empties it again.
 *
 * @throws Error where the state was created without micro-batches.
 */
export const accumulate = (state: OptimizerState): void => {
  if (!state.accumulated)
    throw new Error('accumulate: the state has no room for a sum: create it with microBatches above 1');
  for (const region of state.regions) {
    const { accumulated, gradients } = region.slots;
    const from = ({ at }: Span): number => at - accumulated + gradients;
    region.block.add(spansOf(region, 'accumulated').map((span) => ({ ...span, from: from(span) })));
  }
};

/** Empties the sum, of an update that is begun again. */
export const clearAccumulated = ({ accumulated }: OptimizerState): void => {
  for (const { data } of accumulated?.values() ?? []) data.fill(0);
};

/** Gradients that the next step takes, as they lie in memory: to be summed over processes, in place. */
export const gradientArrays = (state: OptimizerState): Float32Array[] =>
  state.regions.map(({ block, slots, count }) => new Float32Array(block.buffer, slots[gradientSlot(state)], count));

/** Global L2 norm of the gradients that the next step takes: of the accumulated sum, where there is one. */
export const gradientNorm = (state: OptimizerState): number => {
  const slot = gradientSlot(state);
  const sums = state.regions.flatMap((region) => [...region.block.sumsOfSquares(spansOf(region, slot))]);
  return Math.sqrt(sums.reduce((total, sum) => total + sum, 0));
};

/**
 * Factor by which gradients of this norm are clipped: min(1, limit / (norm + 1e-6)), as
 * `torch.nn.utils.clip_grad_norm_`.
 */
export const clipScale = (norm: number, limit: number): number => Math.min(1, limit / (norm + 1e-6));

/** Options of one step of AdamW. */
export interface StepOptions extends AdamWOptions {
  /** Number of this update, from 1. */
  readonly step: number;
  readonly learningRate: number;
  /** Factor of a parameter's learning rate. Default: 1 for all. */
  readonly multiplier?: ((name: string) => number) | undefined;
  /** Whether a parameter decays. Default: all do. See `decayGroups`. */
  readonly decays?: ((name: string) => boolean) | undefined;
  /** Factor of the gradients, for clipping and for the mean over micro-batches. Default: 1. */
  readonly gradientScale?: number | undefined;
}

/**
 * Moves every weight by one AdamW update, in place, and empties the accumulated sum.
 *
 * @throws Error where `step` is below 1.
 */
export const adamwStep = (state: OptimizerState, options: StepOptions): void => {
  const { step, learningRate, multiplier = () => 1, decays = () => true, gradientScale = 1 } = options;
  if (!(Number.isInteger(step) && step >= 1))
    throw new Error(`adamwStep: step is ${step}: count the updates from 1 on, or the bias correction divides by zero`);
  const coefficients = (name: string): Coefficients => {
    const weightDecay = decays(name) ? (options.weightDecay ?? 0.01) : 0;
    return coefficientsOf({ step, learningRate: learningRate * multiplier(name), gradientScale, weightDecay }, options);
  };
  for (const { block, slots, parameters, count: all } of state.regions) {
    const place = ({ at, count }: Span): Place => ({
      ...{ weights: slots.weights + at, gradients: slots[gradientSlot(state)] + at },
      ...{ first: slots.first + at, second: slots.second + at, count },
    });
    block.update([...parameters].map(([name, span]) => ({ place: place(span), coefficients: coefficients(name) })));
    if (state.accumulated) block.zero({ at: slots.accumulated, count: all });
  }
};
