import type { Model } from '../checkpoints/model-file.ts';
import { weightedSum } from '../engine/functions.ts';
import { gradients } from '../engine/gradient.ts';
import type { Numbers, Weights } from '../engine/numbers.ts';
import type { Key } from '../engine/random.ts';
import { compile } from '../engine/runtime/session.ts';
import type { Tensor } from '../engine/tensor.ts';
import { UserError } from '../errors.ts';
import { createParams } from '../model/params.ts';
import type { OptimizerState } from '../optim/adamw.ts';
import { dropoutMasks } from './dropout-masks.ts';
import { type GradCache, openGradCache, seededContrast } from './grad-cache.ts';
import type { Loss, Stage } from './stages/stage.ts';

/** In one graph, the teacher's names stand under this prefix, as in the authors' checkpoints. */
const TEACHER = 'teacher_model';

/** What is trained on what. */
export interface StepOptions {
  /** The losses, in symbols. */
  readonly terms: Stage['losses'];
  /** Absent where only ground truth teaches. */
  readonly teacher?: Model | undefined;
  /** Share of the learner's activations dropped. */
  readonly dropoutRate: number;
  /** Micro-batches of one update. Default 1. */
  readonly accumulation?: number | undefined;
  /** What L_ITC compares: all pairs of an update (default), or those of each micro-batch. */
  readonly contrastOver?: 'update' | 'micro-batch' | undefined;
  readonly threads?: number | undefined;
}

/** One micro-batch forward and backward. */
export interface Step extends AsyncDisposable {
  /**
   * Writes the gradients of the batch into `state.gradients`, and returns the losses: each objective's, and `total`.
   * Those that are `known` of the whole update are returned as they are.
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
  /** The parameters that the losses ask for, by name. All others of the learner stay as they are. */
  readonly trained: ReadonlySet<string>;
  /** Where the micro-batches of an update are compared as one: they must be run as it gives them out. */
  readonly contrast?: GradCache | undefined;
}

/** Builds and compiles the one graph of a training: teacher forward, learner forward and backward, every batch size. */
export const createStep = async (options: StepOptions, state: OptimizerState): Promise<Step> => {
  const { losses, wanted, weightOf, joint } = symbols(options);
  const outputs: Record<string, Tensor> = { ...losses };
  const into: Record<string, Numbers> = {};
  for (const [parameter, gradient] of gradients(losses.total!, new Set(wanted.keys()))) {
    const name = wanted.get(parameter)!;
    outputs[`gradient ${name}`] = gradient;
    into[`gradient ${name}`] = state.gradients.get(name)!;
  }
  const { teacher } = options;
  const limit = options.threads === undefined ? {} : { threads: options.threads };
  const frozen: Weights = new Map(
    [...(teacher?.weights ?? [])].map(([name, numbers]) => [`${TEACHER}.${name}`, numbers]),
  );
  const session = await compile(outputs, {
    // the teacher is read where it lies too: packed by the session it is 1 % of a step faster, and in memory twice
    parameters: new Map([...state.weights, ...frozen]),
    into,
    ...limit,
  });
  const contrast = joint && (await openGradCache(joint.contrast, { ...joint, ...limit, parameters: state.weights }));
  return {
    run: async (feeds, { number, key, known }) => {
      const results = await session.run({ ...feeds, ...dropoutMasks(session, feeds, key) });
      const found = Object.fromEntries(Object.keys(losses).map((name) => [name, results[name]!.data[0]!]));
      const values = known ? withTotal({ ...found, ...known }, weightOf) : found;
      refuseNaN(values, number);
      return values;
    },
    trained: new Set(wanted.values()),
    ...(contrast && { contrast }),
    [Symbol.asyncDispose]: async () => {
      session.close();
      await contrast?.[Symbol.asyncDispose]();
    },
  };
};

const symbols = ({ terms, dropoutRate, accumulation = 1, contrastOver = 'update' }: StepOptions) => {
  const p = createParams({ dropoutRate });
  const all = Object.entries(terms(p, createParams().within(TEACHER)));
  const wanted = new Map([...p.declared].map(([name, { tensor }]) => [tensor, name]));
  const joint = accumulation > 1 && contrastOver === 'update' ? jointIn(all) : undefined;
  const losses: Record<string, Tensor> = Object.fromEntries(
    all.map(([name, { loss }]) => [name, name === joint?.name ? seededContrast(joint.contrast) : loss]),
  );
  losses.total = weightedSum(all.map(([name, { weight }]) => [weight, losses[name]!]));
  return { losses, wanted, weightOf: new Map(all.map(([name, { weight }]) => [name, weight])), joint };
};

/** The loss that compares all pairs of an update. @throws Error where there are several. */
const jointIn = (terms: readonly (readonly [string, Loss])[]) => {
  const found = terms.flatMap(([name, { contrast }]) => (contrast ? [{ name, contrast }] : []));
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
