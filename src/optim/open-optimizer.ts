import type { Weights } from '../engine/numbers.ts';
import { defaultDevice } from '../engine/runtime/device.ts';
import type { OptimizerState } from './adamw.ts';
import { type Optimizer, onHost } from './optimizer.ts';

/** Options of `openOptimizer`. */
interface OptimizerOptions {
  /** Further weights that the sessions of a training read, such as a teacher's. */
  readonly reads?: Weights | undefined;
  readonly threads?: number | undefined;
}

/**
 * The optimizer of a training: on the default device, with all that the training reads and writes in its memory, or on the
 * host. Sessions are compiled after it.
 *
 * @throws Error where the device is not there or has too little memory.
 */
export const openOptimizer = async (
  state: OptimizerState,
  { reads, threads }: OptimizerOptions,
): Promise<Optimizer> => {
  const device = defaultDevice();
  if (device === 'cpu') return onHost(state);
  const { onDevice } = await import('./on-device.ts');
  return onDevice(state, { device, reads: reads?.values(), threads });
};
