/**
 * AdamW over one block of memory, in WebAssembly SIMD or the equal JavaScript of `reference.ts`. The arrays live in the
 * module's memory and calls pass byte offsets, so nothing is copied.
 */
import { type Call, callingThread, type ThreadPool } from '../calls.ts';
import { canRun, openModule } from '../web-assembly.ts';
import { adamwModule } from './adamw.wasm.ts';
import { addTo, type Coefficients, sumOfSquares, updateAdamW } from './reference.ts';

export { type AdamWOptions, type Coefficients, coefficientsOf } from './reference.ts';

/** A range of a block: its first byte, a multiple of 64, and its length in float32, a multiple of 16. */
export interface Span {
  readonly at: number;
  readonly count: number;
}

/** Byte offsets of a parameter's four arrays, and the length of each in float32. */
export interface Place {
  readonly weights: number;
  readonly gradients: number;
  readonly first: number;
  readonly second: number;
  readonly count: number;
}

/** One AdamW update of one parameter. */
export interface Update {
  readonly place: Place;
  readonly coefficients: Coefficients;
}

/** A range to which the equally long one at byte `from` is added. */
export interface Sum extends Span {
  readonly from: number;
}

/** Memory with the optimizer's kernels over it. Ranges of one call must not overlap. */
export interface Block {
  readonly buffer: ArrayBufferLike;
  /** Updates parameters in place. */
  readonly update: (updates: readonly Update[]) => void;
  /** Sum of squares of each range, in float64. */
  readonly sumsOfSquares: (spans: readonly Span[]) => Iterable<number>;
  /** Adds ranges to others, in place. */
  readonly add: (sums: readonly Sum[]) => void;
  /** Sets a range to 0. */
  readonly zero: (span: Span) => void;
}

interface Exports {
  readonly adamw: (...numbers: number[]) => void;
  readonly sumOfSquares: (at: number, count: number) => number;
  readonly add: (to: number, from: number, count: number) => void;
  readonly zero: (at: number, count: number) => void;
}

/** Smallest block that is worth a second thread: half a million parameters are updated before one has woken up. */
const SMALLEST_THREADED_BYTES = 2 ** 23;

/** Whether this machine runs WebAssembly SIMD. */
export const hasWebAssembly = (): boolean => canRun(adamwModule);

/** Way in which `createBlock` runs its kernels. */
export interface BlockOptions {
  /** Default: WebAssembly where this machine has its SIMD. */
  readonly kernels?: 'webassembly' | 'javascript' | undefined;
  /** Threads for the calls in WebAssembly. Default: the calling thread alone. */
  readonly pool?: ThreadPool | undefined;
}

/** A zeroed block of at least `bytes` bytes. The results have the same bits whatever runs the kernels. */
export const createBlock = (
  bytes: number,
  { kernels = hasWebAssembly() ? 'webassembly' : 'javascript', pool }: BlockOptions = {},
): Block => (kernels === 'webassembly' ? webAssemblyBlock(bytes, pool) : javascriptBlock(bytes));

/** A block of WebAssembly memory. It never grows, so views of it stay valid. Each item of a call runs on one thread. */
export const webAssemblyBlock = (bytes: number, pool = callingThread): Block => {
  const opened = openModule<Exports>(adamwModule, bytes, { shared: true });
  const { exports: kernels, buffer } = opened;
  const threads = bytes < SMALLEST_THREADED_BYTES ? callingThread : pool;
  const all = (calls: readonly Call<Exports>[]): Float64Array => threads.callAll(opened, calls);
  return {
    buffer,
    update: (updates) => void all(updates.map(updateCall)),
    sumsOfSquares: (spans) => all(spans.map(({ at, count }) => ['sumOfSquares', at, count])),
    add: (sums) => void all(sums.map(({ at, from, count }) => ['add', at, from, count])),
    zero: ({ at, count }) => kernels.zero(at, count),
  };
};

const updateCall = ({ place, coefficients: c }: Update): Call<Exports> => {
  const { weights, gradients, first, second, count } = place;
  return [
    'adamw',
    ...[weights, gradients, first, second, count, c.scale, c.beta1, c.rest1, c.beta2, c.rest2],
    ...[c.root, c.epsilon, c.rate, c.before, c.after],
  ];
};

/** A block of ordinary memory with JavaScript kernels: equal to the last bit, about ten times as slow. */
export const javascriptBlock = (bytes: number): Block => {
  const buffer = new ArrayBuffer(bytes);
  const view = (at: number, count: number): Float32Array => new Float32Array(buffer, at, count);
  return {
    buffer,
    update: (updates) => {
      for (const { place, coefficients } of updates) {
        const { count, ...slots } = place;
        const of = (slot: keyof typeof slots): Float32Array => view(slots[slot], count);
        updateAdamW(
          { weights: of('weights'), gradients: of('gradients'), first: of('first'), second: of('second') },
          coefficients,
        );
      }
    },
    sumsOfSquares: (spans) => spans.map(({ at, count }) => sumOfSquares(view(at, count))),
    add: (sums) => {
      for (const { at, from, count } of sums) addTo(view(at, count), view(from, count));
    },
    zero: ({ at, count }) => {
      view(at, count).fill(0);
    },
  };
};
