import type { Model } from '../checkpoints/model-file.ts';
import type { Numbers } from '../engine/numbers.ts';
import type { Key } from '../engine/random.ts';
import { compile } from '../engine/runtime/compile.ts';
import { substituted } from '../engine/substitute.ts';
import type { Tensor } from '../engine/tensor.ts';
import type { OptimizerState } from '../optim/adamw.ts';
import { alone } from '../processes/processes.ts';
import { dropoutMasks } from './dropout-masks.ts';
import { type Cut, cutsOf } from './frozen/cut.ts';
import { type KeptTensors, keepTensors } from './frozen/keep.ts';
import { type GradCache, openGradCache } from './grad-cache.ts';
import { type TrainingOptions, trainingOptions } from './options.ts';
import { type SharedRows, unsharedRows } from './shared/rows.ts';
import { openWholeDivisors, ownDivisors, type WholeDivisors } from './shared/whole-divisors.ts';
import { type GraphOptions, refuseNaN, stepGraph, teacherParameters } from './updates/step-graph.ts';

/** Options of `createStep`. */
export interface StepOptions
  extends GraphOptions,
    Pick<TrainingOptions, 'augment' | 'frozenMemory' | 'maxPatches' | 'threads'> {
  /** Absent where only ground truth teaches. */
  readonly teacher?: Model | undefined;
  /** Receives a warning where not all that is frozen can be kept. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/** One micro-batch forward and backward. */
export interface Step extends AsyncDisposable {
  /**
   * Writes the gradients of the batch into `state.gradients`. → each objective's loss, and their `total`; losses that
   * are `known` for the whole update come back as they are. Of a batch that processes share it is this one's share, by
   * the `rows` that are here.
   *
   * @throws UserError that names the update and the objective whose loss is not a number.
   */
  run(
    feeds: Readonly<Record<string, Numbers>>,
    update: {
      readonly number: number;
      readonly key: Key;
      readonly rows?: SharedRows | undefined;
      readonly known?: Readonly<Record<string, number>> | undefined;
    },
  ): Promise<Record<string, number>>;
  /** Names of the parameters that the losses depend on. All others of the model keep their numbers bit for bit. */
  readonly trained: ReadonlySet<string>;
  /** Present where the micro-batches of an update are compared as one: they must be run as it yields them. */
  readonly contrast?: GradCache | undefined;
  /** Outputs of frozen parameters for each picture and text, computed once: its feeds must be given beside the others. */
  readonly frozen: KeptTensors;
}

/**
 * Builds and compiles the one graph of a training, for every batch size: teacher forward, model forward and backward.
 */
export const createStep = async (options: StepOptions, state: OptimizerState): Promise<Step> => {
  const { losses, gradients, weightOf, joint, outputs, into } = stepGraph(options, state);
  const { teacher, threads, frozenMemory = trainingOptions.frozenMemory.default, onWarning, processes } = options;
  const ofTeacher = teacherParameters(teacher);
  const parameters = state.weights;
  const memory = frozenMemory * 2 ** 30;
  const frozen = await keepTensors(memory > 0 ? frozenIn(outputs, options, state) : [], {
    ...{ parameters, memory, threads, onWarning },
  });
  const { replacements } = frozen;
  const whole = await openDivisors(outputs, options);
  const session = await compile(substituted(outputs, new Map([...replacements, ...whole.replacements])), {
    // the teacher's weights are read in place too: packed by the session, a step is 1 % faster and holds them twice
    ...(teacher?.precision === 'int8'
      ? { weights: ofTeacher, weightPrecision: teacher.precision, parameters }
      : { parameters: new Map([...parameters, ...ofTeacher]) }),
    ...{ into, threads, products: options.precision },
  });
  const contrast =
    joint.length > 0 ? await openGradCache(joint, { replacements, threads, parameters, processes }) : undefined;
  return {
    run: async (feeds, { number, key, known, rows }) => {
      const fed = { ...feeds, ...(await whole.feeds(feeds, rows ?? unsharedRows)), ...scaleOf(state) };
      const results = await session.run({ ...fed, ...dropoutMasks(session, fed, { key, rows }) });
      const found = Object.fromEntries(Object.keys(losses).map((name) => [name, results[name]!.data[0]!]));
      const values = known ? withTotal({ ...found, ...known }, weightOf) : found;
      refuseNaN(values, number);
      return values;
    },
    trained: new Set(gradients.keys()),
    contrast,
    frozen,
    [Symbol.asyncDispose]: async () => {
      session.close();
      await whole[Symbol.asyncDispose]();
      await frozen[Symbol.asyncDispose]();
      await contrast?.[Symbol.asyncDispose]();
    },
  };
};

/** Loss scale in fp16. */
const scaleOf = ({ lossScale }: OptimizerState): Readonly<Record<string, Numbers>> =>
  lossScale ? { loss_scale: { shape: [], data: Float32Array.of(lossScale.factor) } } : {};

/** Divisors of the losses: as they are, unless processes share the batches. */
const openDivisors = (
  outputs: Readonly<Record<string, Tensor>>,
  { processes = alone, threads }: StepOptions,
): Promise<WholeDivisors> | WholeDivisors =>
  processes.size > 1 ? openWholeDivisors(outputs, { channel: processes, threads }) : ownDivisors;

/** Tensors that need not be computed at every update; of pictures none where they are other ones at each. */
const frozenIn = (
  outputs: Readonly<Record<string, Tensor>>,
  { augment = 'none', maxPatches }: StepOptions,
  { weights, gradients }: OptimizerState,
): Cut[] => {
  const cuts = cutsOf(Object.values(outputs), (name) => weights.has(name) && !gradients.has(name));
  return augment === 'none' && maxPatches === undefined ? cuts : cuts.filter(({ of }) => of === 'texts');
};

const withTotal = (losses: Record<string, number>, weightOf: ReadonlyMap<string, number>): Record<string, number> => ({
  ...losses,
  total: [...weightOf].reduce((sum, [name, weight]) => sum + weight * losses[name]!, 0),
});
