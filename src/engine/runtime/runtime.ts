import { availableParallelism } from 'node:os';
import { countOf, type Numbers } from '../numbers.ts';
import type { Backend, OpenBackend, Runtime, RuntimeOptions, Settings } from './backend.ts';

/**
 * Opens an ONNX model for running: all graph optimisations, an arena, no memory pattern (which would keep a training
 * step's peak), fatal messages only in the log, since every error is thrown.
 *
 * @throws Error with ONNX Runtime's message when the model is not valid, or when `kind: 'native'` cannot load.
 */
export const createRuntime = async (model: Uint8Array, options: RuntimeOptions = {}): Promise<Runtime> => {
  const settings: Settings = {
    threads: options.threads ?? availableParallelism(),
    spin: options.spin,
    initializers: options.initializers ?? new Map(),
  };
  for (const [name, numbers] of settings.initializers) checkSize(`initializer ${name}`, numbers);
  disableTelemetry();
  const open = await backendFor(options);
  return new GuardedRuntime(await open(model, settings));
};

/**
 * Keeps ONNX Runtime from sending telemetry, which its builds do by default from 1.30 on. It must be said before the
 * library is loaded. A look-up of the collector's address that was under way as the process ended also made it hang:
 * the library is unloaded under the lock that the look-up waits for. Whoever sets the variable decides.
 */
const disableTelemetry = (): void => {
  process.env.ORT_DISABLE_TELEMETRY ??= '1';
};

const backendFor = async ({ kind, onFallback = warnOnce }: RuntimeOptions): Promise<OpenBackend> => {
  if (kind !== 'package') {
    try {
      return await (await import('./native.ts')).loadNative();
    } catch (error) {
      if (kind === 'native') throw error;
      onFallback(
        `runtime: ONNX Runtime's C API did not load (${messageOf(error)}): running through onnxruntime-node's binding, which is slower and blocks the event loop`,
      );
    }
  }
  return (await import('./package.ts')).loadPackage();
};

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

let warned = false;
const warnOnce = (reason: string): void => {
  if (!warned) process.emitWarning(reason);
  warned = true;
};

const checkSize = (where: string, { shape, data }: Numbers): void => {
  if (countOf(shape) === data.length) return;
  throw new Error(
    `runtime: ${where}: shape [${shape.join(', ')}] holds ${countOf(shape)} numbers, the buffer ${data.length}`,
  );
};

const checkName = (end: string, name: string, names: readonly string[]): void => {
  if (names.includes(name)) return;
  throw new Error(`runtime: the model has no ${end} ${name}: it has ${names.join(', ')}`);
};

/**
 * Enforces the contract of both kinds: buffers match their shapes, no binding or run during a run, none after close.
 */
class GuardedRuntime implements Runtime {
  readonly #backend: Backend;
  #state: 'idle' | 'running' | 'closing' | 'closed' = 'idle';

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  get kind(): Runtime['kind'] {
    return this.#backend.kind;
  }

  get inputs(): readonly string[] {
    return this.#backend.inputs;
  }

  get outputs(): readonly string[] {
    return this.#backend.outputs;
  }

  bindInput(name: string, numbers: Numbers): void {
    this.#expectIdle(`bindInput(${name})`);
    checkName('input', name, this.inputs);
    checkSize(`input ${name}`, numbers);
    this.#backend.bindInput(name, numbers);
  }

  bindOutput(name: string, numbers: Numbers): void {
    this.#expectIdle(`bindOutput(${name})`);
    checkName('output', name, this.outputs);
    checkSize(`output ${name}`, numbers);
    this.#backend.bindOutput(name, numbers);
  }

  async run(): Promise<void> {
    this.#expectIdle('run');
    this.#state = 'running';
    try {
      await this.#backend.run();
    } finally {
      this.#endRun();
    }
  }

  close(): void {
    if (this.#state === 'running') this.#state = 'closing';
    if (this.#state !== 'idle') return;
    this.#state = 'closed';
    this.#backend.close();
  }

  /** Closes now where `close` was called during the run. */
  #endRun(): void {
    const closing = this.#state === 'closing';
    this.#state = 'idle';
    if (closing) this.close();
  }

  #expectIdle(where: string): void {
    if (this.#state === 'running') throw new Error(`runtime: ${where}: a run is under way: await it first`);
    if (this.#state !== 'idle') throw new Error(`runtime: ${where}: the runtime is closed: create another`);
  }
}
