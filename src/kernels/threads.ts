import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import type { Functions, ThreadPool } from './calls.ts';

/** Counters that the threads share: index of the next call to take, and number of calls done. */
const NEXT = 0;
const DONE = 1;
const SHARED_COUNTERS_BYTES = 8;

/** Timeout for a helper that died in the middle of a call; no call takes a second. */
const LONGEST_CALL_MILLISECONDS = 60_000;

/**
 * Source of a helper thread: whenever the bell changes, it takes calls of every job in its port, as `takeCalls` does.
 * Text, since bundlers, TypeScript runners and Node resolve a worker's file differently.
 */
const HELPER = `
const { receiveMessageOnPort, workerData: { port, bell } } = require('node:worker_threads');
for (;;) {
  const rung = Atomics.load(bell, 0);
  for (let job; (job = receiveMessageOnPort(port)?.message); ) {
    const { module, memory, calls, results, counters } = job;
    const { exports } = new WebAssembly.Instance(module, { env: { memory } });
    for (let i; (i = Atomics.add(counters, ${NEXT}, 1)) < calls.length; ) {
      const [name, ...numbers] = calls[i];
      results[i] = exports[name](...numbers);
      Atomics.add(counters, ${DONE}, 1);
      Atomics.notify(counters, ${DONE});
    }
  }
  Atomics.wait(bell, 0, rung);
}`;

interface Helper {
  readonly worker: Worker;
  readonly port: MessagePort;
}

let abandoned: FinalizationRegistry<readonly Helper[]> | undefined;

/**
 * Threads that share a list of calls. The helper threads end when the pool is garbage collected.
 *
 * @param threads including the calling one; the others start with the first job and sleep between jobs.
 */
export const createThreadPool = (threads: number): ThreadPool => {
  const bell = new Int32Array(new SharedArrayBuffer(4));
  const helpers: Helper[] = [];
  const pool: ThreadPool = {
    callAll: ({ exports, module, memory }, calls) => {
      const results = new Float64Array(new SharedArrayBuffer(8 * calls.length));
      const counters = new Int32Array(new SharedArrayBuffer(SHARED_COUNTERS_BYTES));
      while (helpers.length < Math.min(threads, calls.length) - 1) helpers.push(startHelper(bell));
      for (const { port } of helpers) port.postMessage({ module, memory, calls, results, counters });
      Atomics.add(bell, 0, 1);
      Atomics.notify(bell, 0);
      takeCalls(exports as Functions, calls, { results, counters });
      waitFor(calls.length, counters);
      return results;
    },
  };
  abandoned ??= new FinalizationRegistry((all) => {
    for (const { worker } of all) void worker.terminate();
  });
  abandoned.register(pool, helpers);
  return pool;
};

/** Starts a helper, which does not keep the process alive. */
const startHelper = (bell: Int32Array): Helper => {
  const { port1, port2 } = new MessageChannel();
  const worker = new Worker(HELPER, { eval: true, workerData: { port: port2, bell }, transferList: [port2] });
  worker.unref();
  port1.unref();
  return { worker, port: port1 };
};

/** Takes and makes one call after the other, until all are taken. */
const takeCalls = (
  exports: Functions,
  calls: readonly (readonly [string, ...number[]])[],
  { results, counters }: { readonly results: Float64Array; readonly counters: Int32Array },
): void => {
  for (let i = Atomics.add(counters, NEXT, 1); i < calls.length; i = Atomics.add(counters, NEXT, 1)) {
    const [name, ...numbers] = calls[i]!;
    results[i] = exports[name]!(...numbers) ?? Number.NaN;
    Atomics.add(counters, DONE, 1);
  }
};

const waitFor = (calls: number, counters: Int32Array): void => {
  for (let done = Atomics.load(counters, DONE); done < calls; done = Atomics.load(counters, DONE)) {
    const outcome = Atomics.wait(counters, DONE, done, LONGEST_CALL_MILLISECONDS);
    if (outcome === 'timed-out') throw new Error('parallel calls: a helper thread does not answer: start again');
  }
};
