import type { Numbers, Weights } from '../engine/numbers.ts';
import { add, divide, multiply, sqrt, subtract, sum } from '../engine/ops.ts';
import type { Device } from '../engine/runtime/backend.ts';
import { compile } from '../engine/runtime/compile.ts';
import { makeResident } from '../engine/runtime/resident.ts';
import type { Session } from '../engine/runtime/session.ts';
import { input, parameter, type Tensor } from '../engine/tensor.ts';
import { type Coefficients, coefficientsOf } from '../kernels/adamw/adamw.ts';
import type { OptimizerState, StepOptions } from './adamw.ts';
import type { Optimizer } from './optimizer.ts';

/** Options of `onDevice`. */
export interface DeviceOptions {
  readonly device: Device;
  /** Further arrays that sessions read at every run, such as a teacher's weights. Default: none. */
  readonly reads?: Iterable<Numbers> | undefined;
  readonly threads?: number | undefined;
}

/**
 * AdamW as a graph, over weights, gradients and moments in the memory of a device: sessions that are compiled afterwards
 * read and write them there, and only `current` copies weights and moments back.
 *
 * The equations are those of `adamwStep`, on float32 in another order of additions.
 *
 * @throws Error where the device is not there or has too little memory.
 */
export const onDevice = async (
  state: OptimizerState,
  { device, reads = [], threads }: DeviceOptions,
): Promise<Optimizer> => {
  const kept = [state.weights, state.first, state.second].flatMap((slot) => [...slot.values()]);
  const passing = [state.gradients, state.accumulated ?? new Map<string, Numbers>()].flatMap((slot) => [
    ...slot.values(),
  ]);
  const resident = await makeResident([...kept, ...passing, ...reads], device);
  const sessions: Session[] = [];
  const open = async (outputs: Readonly<Record<string, Tensor>>, into: Readonly<Record<string, Numbers>> = {}) => {
    const session = await compile(outputs, { parameters: slotsOf(state), into, device, threads });
    sessions.push(session);
    return session;
  };
  const taken: Slot = state.accumulated ? 'accumulated' : 'gradients';
  const norm = await open({ norm: normOf(state.gradients, taken) });
  const sums = state.accumulated ? await open(...sumGraph(state.gradients, state.accumulated)) : undefined;
  let update: Session | undefined;
  return {
    accumulate: async () => {
      if (!sums) throw new Error('accumulate: the state has no room for a sum: create it with microBatches above 1');
      await sums.run({});
    },
    forget: async () => {
      if (state.accumulated) emptySum(state.accumulated, resident.upload);
    },
    reduce: (sum) => reduceBy(sum, [...state[taken]!.values()], resident),
    gradientNorm: async () => (await norm.run({})).norm!.data[0]!,
    step: async (options) => {
      update ??= await open(...updateGraph(state, taken, options));
      await update.run(scalarsOf(options));
      if (state.accumulated) emptySum(state.accumulated, resident.upload);
    },
    current: () => {
      resident.download(kept);
      return state;
    },
    [Symbol.asyncDispose]: async () => {
      for (const session of sessions) session.close();
      await resident[Symbol.asyncDispose]();
    },
  };
};

/** Has gradients summed on the host, where other processes reach them. */
const reduceBy = async (
  sum: Parameters<Optimizer['reduce']>[0],
  gradients: readonly Numbers<Float32Array>[],
  { download, upload }: Awaited<ReturnType<typeof makeResident>>,
): Promise<void> => {
  download(gradients);
  await sum(gradients.map(({ data }) => data));
  upload(gradients);
};

const slots = ['weights', 'gradients', 'first', 'second', 'accumulated'] as const;
type Slot = (typeof slots)[number];

/** Every array of the state by the name of its parameter in the graphs. */
const slotsOf = (state: OptimizerState): Weights =>
  new Map(slots.flatMap((slot) => [...(state[slot] ?? [])].map(([name, numbers]) => [nameIn(slot, name), numbers])));

const nameIn = (slot: Slot, name: string): string => `${slot} ${name}`;

