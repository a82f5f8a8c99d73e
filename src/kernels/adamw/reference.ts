/**
 * AdamW in plain JavaScript: the definition, and the fallback where WebAssembly SIMD is missing.
 *
 * Over Float32Array every operation is rounded to float32, which makes it bit-equal to src/kernels/adamw/adamw.as.ts;
 * over Float64Array nothing is rounded.
 */

/** Settings of AdamW; the defaults are those of the paper's experiments. */
export interface AdamWOptions {
  /**
   * `reference`: transformers 4.2, with which the method was published: epsilon joins sqrt(v) before the bias
   * correction, and the weights decay after they moved. `torch`: torch.optim.AdamW, the other way round in both.
   */
  readonly order?: 'reference' | 'torch' | undefined;
  /** Decay rates of the first and the second moment, β1 and β2. Default 0.9 and 0.98. */
  readonly betas?: readonly [number, number] | undefined;
  /** Added to sqrt(v). Default 1e-8. */
  readonly epsilon?: number | undefined;
  /** Decoupled weight decay, per unit of learning rate. Default 0.01. */
  readonly weightDecay?: number | undefined;
}

/** Coefficients of one update of one parameter; `updateAdamW` has the equations. */
export interface Coefficients {
  readonly scale: number;
  readonly beta1: number;
  readonly rest1: number;
  readonly beta2: number;
  readonly rest2: number;
  readonly root: number;
  readonly epsilon: number;
  readonly rate: number;
  readonly before: number;
  readonly after: number;
}

/**
 * Inputs of one update besides the options: its number from 1 on, learning rate, gradient factor, weight decay.
 */
export interface Moment {
  readonly step: number;
  readonly learningRate: number;
  readonly gradientScale: number;
  readonly weightDecay: number;
}

/**
 * The coefficients of update `step` (from 1 on): both orders are one equation with different numbers.
 *
 *   reference   rate = lr · sqrt(1 - β2^t) / (1 - β1^t), root = 1,                   decay after
 *   torch       rate = lr / (1 - β1^t),                  root = 1 / sqrt(1 - β2^t),  decay before
 */
export const coefficientsOf = (moment: Moment, options: AdamWOptions = {}): Coefficients => {
  const { order = 'reference', betas = [0.9, 0.98], epsilon = 1e-8 } = options;
  const correction1 = 1 - betas[0] ** moment.step;
  const correction2 = Math.sqrt(1 - betas[1] ** moment.step);
  const decay = moment.learningRate * moment.weightDecay;
  const [beta1, beta2] = betas;
  const common = { scale: moment.gradientScale, beta1, rest1: 1 - beta1, beta2, rest2: 1 - beta2, epsilon };
  const rate = moment.learningRate / correction1;
  if (order === 'torch') return { ...common, root: 1 / correction2, rate, before: decay, after: 0 };
  return { ...common, root: 1, rate: rate * correction2, before: 0, after: decay };
};

/** The coefficients rounded to float32, as WebAssembly receives them. */
const rounded = (c: Coefficients): Coefficients => {
  const entries = Object.entries(c) as [keyof Coefficients, number][];
  return Object.fromEntries(entries.map(([name, value]) => [name, Math.fround(value)])) as unknown as Coefficients;
};

type Reals = Float32Array | Float64Array;

/** The arrays of one parameter: weights, gradients, first and second moment, all of one length and precision. */
export interface Slots<R extends Reals = Reals> {
  readonly weights: R;
  readonly gradients: R;
  readonly first: R;
  readonly second: R;
}

const exact = (x: number): number => x;

/**
 * One AdamW update, in place.
 *
 *   g = scale · gradient     m = β1 · m + (1 - β1) · g     v = β2 · v + (1 - β2) · g²
 *   p -= before · p          p -= rate · (m / (sqrt(v) · root + epsilon))          p -= after · p
 *
 * The decay is subtracted and not multiplied as 1 - decay: float32 keeps only four bits of 1e-6 next to 1.
 */
export const updateAdamW = <R extends Reals>(slots: Slots<R>, coefficients: Coefficients): void => {
  if (slots.weights instanceof Float32Array) update(slots, rounded(coefficients), Math.fround);
  else update(slots, coefficients, exact);
};

const update = (slots: Slots, c: Coefficients, round: (x: number) => number): void => {
  const { weights, gradients, first, second } = slots;
  const { scale, beta1, rest1, beta2, rest2, root, epsilon, rate, before, after } = c;
  for (let i = 0; i < weights.length; i++) {
    const g = round(gradients[i]! * scale);
    const m = round(round(beta1 * first[i]!) + round(rest1 * g));
    const v = round(round(beta2 * second[i]!) + round(rest2 * round(g * g)));
    const denominator = round(round(round(Math.sqrt(v)) * root) + epsilon);
    const old = weights[i]!;
    const decayed = round(old - round(before * old));
    const moved = round(decayed - round(rate * round(m / denominator)));
    first[i] = m;
    second[i] = v;
    weights[i] = round(moved - round(after * moved));
  }
};

/** Sum of squares in float64. Eight running sums, element i to sum i mod 8: the order in which SIMD adds. */
export const sumOfSquares = (x: Reals): number => {
  const sums = new Float64Array(8);
  for (let i = 0; i < x.length; i++) sums[i & 7]! += x[i]! * x[i]!;
  const pair = (lane: number): number => sums[lane]! + sums[lane + 2]! + (sums[lane + 4]! + sums[lane + 6]!);
  return pair(0) + pair(1);
};

/** Computes to += from, in place. */
export const addTo = (to: Reals, from: Reals): void => {
  for (let i = 0; i < to.length; i++) to[i]! += from[i]!;
};
