/** The passes of a resize in plain JavaScript: the definition, and the fallback without WebAssembly SIMD. */
import type { Pixels } from '../pixels.ts';
import { kernels, type WeighingFilter } from './filters.ts';

/**
 * The two one-dimensional resizes. Each returns its argument where the size does not change; otherwise its result may
 * lie in `memory`, which is large enough for it.
 */
export interface Passes {
  readonly rows: (pixels: Pixels, width: number, filter: WeighingFilter, memory?: Uint8Array) => Pixels;
  readonly columns: (pixels: Pixels, height: number, filter: WeighingFilter, memory?: Uint8Array) => Pixels;
}

/** Fractional bits of the fixed-point weights: 32, less 8 for the value and 2 for the kernel's overshoot. */
const PRECISION = 22;
const HALF = 1 << (PRECISION - 1);

/**
 * Weights of one direction: output i is the sum over inputs `start[i]` to `start[i] + count[i]`, weights at `i *
 * stride`.
 */
export interface Kernel {
  readonly start: Int32Array;
  readonly count: Int32Array;
  readonly weights: Int32Array;
  readonly stride: number;
}

/** The kernel of a resize of one direction from `from` to `to` pixels. */
export const kernelFor = (from: number, to: number, filter: WeighingFilter = 'bicubic'): Kernel => {
  const { reach, weightAt } = kernels[filter];
  const scale = from / to;
  const stretch = Math.max(scale, 1);
  const support = reach * stretch;
  const stride = Math.ceil(support) * 2 + 1;
  const start = new Int32Array(to);
  const count = new Int32Array(to);
  const weights = new Int32Array(to * stride);
  const exact = new Float64Array(stride);
  for (let i = 0; i < to; i += 1) {
    const centre = (i + 0.5) * scale;
    const first = Math.max(Math.trunc(centre - support + 0.5), 0);
    const end = Math.min(Math.trunc(centre + support + 0.5), from);
    start[i] = first;
    count[i] = end - first;
    let sum = 0;
    for (let at = first; at < end; at += 1) {
      const weight = weightAt((at - centre + 0.5) / stretch);
      exact[at - first] = weight;
      sum += weight;
    }
    for (let k = 0; k < end - first; k += 1) weights[i * stride + k] = inFixedPoint(exact[k]! / sum);
  }
  return { start, count, weights, stride };
};

/** A weight in units of 2^-22, rounded half away from zero. */
const inFixedPoint = (weight: number): number => {
  const scaled = weight * (1 << PRECISION);
  return Math.trunc(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
};

/** Memory layout of one direction: bytes to the next pixel along it, bytes to the next line, number of lines. */
interface Layout {
  readonly along: number;
  readonly beside: number;
  readonly lines: number;
}

const rows = (pixels: Pixels, width: number, filter: WeighingFilter): Pixels => {
  const { width: from, height, data } = pixels;
  if (width === from) return pixels;
  const source = { along: 3, beside: from * 3, lines: height };
  return {
    width,
    height,
    data: resample(data, source, { ...source, beside: width * 3 }, kernelFor(from, width, filter)),
  };
};

const columns = (pixels: Pixels, height: number, filter: WeighingFilter): Pixels => {
  const { width, height: from, data } = pixels;
  if (height === from) return pixels;
  const layout = { along: width * 3, beside: 3, lines: width };
  return { width, height, data: resample(data, layout, layout, kernelFor(from, height, filter)) };
};

/**
 * Computes one output position of all lines at a time, so that its weights stay in cache. The array clamps to 0..255.
 */
const resample = (data: Uint8Array, source: Layout, target: Layout, kernel: Kernel): Uint8Array => {
  const { start, count, weights, stride } = kernel;
  const step = source.along;
  const out = new Uint8ClampedArray(source.lines * start.length * 3);
  for (let i = 0; i < start.length; i += 1) {
    const end = i * stride + count[i]!;
    for (let line = 0; line < source.lines; line += 1) {
      let red = HALF;
      let green = HALF;
      let blue = HALF;
      let at = start[i]! * step + line * source.beside;
      for (let k = i * stride; k < end; k += 1, at += step) {
        const weight = weights[k]!;
        red = (red + Math.imul(data[at]!, weight)) | 0;
        green = (green + Math.imul(data[at + 1]!, weight)) | 0;
        blue = (blue + Math.imul(data[at + 2]!, weight)) | 0;
      }
      const to = i * target.along + line * target.beside;
      out[to] = red >> PRECISION;
      out[to + 1] = green >> PRECISION;
      out[to + 2] = blue >> PRECISION;
    }
  }
  return new Uint8Array(out.buffer);
};

/** Same passes as in WebAssembly to the last bit, several times as slow. */
export const javascriptPasses: Passes = { rows, columns };