const parameterIn = (slot: Slot, name: string, { shape }: Numbers): Tensor => parameter(nameIn(slot, name), shape);

/** sqrt(Σ g²) over all parameters.  → scalar */
const normOf = (gradients: Weights, slot: Slot): Tensor => {
  const squares = [...gradients].map(([name, numbers]) => {
    const g = parameterIn(slot, name, numbers);
    return sum(multiply(g, g));
  });
  return sqrt(squares.reduce((a, b) => add(a, b)));
};

type Graph = [outputs: Record<string, Tensor>, into: Record<string, Numbers>];

/** sum += g, of every parameter. */
const sumGraph = (gradients: Weights, accumulated: Weights): Graph => {
  const outputs: Record<string, Tensor> = {};
  const into: Record<string, Numbers> = {};
  for (const [name, numbers] of gradients) {
    outputs[`sum ${name}`] = add(parameterIn('accumulated', name, numbers), parameterIn('gradients', name, numbers));
    into[`sum ${name}`] = accumulated.get(name)!;
  }
  return [outputs, into];
};

const emptySum = (accumulated: Weights, upload: (arrays: Iterable<Numbers>) => void): void => {
  for (const { data } of accumulated.values()) data.fill(0);
  upload(accumulated.values());
};

/** Coefficients of an update that change from one to the next. */
const changing = ['scale', 'root', 'rate', 'before', 'after'] as const;

/** Coefficients of a parameter whose learning rate is not multiplied, and which decays. */
const coefficientsFor = (options: StepOptions): Coefficients => {
  const { step, learningRate, gradientScale = 1, weightDecay = 0.01 } = options;
  return coefficientsOf({ step, learningRate, gradientScale, weightDecay }, options);
};

const scalarsOf = (options: StepOptions): Record<string, Numbers> => {
  const all = coefficientsFor(options);
  return Object.fromEntries(changing.map((name) => [name, { shape: [], data: Float32Array.of(all[name]) }]));
};

/**
 * One AdamW update of every parameter whose learning rate is not 0, in place:
 *
 *   g = scale · gradient     m = β1 · m + (1 - β1) · g     v = β2 · v + (1 - β2) · g²
 *   p -= before · p          p -= rate · (m / (sqrt(v) · root + epsilon))          p -= after · p
 */
const updateGraph = (state: OptimizerState, gradients: Slot, options: StepOptions): Graph => {
  const { multiplier = () => 1, decays = () => true } = options;
  const { beta1, rest1, beta2, rest2, epsilon } = coefficientsFor(options);
  const now = Object.fromEntries(changing.map((name) => [name, input(name, [])])) as Record<
    (typeof changing)[number],
    Tensor
  >;
  const outputs: Record<string, Tensor> = {};
  const into: Record<string, Numbers> = {};
  for (const [name, numbers] of state.gradients) {
    const factor = multiplier(name);
    if (factor === 0) continue;
    const [p, m, v] = (['weights', 'first', 'second'] as const).map((slot) => parameterIn(slot, name, numbers)) as [
      Tensor,
      Tensor,
      Tensor,
    ];
    const g = multiply(parameterIn(gradients, name, numbers), now.scale);
    const first = add(multiply(m, beta1), multiply(g, rest1));
    const second = add(multiply(v, beta2), multiply(multiply(g, g), rest2));
    const divisor = add(multiply(sqrt(second), now.root), epsilon);
    const less = (from: Tensor, rate: Tensor, part: Tensor): Tensor =>
      subtract(from, multiply(part, factor === 1 ? rate : multiply(rate, factor)));
    const decayed = decays(name) ? less(p, now.before, p) : p;
    const moved = less(decayed, now.rate, divide(first, divisor));
    const results = { weights: decays(name) ? less(moved, now.after, moved) : moved, first, second };
    for (const [slot, tensor] of Object.entries(results)) {
      outputs[`next ${nameIn(slot as Slot, name)}`] = tensor;
      into[`next ${nameIn(slot as Slot, name)}`] = state[slot as keyof typeof results].get(name)!;
    }
  }
  return [outputs, into];
};
