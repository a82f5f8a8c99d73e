import { countOf, type Numbers } from '../numbers.ts';
import type { Backend, Runtime } from './backend.ts';

/** @throws Error where a buffer does not hold as many numbers as its shape. */
export const checkSize = (where: string, { shape, data }: Numbers): void => {
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
 * Enforces the contract of every kind: buffers match their shapes, no binding or run during a run, none after close.
 */
export class GuardedRuntime implements Runtime {
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
