import { createRequire } from 'node:module';
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { bytesOf, type Data, type Numbers } from '../numbers.ts';
import type { Backend, OpenBackend } from './backend.ts';

type OnnxRuntime = typeof import('onnxruntime-node');

/** Loads onnxruntime-node's own binding. @throws Error when it has no binary for this platform. */
export const loadPackage = async (): Promise<OpenBackend> => {
  // the shape of a CommonJS package under `import()` differs between Node and bundlers; under `require` it does not
  const onnxRuntime: OnnxRuntime = createRequire(import.meta.url)('onnxruntime-node');
  return async (model, { threads, spin, int8, initializers }) => {
    const options: InferenceSession.SessionOptions = {
      executionProviders: ['cpu'],
      intraOpNumThreads: threads,
      graphOptimizationLevel: 'all',
      enableMemPattern: false,
      enableCpuMemArena: true,
      logSeverityLevel: 4,
      extra: {
        session: {
          ...(spin !== undefined && { intra_op: { allow_spinning: spin ? '1' : '0' } }),
          ...(int8 === 'exact' && { x64quantprecision: '1' }),
        },
      },
      externalData: [...initializers].map(([path, { data }]) => ({ path, data: bytesOf(data) })),
    };
    return new PackageRuntime(onnxRuntime, await onnxRuntime.InferenceSession.create(model, options));
  };
};

/** A private copy of a buffer in shared memory, which the binding refuses; any other buffer itself. */
const unshared = <D extends Data>(data: D): D =>
  data.buffer instanceof SharedArrayBuffer ? (data.slice() as D) : data;

/** A caller's buffer and the tensor over it, or over its private copy. */
interface Bound {
  readonly data: Data;
  readonly tensor: Tensor;
}

class PackageRuntime implements Backend {
  readonly kind = 'package';
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly #onnxRuntime: OnnxRuntime;
  readonly #session: InferenceSession;
  readonly #read = new Map<string, Bound>();
  readonly #written = new Map<string, Bound>();

  constructor(onnxRuntime: OnnxRuntime, session: InferenceSession) {
    this.#onnxRuntime = onnxRuntime;
    this.#session = session;
    this.inputs = session.inputNames;
    this.outputs = session.outputNames;
  }

  bindInput(name: string, numbers: Numbers): void {
    this.#read.set(name, this.#bound(numbers));
  }

  bindOutput(name: string, numbers: Numbers): void {
    this.#written.set(name, this.#bound(numbers));
  }

  #bound({ data, shape }: Numbers): Bound {
    const { Tensor } = this.#onnxRuntime;
    const own = unshared(data);
    return { data, tensor: own instanceof Uint16Array ? new Tensor('float16', own, shape) : new Tensor(own, shape) };
  }

  /** The binding writes into the tensors that it is given, and also returns copies, which nobody needs. */
  async run(): Promise<void> {
    for (const { data, tensor } of this.#read.values()) copy(data, tensor.data as Data);
    await this.#session.run(tensorsOf(this.#read), tensorsOf(this.#written));
    for (const { data, tensor } of this.#written.values()) copy(tensor.data as Data, data);
  }

  close(): void {
    this.#read.clear();
    this.#written.clear();
    // The binding disposes before the promise is made; nothing is left to wait for.
    void this.#session.release();
  }
}

const copy = (from: Data, to: Data): void => {
  if (from !== to) to.set(from);
};

const tensorsOf = (bound: ReadonlyMap<string, Bound>): Record<string, Tensor> =>
  Object.fromEntries([...bound].map(([name, { tensor }]) => [name, tensor]));
