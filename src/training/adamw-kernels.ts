/** The optimiser's kernels over one block of memory: in WebAssembly SIMD, or the plain JavaScript that equals it. */
import { canRun, openModule } from '../engine/web-assembly.ts';
import { adamwKernels } from './adamw-kernels.wasm.ts';
import { addTo, type Coefficients, sumOfSquares, updateAdamW } from './adamw-reference.ts';

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

/** Memory with the optimiser's kernels over it. */
export interface Block {
  readonly buffer: ArrayBuffer;
  /** One AdamW update of one parameter, in place. */
  readonly update: (place: Place, coefficients: Coefficients) => void;
  /** The sum of squares, in float64. */
  readonly sumOfSquares: (span: Span) => number;
  /** Adds the `span.count` numbers at byte `from` to those of the span. */
  readonly add: (span: Span, from: number) => void;
  readonly zero: (span: Span) => void;
}

interface Exports {
  readonly adamw: (...numbers: number[]) => void;
  readonly sumOfSquares: (at: number, count: number) => number;
  readonly add: (to: number, from: number, count: number) => void;
  readonly zero: (at: number, count: number) => void;
}

/** Whether this machine runs WebAssembly SIMD. */
export const hasWebAssembly = (): boolean => canRun(adamwKernels);

/** A block of at least `bytes` bytes of WebAssembly memory, zeroed; it never grows, so its views stay good. */
export const webAssemblyBlock = (bytes: number): Block => {
  const { exports: kernels, buffer } = openModule<Exports>(adamwKernels, bytes);
  return {
    buffer,
    update: ({ weights, gradients, first, second, count }, c) =>
      kernels.adamw(
        ...[weights, gradients, first, second, count, c.scale, c.beta1, c.rest1, c.beta2, c.rest2],
        ...[c.root, c.epsilon, c.rate, c.before, c.after],
      ),
    sumOfSquares: ({ at, count }) => kernels.sumOfSquares(at, count),
    add: ({ at, count }, from) => kernels.add(at, from, count),
    zero: ({ at, count }) => kernels.zero(at, count),
  };
};

/** The same block in ordinary memory and JavaScript: about ten times as slow, and equal to the last bit. */
export const javascriptBlock = (bytes: number): Block => {
  const buffer = new ArrayBuffer(bytes);
  const view = (at: number, count: number): Float32Array => new Float32Array(buffer, at, count);
  return {
    buffer,
    update: ({ weights, gradients, first, second, count }, coefficients) =>
      updateAdamW(
        {
          weights: view(weights, count),
          gradients: view(gradients, count),
          first: view(first, count),
          second: view(second, count),
        },
        coefficients,
      ),
    sumOfSquares: ({ at, count }) => sumOfSquares(view(at, count)),
    add: ({ at, count }, from) => addTo(view(at, count), view(from, count)),
    zero: ({ at, count }) => {
      view(at, count).fill(0);
    },
  };
};
