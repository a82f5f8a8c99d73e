import { bytesOf, type Data, type Numbers } from '../numbers.ts';
import type { Backend } from './backend.ts';
import { checkSize, GuardedRuntime } from './guarded.ts';
import { type Compile, type CreateRuntime, compileFor } from './session.ts';

/** A tensor of onnxruntime-web. */
interface WebTensor {
  readonly data: unknown;
}

/** A session of onnxruntime-web. */
interface WebSession {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  run(feeds: Readonly<Record<string, WebTensor>>, fetches: readonly string[]): Promise<Record<string, WebTensor>>;
  release(): Promise<void>;
}

/** The part of onnxruntime-web that is used: `import * as ort from 'onnxruntime-web/wasm'` fits, and its other builds. */
export interface OnnxRuntimeWeb {
  readonly InferenceSession: {
    create(model: Uint8Array, options: Readonly<Record<string, unknown>>): Promise<WebSession>;
  };
  readonly Tensor: new (type: string, data: Data, shape: readonly number[]) => WebTensor;
}

/** Options of `compileWith`. */
export interface WebOptions {
  /** `wasm` (default), or `webgpu`, which the build `onnxruntime-web/webgpu` has. */
  readonly provider?: 'wasm' | 'webgpu' | undefined;
}

/**
 * Compiles graphs for onnxruntime-web, in a browser or wherever else it runs. Its number of threads is set before its first
 * session, by `ort.env.wasm.numThreads`: above 1 it needs a page that is isolated from other origins. Sessions run one
 * after the other, since its WebAssembly takes one call at a time.
 */
export const compileWith = (ort: OnnxRuntimeWeb, { provider = 'wasm' }: WebOptions = {}): Compile => {
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = last.then(work);
    last = result.catch(() => undefined);
    return result;
  };
  const createRuntime: CreateRuntime = async (model, { initializers = new Map() }) => {
    for (const [name, numbers] of initializers) checkSize(`initializer ${name}`, numbers);
    const session = await inTurn(() =>
      ort.InferenceSession.create(model, {
        executionProviders: [provider],
        graphOptimizationLevel: 'all',
        enableMemPattern: false,
        logSeverityLevel: 4,
        externalData: [...initializers].map(([path, { data }]) => ({ path, data: bytesOf(data) })),
      }),
    );
    return new GuardedRuntime(new WebRuntime(ort, session, inTurn));
  };
  return (outputs, options) => compileFor(createRuntime, outputs, options);
};

/** Element type of a tensor, by its array. */
const typeOf = (data: Data): string => {
  if (data instanceof Float32Array) return 'float32';
  if (data instanceof Float64Array) return 'float64';
  if (data instanceof Int32Array) return 'int32';
  return data instanceof Int8Array ? 'int8' : 'float16';
};

class WebRuntime implements Backend {
  readonly kind = 'web';
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly #ort: OnnxRuntimeWeb;
  readonly #session: WebSession;
  readonly #inTurn: <T>(work: () => Promise<T>) => Promise<T>;
  readonly #read = new Map<string, WebTensor>();
  readonly #written = new Map<string, Numbers>();

  constructor(ort: OnnxRuntimeWeb, session: WebSession, inTurn: <T>(work: () => Promise<T>) => Promise<T>) {
    this.#ort = ort;
    this.#session = session;
    this.#inTurn = inTurn;
    this.inputs = session.inputNames;
    this.outputs = session.outputNames;
  }

  /** The tensor is a view: its numbers are copied into WebAssembly at every run. */
  bindInput(name: string, { data, shape }: Numbers): void {
    this.#read.set(name, new this.#ort.Tensor(typeOf(data), data, shape));
  }

  bindOutput(name: string, numbers: Numbers): void {
    this.#written.set(name, numbers);
  }

  async run(): Promise<void> {
    const results = await this.#inTurn(() =>
      this.#session.run(Object.fromEntries(this.#read), [...this.#written.keys()]),
    );
    for (const [name, { data }] of this.#written) data.set(results[name]!.data as Data);
  }

  close(): void {
    this.#read.clear();
    this.#written.clear();
    void this.#inTurn(() => this.#session.release());
  }
}
