import type { Model } from '../checkpoints/model-file.ts';
import type { Numbers } from '../engine/numbers.ts';
import type { Key } from '../engine/random.ts';
import { compile } from '../engine/runtime/compile.ts';
import { substituted } from '../engine/substitute.ts';
import type { Tensor } from '../engine/tensor.ts';
import type { OptimizerState } from '../optim/adamw.ts';
import { dropoutMasks } from './dropout-masks.ts';
import { type Cut, cutsOf } from './frozen/cut.ts';
import { type KeptTensors, keepTensors } from './frozen/keep.ts';
import { type GradCache, openGradCache } from './grad-cache.ts';
import { type TrainingOptions, trainingOptions } from './options.ts';
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
   * are `known` for the whole update come back as they are
   *
   * @throws UserError that names the update and the objective whose loss is not a number.
   */
  run(
    feeds: Readonly<Record<string, Numbers>>,
    update: {
      readonly number: number;
      readonly key: Key;
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
  const { teacher, threads, frozenMemory = trainingOptions.frozenMemory.default, onWarning } = options;
  const ofTeacher = teacherParameters(teacher);
  const parameters = state.weights;
  const memory = frozenMemory * 2 ** 30;
  const frozen = await keepTensors(memory > 0 ? frozenIn(outputs, options, state) : [], {
    ...{ parameters, memory, threads, onWarning },
  });
  const { replacements } = frozen;
  const session = await compile(substituted(outputs, replacements), {
    // the teacher's weights are read in place too: packed by the session, a step is 1 % faster and holds them twice
    parameters: new Map([...parameters, ...ofTeacher]),
    ...{ into, threads },
  });
  const contrast =
    joint && (await openGradCache(joint.contrast, { name: joint.name, replacements, threads, parameters }));
  return {
    run: async (feeds, { number, key, known }) => {
      const results = await session.run({ ...feeds, ...dropoutMasks(session, feeds, key) });
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
      await frozen[Symbol.asyncDispose]();
      await contrast?.[Symbol.asyncDispose]();
    },
  };
};

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
