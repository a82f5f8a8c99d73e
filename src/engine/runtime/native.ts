import { bytesOf, type Data, type Numbers } from '../numbers.ts';
import type { Backend, OpenBackend, Settings } from './backend.ts';
import { loadOrt, type Ort, type Pointer } from './ort-api.ts';

const LOG_FATAL = 4;
const OPTIMISE_ALL = 99;
const ARENA_ALLOCATOR = 1;
const DEFAULT_MEMORY = 0;

/** ONNX's numbers for element types. */
const elementTypeOf = (data: Data): number => {
  if (data instanceof Float32Array) return 1;
  if (data instanceof Int8Array) return 3;
  if (data instanceof Uint16Array) return 10;
  return data instanceof Float64Array ? 11 : 6;
};

/** Loads the library and creates its environment, of which ONNX Runtime keeps one a process. */
const loadEnvironment = async () => {
  const ort = await loadOrt();
  const environment = ort.make('CreateEnv', LOG_FATAL, 'dide');
  const memory = ort.make('CreateCpuMemoryInfo', ARENA_ALLOCATOR, DEFAULT_MEMORY);
  /** Creates a tensor over a buffer; the caller releases it. */
  const tensorOver = ({ shape, data }: Numbers): Pointer => {
    const dims = BigInt64Array.from(shape, BigInt);
    // koffi passes bytes by address; reading `buffer` also moves a small array out of the heap, where it could move
    const of = [memory, bytesOf(data), data.byteLength, dims, dims.length, elementTypeOf(data)];
    return ort.make('CreateTensorWithDataAsOrtValue', ...of);
  };
  return { ort, environment, tensorOver };
};
type Environment = Awaited<ReturnType<typeof loadEnvironment>>;

let environment: Promise<Environment> | undefined;

/** Loads ONNX Runtime's C API once. @throws Error when koffi or the library does not load. */
export const loadNative = async (): Promise<OpenBackend> => {
  environment ??= loadEnvironment();
  const loaded = await environment;
  return (model, settings) => openSession(loaded, model, settings);
};

const openSession = async (loaded: Environment, model: Uint8Array, settings: Settings): Promise<Backend> => {
  const { ort, environment } = loaded;
  const options = ort.make('CreateSessionOptions');
  const weights = [...settings.initializers].map(([name, numbers]) => new SharedWeight(loaded, name, numbers));
  try {
    configure(ort, options, settings);
    for (const weight of weights) weight.addTo(options);
    const session = await ort.makeAsync('CreateSessionFromArray', environment, model, model.byteLength, options);
    return new NativeRuntime(loaded, session, weights);
  } catch (error) {
    for (const weight of weights) weight.close();
    throw error;
  } finally {
    ort.release('SessionOptions', options);
  }
};

const configure = (ort: Ort, options: Pointer, { threads, spin }: Settings): void => {
  ort.call('DisableMemPattern', options);
  ort.call('SetSessionLogSeverityLevel', options, LOG_FATAL);
  ort.call('SetSessionGraphOptimizationLevel', options, OPTIMISE_ALL);
  ort.call('SetIntraOpNumThreads', options, threads);
  if (spin !== undefined) {
    ort.call('AddSessionConfigEntry', options, 'session.intra_op.allow_spinning', spin ? '1' : '0');
  }
};

/** An initializer in the caller's buffer, which ONNX Runtime uses until the session is closed. */
class SharedWeight {
  readonly #ort: Ort;
  readonly #name: string;
  readonly #value: Pointer;
  /** Kept from the garbage collector. */
  readonly data: Data;

  constructor({ ort, tensorOver }: Environment, name: string, numbers: Numbers) {
    this.#ort = ort;
    this.#name = name;
    this.#value = tensorOver(numbers);
    this.data = numbers.data;
  }

  /**
   * The first call shows the numbers to the graph optimizer, but alone copies them; the second makes the session use
   * ours.
   */
  addTo(options: Pointer): void {
    this.#ort.call('AddExternalInitializers', options, [this.#name], [this.#value], 1);
    this.#ort.call('AddInitializer', options, this.#name, this.#value);
  }

  close(): void {
    this.#ort.release('Value', this.#value);
  }
}

const namesOf = ({ ort }: Environment, session: Pointer, end: 'Input' | 'Output'): string[] => {
  const allocator = ort.make('GetAllocatorWithDefaultOptions');
  const count = Number(ort.make(`SessionGet${end}Count`, session));
  return Array.from({ length: count }, (_, index) => {
    const name = ort.make(`SessionGet${end}Name`, session, index, allocator);
    const text = ort.textAt(name);
    ort.call('AllocatorFree', allocator, name);
    return text;
  });
};

/** A session and its one binding. */
class NativeRuntime implements Backend {
  readonly kind = 'native';
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly #loaded: Environment;
  readonly #session: Pointer;
  readonly #binding: Pointer;
  /** Buffers that runs read and write, kept from the garbage collector. */
  readonly #held = new Map<string, Data>();
  readonly #weights: readonly SharedWeight[];

  constructor(loaded: Environment, session: Pointer, weights: readonly SharedWeight[]) {
    this.#weights = weights;
    this.#loaded = loaded;
    this.#session = session;
    this.#binding = loaded.ort.make('CreateIoBinding', session);
    this.inputs = namesOf(loaded, session, 'Input');
    this.outputs = namesOf(loaded, session, 'Output');
  }

  bindInput(name: string, numbers: Numbers): void {
    this.#bind('BindInput', name, numbers);
  }

  bindOutput(name: string, numbers: Numbers): void {
    this.#bind('BindOutput', name, numbers);
  }

  #bind(slot: 'BindInput' | 'BindOutput', name: string, numbers: Numbers): void {
    const { ort, tensorOver } = this.#loaded;
    const value = tensorOver(numbers);
    try {
      ort.call(slot, this.#binding, name, value);
    } finally {
      ort.release('Value', value); // the binding counts its own reference
    }
    this.#held.set(`${slot} ${name}`, numbers.data);
  }

  run(): Promise<void> {
    return this.#loaded.ort.callAsync('RunWithBinding', this.#session, null, this.#binding);
  }

  close(): void {
    this.#loaded.ort.release('IoBinding', this.#binding);
    this.#loaded.ort.release('Session', this.#session);
    for (const weight of this.#weights) weight.close();
    this.#held.clear();
  }
}
