import type { Tensor } from '../tensor.ts';
import type { RuntimeOptions } from './backend.ts';
import { defaultDevice } from './device.ts';
import { isInt8Exact } from './exact-int8.ts';
import { createRuntime } from './runtime.ts';
import { type CompileOptions, compileFor, type Session } from './session.ts';

/**
 * Compiles the outputs, and what they depend on, to one session.
 *
 * A session gives the same bits at every run on one kind of processor. For another number of threads they stay the same
 * unless a product [rows, k] · [k, columns], of k above 128 and more columns than rows, leaves a thread at most 64
 * columns: ONNX Runtime then adds in another order. Products of one row an example are written so that this does not
 * happen (see `onnx/products.ts`); measured on an AMD Zen 4 with one, two and four threads for training at mini size
 * (batches of 16 and 32), and with one to three for blocks at base size (up to 11 by the rule).
 *
 * @throws Error where a parameter has no numbers or numbers of another shape, or two tensors have one name.
 */
export const compile = async (
  outputs: Readonly<Record<string, Tensor>>,
  options: CompileOptions = {},
): Promise<Session> => {
  const device = options.device ?? defaultDevice();
  if (options.weightPrecision !== 'int8') return await compileFor(createRuntime, outputs, { ...options, device });
  if (device !== 'cpu')
    throw new Error(`compile: products in int8 are for processors: compute on the CPU, or leave int8 out on ${device}`);
  return await compileFor(createRuntime, outputs, { ...options, device, int8: await waysOfInt8() });
};

/** Way of int8 on this processor, found once. */
let found: Promise<RuntimeOptions['int8']> | undefined;
const waysOfInt8 = (): Promise<RuntimeOptions['int8']> => {
  found ??= isInt8Exact(createRuntime).then((isExact) => (isExact ? 'usual' : 'exact'));
  return found;
};
