import {
  accumulate,
  adamwStep,
  clearAccumulated,
  gradientArrays,
  gradientNorm,
  type OptimizerState,
  type StepOptions,
} from './adamw.ts';

/** State of an optimizer, in the memory of the host or of a device (`on-device.ts`): sums gradients and moves weights. */
export interface Optimizer extends AsyncDisposable {
  /** Adds the gradients of one micro-batch to the sum that the next step takes. */
  accumulate(): Promise<void>;
  /** Empties the sum of an update that is begun again. */
  forget(): Promise<void>;
  /** Has the gradients that the next step takes added to those of other processes, in place. */
  reduce(sum: (gradients: readonly Float32Array[]) => Promise<void>): Promise<void>;
  /** Global L2 norm of the gradients that the next step takes. */
  gradientNorm(): Promise<number>;
  /** Moves every weight by one AdamW update, in place, and empties the accumulated sum; see `adamwStep`. */
  step(options: StepOptions): Promise<void>;
  /** The state with its weights and moments of now in the arrays of the host. */
  current(): OptimizerState;
}

/** AdamW in WebAssembly, over the state's own memory. */
export const onHost = (state: OptimizerState): Optimizer => ({
  accumulate: async () => accumulate(state),
  forget: async () => clearAccumulated(state),
  reduce: (sum) => sum(gradientArrays(state)),
  gradientNorm: async () => gradientNorm(state),
  step: async (options) => adamwStep(state, options),
  current: () => state,
  [Symbol.asyncDispose]: async () => {},
});
