import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** Time and memory of one run. */
export interface Ran {
  readonly milliseconds: number;
  /** Part of them in which it waited for data, where the work says so. */
  readonly waitMilliseconds?: number | undefined;
}

/** A process that does one work whenever it is asked. */
export interface Child {
  /** Does the work once. */
  run(): Promise<Ran>;
  /** The most bytes it ever held; null where the system does not say. */
  peakBytes(): Promise<number | null>;
  /** SHA-256 of the last run's result; null where there is nothing to compare. */
  digest(): Promise<string | null>;
  quit(): Promise<void>;
}

/**
 * Starts a process that speaks the line protocol of `peers.py --serve`, and waits until it is warm.
 *
 * @throws Error where it ends instead, with what it said.
 */
export const startChild = async (command: string, args: readonly string[]): Promise<Child> => {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.on('data', (text: Buffer) => {
    said += text;
  });
  child.stdin.on('error', () => {}); // a child that has ended is told apart by its silence, below
  const ended = endOf(child);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<Record<string, unknown>> => {
    const { value, done } = await lines.next();
    if (!done) return JSON.parse(value) as Record<string, unknown>;
    throw new Error(`${command} ended (${await ended}): ${said.trim()}`);
  };
  const ask = (request: string): Promise<Record<string, unknown>> => {
    child.stdin.write(`${request}\n`);
    return next();
  };
  await next();
  return {
    run: async () => (await ask('run')) as unknown as Ran,
    peakBytes: async () => (await ask('memory')).peak_bytes as number | null,
    digest: async () => (await ask('digest')).digest as string | null,
    quit: async () => {
      child.stdin.write('quit\n');
      await ended;
    },
  };
};

const endOf = (child: ChildProcess): Promise<string> =>
  once(child, 'exit').then(
    ([code, signal]) => (signal === null ? `exit code ${code}` : `signal ${signal}`),
    (error: Error) => error.message,
  );
