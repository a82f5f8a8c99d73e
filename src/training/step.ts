import type { Model } from '../checkpoints/model-file.ts';
import { weightedSum } from '../engine/functions.ts';
import { gradientsReached } from '../engine/gradient.ts';
import type { Numbers, Weights } from '../engine/numbers.ts';
import type { Key } from '../engine/random.ts';
import { compile } from '../engine/runtime/session.ts';
import { substituted } from '../engine/substitute.ts';
import type { Tensor } from '../engine/tensor.ts';
import { UserError } from '../errors.ts';
import { createParams, type Params, type RootParams } from '../model/params.ts';
import type { OptimizerState } from '../optim/adamw.ts';
import { dropoutMasks } from './dropout-masks.ts';
import { type Cut, cutsOf } from './frozen/cut.ts';
import { type KeptTensors, keepTensors } from './frozen/keep.ts';
import { type GradCache, openGradCache, seededContrast } from './grad-cache.ts';
import { type TrainingOptions, trainingOptions } from './options.ts';
import type { Loss } from './stages/stage.ts';

/** Prefix of the teacher's parameters in the one graph, as in the authors' checkpoints. */
const TEACHER = 'teacher_model';

/** Options of `createStep`. */
export interface StepOptions
  extends Pick<
    TrainingOptions,
    'accumulation' | 'augment' | 'contrastOver' | 'frozenMemory' | 'maxPatches' | 'threads'
  > {
  /** Losses by name, in symbols, from the parameters of the model and of the teacher. */
  readonly losses: (model: Params, teacher: Params) => Readonly<Record<string, Loss>>;
  /** Absent where only ground truth teaches. */
  readonly teacher?: Model | undefined;
  readonly dropoutRate: number;
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
  const { losses, gradients, weightOf, joint } = symbols(options, state);
  const outputs: Record<string, Tensor> = { ...losses };
  const into: Record<string, Numbers> = {};
  for (const [name, gradient] of gradients) {
    outputs[`gradient ${name}`] = gradient;
    into[`gradient ${name}`] = state.gradients.get(name)!;
  }
  const { teacher, threads, frozenMemory = trainingOptions.frozenMemory.default, onWarning } = options;
  const ofTeacher: Weights = new Map(
    [...(teacher?.weights ?? [])].map(([name, numbers]) => [`${TEACHER}.${name}`, numbers]),
  );
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

/** The graph of a step in symbols. */
const symbols = (
  { losses: lossesOf, dropoutRate, accumulation = 1, contrastOver = 'update' }: StepOptions,
  state: OptimizerState,
) => {
  const isFrozen = (name: string): boolean => !state.gradients.has(name);
  const isWhole = [...state.weights.keys()].every((name) => state.gradients.has(name));
  const p = createParams({ dropoutRate, frozen: isWhole ? undefined : isFrozen });
  const all = Object.entries(lossesOf(p, createParams().within(TEACHER)));
  const joint = accumulation > 1 && contrastOver === 'update' ? jointIn(all) : undefined;
  const losses: Record<string, Tensor> = Object.fromEntries(
    all.map(([name, { loss }]) => [name, name === joint?.name ? seededContrast(joint.contrast) : loss]),
  );
  const counted = all.filter(([, { weight }]) => weight !== 0);
  if (counted.length === 0) throw new UserError('train: no loss has a weight: give one of them a weight above 0');
  losses.total = weightedSum(counted.map(([name, { weight }]) => [weight, losses[name]!]));
  const gradients = gradientsByName(losses.total, p, isFrozen);
  return { losses, gradients, weightOf: new Map(all.map(([name, { weight }]) => [name, weight])), joint };
};

/**
 * Gradients of the parameters that the loss depends on, by name, in the order of the backward pass.
 *
 * @throws UserError where it depends on none.
 */
const gradientsByName = (
  loss: Tensor,
  { declared }: RootParams,
  isFrozen: (name: string) => boolean,
): Map<string, Tensor> => {
  const trained = [...declared].filter(([name]) => !isFrozen(name));
  const names = new Map(trained.map(([name, { tensor }]) => [tensor, name]));
  const found = [...gradientsReached(loss, new Set(names.keys()))];
  if (found.length > 0) return new Map(found.map(([parameter, gradient]) => [names.get(parameter)!, gradient]));
  throw new UserError('train: the losses depend on no parameter of the model that is trained: give one that does');
};

/** Loss that compares all pairs of an update. @throws Error where there are several. */
const jointIn = (losses: readonly (readonly [string, Loss])[]) => {
  const found = losses.flatMap(([name, { contrast }]) => (contrast ? [{ name, contrast }] : []));
  if (found.length > 1) throw new Error(`step: ${found.map(({ name }) => name)}: only one loss may be a contrast`);
  return found[0];
};

const withTotal = (losses: Record<string, number>, weightOf: ReadonlyMap<string, number>): Record<string, number> => ({
  ...losses,
  total: [...weightOf].reduce((sum, [name, weight]) => sum + weight * losses[name]!, 0),
});

const refuseNaN = (losses: Readonly<Record<string, number>>, update: number): void => {
  const [name, value] = Object.entries(losses).find(([, loss]) => !Number.isFinite(loss)) ?? [];
  if (name === undefined) return;
  throw new UserError(
    `update ${update}: the loss ${name} is ${value}: training stops here, and the last checkpoint is kept: lower the learning rate, or clip the gradient`,
  );
};
