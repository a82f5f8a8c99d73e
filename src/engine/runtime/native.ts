import type { Data, Numbers } from '../numbers.ts';
import type { Backend, OpenBackend, Settings } from './backend.ts';
import { type Environment, loadEnvironment } from './environment.ts';
import type { Ort, Pointer } from './ort-api.ts';
import { appendProvider, namingDevice, refuseUnsupported } from './providers.ts';

const LOG_FATAL = 4;
const OPTIMISE_ALL = 99;

/** Settings of a session beside its weights. */
type SessionSettings = Omit<Settings, 'initializers'>;

/** Loads ONNX Runtime's C API once. @throws Error when koffi or the library does not load. */
export const loadNative = async (): Promise<OpenBackend> => {
  const loaded = await loadEnvironment();
  return (model, settings) => openSession(loaded, model, settings);
};

const openSession = async (loaded: Environment, model: Uint8Array, settings: Settings): Promise<Backend> => {
  const weights = [...settings.initializers].map(([name, numbers]) => new SharedWeight(loaded, name, numbers));
  try {
    const session = await createSession(loaded, model, settings, weights);
    return new NativeRuntime(loaded, session, weights, settings.device);
  } catch (error) {
    for (const weight of weights) weight.close();
    throw error;
  }
};

/** A session of the library; the caller releases it. @throws Error where the model or the device does not do. */
export const createSession = async (
  { ort, environment }: Environment,
  model: Uint8Array,
  settings: SessionSettings,
  weights: readonly SharedWeight[] = [],
): Promise<Pointer> => {
  const options = ort.make('CreateSessionOptions');
  try {
    configure(ort, options, settings);
    for (const weight of weights) weight.addTo(options);
    const session = await namingDevice(settings.device, async () => {
      if (settings.device !== 'cpu') appendProvider(ort, options, settings.device);
      return ort.makeAsync('CreateSessionFromArray', environment, model, model.byteLength, options);
    });
    checkKernels(ort, session, settings, model);
    return session;
  } finally {
    ort.release('SessionOptions', options);
  }
};

/** Releases a session of which a part would run elsewhere than asked. */
const checkKernels = (
  ort: Ort,
  session: Pointer,
  { device, unsupported }: SessionSettings,
  model: Uint8Array,
): void => {
  if (device === 'cpu' || unsupported === 'on-cpu') return;
  try {
    refuseUnsupported(ort, session, device, model);
  } catch (error) {
    ort.release('Session', session);
    throw error;
  }
};

const configure = (ort: Ort, options: Pointer, { threads, spin, device, int8 }: SessionSettings): void => {
  if (device !== 'cpu') ort.call('AddSessionConfigEntry', options, 'session.record_ep_graph_assignment_info', '1');
  ort.call('DisableMemPattern', options);
  ort.call('SetSessionLogSeverityLevel', options, LOG_FATAL);
  ort.call('SetSessionGraphOptimizationLevel', options, OPTIMISE_ALL);
  ort.call('SetIntraOpNumThreads', options, threads);
  if (int8 === 'exact') ort.call('AddSessionConfigEntry', options, 'session.x64quantprecision', '1');
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

type Slot = 'BindInput' | 'BindOutput';

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
  /** Inputs of the host that a device copies when they are bound, and not when it runs: they are bound at every run. */
  readonly #copied: Map<string, Numbers> | undefined;
  readonly #weights: readonly SharedWeight[];

  constructor(loaded: Environment, session: Pointer, weights: readonly SharedWeight[], device: Settings['device']) {
    this.#weights = weights;
    this.#loaded = loaded;
    this.#session = session;
    this.#binding = loaded.ort.make('CreateIoBinding', session);
    this.#copied = device === 'cpu' ? undefined : new Map();
    this.inputs = namesOf(loaded, session, 'Input');
    this.outputs = namesOf(loaded, session, 'Output');
  }

  bindInput(name: string, numbers: Numbers): void {
    this.#copied?.delete(name);
    if (this.#copied && !this.#loaded.residents.has(numbers.data)) this.#copied.set(name, numbers);
    else this.#bind('BindInput', name, numbers);
  }

  bindOutput(name: string, numbers: Numbers): void {
    this.#bind('BindOutput', name, numbers);
  }

  #bind(slot: Slot, name: string, numbers: Numbers): void {
    const { ort, tensorOver, residents } = this.#loaded;
    const resident = residents.get(numbers.data);
    const value = resident ?? tensorOver(numbers);
    try {
      ort.call(slot, this.#binding, name, value);
    } finally {
      if (!resident) ort.release('Value', value); // the binding counts its own reference
    }
    this.#held.set(`${slot} ${name}`, numbers.data);
  }

  async run(): Promise<void> {
    for (const [name, numbers] of this.#copied ?? []) this.#bind('BindInput', name, numbers);
    await this.#loaded.ort.callAsync('RunWithBinding', this.#session, null, this.#binding);
  }

  close(): void {
    this.#loaded.ort.release('IoBinding', this.#binding);
    this.#loaded.ort.release('Session', this.#session);
    for (const weight of this.#weights) weight.close();
    this.#held.clear();
    this.#copied?.clear();
  }
}
