/** The optimiser's kernels over one block of memory: in WebAssembly SIMD, or the plain JavaScript that equals it. */
import { type Call, createThreadPool } from '../threads.ts';
import { canRun, openModule } from '../web-assembly.ts';
import { adamwKernels } from './adamw.wasm.ts';
import { addTo, type Coefficients, sumOfSquares, updateAdamW } from './reference.ts';

/** A piece of a block: its first byte, a multiple of 64, and its length in float32, a multiple of 16. */
export interface Span {
  readonly at: number;
  readonly count: number;
}

/** Where a parameter's four arrays begin, in bytes, and the length of each in float32. */
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

/** A piece to which as many numbers are added as it has: those that begin at byte `from`. */
export interface Sum extends Span {
  readonly from: number;
}

/** Memory with the optimiser's kernels over it. Pieces that are given together must not overlap. */
export interface Block {
  readonly buffer: ArrayBufferLike;
  /** In place. */
  readonly update: (updates: readonly Update[]) => void;
  /** The sum of squares of each piece, in float64. */
  readonly sumsOfSquares: (spans: readonly Span[]) => Iterable<number>;
  readonly add: (sums: readonly Sum[]) => void;
  readonly zero: (span: Span) => void;
}

interface Exports {
  readonly adamw: (...numbers: number[]) => void;
  readonly sumOfSquares: (at: number, count: number) => number;
  readonly add: (to: number, from: number, count: number) => void;
  readonly zero: (at: number, count: number) => void;
}

/** A smaller block, of half a million parameters, is done before another thread has woken up. */
const FEWEST_BYTES_FOR_THREADS = 2 ** 23;

/** Whether this machine runs WebAssembly SIMD. */
export const hasWebAssembly = (): boolean => canRun(adamwKernels);

/**
 * A block of at least `bytes` bytes of WebAssembly memory, zeroed; it never grows, so its views stay good. Whatever is given
 * together is spread over the threads of a team, which changes no bit of it.
 */
export const webAssemblyBlock = (bytes: number, team = createThreadPool(1)): Block => {
  const opened = openModule<Exports>(adamwKernels, bytes, { shared: true });
  const { exports: kernels, buffer } = opened;
  const who = bytes < FEWEST_BYTES_FOR_THREADS ? createThreadPool(1) : team;
  const all = (calls: readonly Call<Exports>[]): Float64Array => who.callAll(opened, calls);
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

/** The same block in ordinary memory and JavaScript: about ten times as slow, and equal to the last bit. */
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
