import type { Opened } from './web-assembly.ts';

/** A call of an exported function of a module: its name and its arguments. */
export type Call<Exports> = readonly [name: keyof Exports & string, ...numbers: number[]];

/** Exported functions of a module, by name. */
export type Functions = Record<string, (...numbers: number[]) => number | undefined>;

/** Threads that share a list of calls. */
export interface ThreadPool {
  /**
   * Makes every call once, on this thread and on helpers, and blocks until all are done. Calls run concurrently and in
   * any order: no call may touch what another writes.  → the results, NaN for a call without one
   */
  callAll<Exports>(opened: Opened<Exports>, calls: readonly Call<Exports>[]): Float64Array;
}

/** The calling thread alone, which needs no memory that threads share: pages have it only in isolation. */
export const callingThread: ThreadPool = {
  callAll: ({ exports }, calls) =>
    Float64Array.from(calls, ([name, ...numbers]) => (exports as Functions)[name]!(...numbers) ?? Number.NaN),
};
