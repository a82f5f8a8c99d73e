import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import type { Opened } from './web-assembly.ts';

/** A call of a function that a module exports. */
export type Call<Exports> = readonly [name: keyof Exports & string, ...numbers: number[]];

type Functions = Record<string, (...numbers: number[]) => number | undefined>;

/** What the threads share of one piece of work: the next call that nobody has taken, and how many are done. */
const NEXT = 0;
const DONE = 1;
const SHARED_COUNTERS_BYTES = 8;

/** Nothing that is called takes a second; a helper that died in the middle must not be waited for for ever. */
const LONGEST_CALL_MILLISECONDS = 60_000;

/**
 * What a helper does, as text, since bundlers, runners of TypeScript and Node all find the file of a worker elsewhere:
 * whenever the bell rings, all work that lies in its port, as `takeCalls` does it.
 */
const HELPER = `
const { receiveMessageOnPort, workerData: { port, bell } } = require('node:worker_threads');
for (;;) {
  const rung = Atomics.load(bell, 0);
  for (let work; (work = receiveMessageOnPort(port)?.message); ) {
    const { module, memory, calls, results, counters } = work;
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

/** Threads that make calls together. Its helpers end when nobody holds it any more, and with them their hold on memory. */
export interface ThreadPool {
  /**
   * Makes all calls, each once, on this thread and on helpers: in any order and at the same time, so what one writes, no
   * other may touch. Waits until they are done.  → what they return, NaN where that is nothing
   */
  callAll<Exports>(opened: Opened<Exports>, calls: readonly Call<Exports>[]): Float64Array;
}

interface Helper {
  readonly worker: Worker;
  readonly port: MessagePort;
}

let leftBehind: FinalizationRegistry<readonly Helper[]> | undefined;

/** @param threads the calling one among them; the others begin with the first work, asleep whenever there is none. */
export const createThreadPool = (threads: number): ThreadPool => {
  const bell = new Int32Array(new SharedArrayBuffer(4));
  const helpers: Helper[] = [];
  const team: ThreadPool = {
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
  leftBehind ??= new FinalizationRegistry((all) => {
    for (const { worker } of all) void worker.terminate();
  });
  leftBehind.register(team, helpers);
  return team;
};

/** A helper is no reason for the process to stay alive. */
const startHelper = (bell: Int32Array): Helper => {
  const { port1, port2 } = new MessageChannel();
  const worker = new Worker(HELPER, { eval: true, workerData: { port: port2, bell }, transferList: [port2] });
  worker.unref();
  port1.unref();
  return { worker, port: port1 };
};

/** Takes one call after the other, until all are taken. */
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
