import { weightedSum } from '../engine/functions.ts';
import { gradients } from '../engine/gradient.ts';
import type { Numbers, Weights } from '../engine/numbers.ts';
import { bernoulliMask, type Key, keyOf } from '../engine/random.ts';
import { compile, type Session, shapesFor } from '../engine/session.ts';
import type { Tensor } from '../engine/tensor.ts';
import { UserError } from '../errors.ts';
import { createParams } from '../layers/params.ts';
import type { Trained } from '../weights/trained.ts';
import type { OptimizerState } from './adamw.ts';
import type { Stage } from './stage.ts';

/** In one graph, the teacher's names stand under this prefix, as in the authors' checkpoints. */
const TEACHER = 'teacher_model';

/** What is trained on what. */
export interface StepOptions {
  /** The losses, in symbols. */
  readonly terms: Stage['terms'];
  /** Absent where only ground truth teaches. */
  readonly teacher?: Trained;
  /** Share of the learner's activations dropped. */
  readonly dropoutRate: number;
  readonly threads?: number;
}

/** One micro-batch forward and backward. */
export interface Step extends AsyncDisposable {
  /**
   * Writes the gradients of the batch into `state.gradients`, and returns the losses: each objective's, and `total`.
   *
   * @throws UserError that names the update and the objective whose loss is not a number.
   */
  run(
    feeds: Readonly<Record<string, Numbers>>,
    update: { readonly number: number; readonly key: Key },
  ): Promise<Record<string, number>>;
}

/** Builds and compiles the one graph of a training: teacher forward, learner forward and backward, every batch size. */
export const createStep = async (options: StepOptions, state: OptimizerState): Promise<Step> => {
  const { losses, wanted } = symbols(options);
  const outputs: Record<string, Tensor> = { ...losses };
  const into: Record<string, Numbers> = {};
  for (const [parameter, gradient] of gradients(losses.total!, new Set(wanted.keys()))) {
    const name = wanted.get(parameter)!;
    outputs[`gradient ${name}`] = gradient;
    into[`gradient ${name}`] = state.gradients.get(name)!;
  }
  const { teacher, threads } = options;
  const frozen: Weights = new Map(
    [...(teacher?.weights ?? [])].map(([name, numbers]) => [`${TEACHER}.${name}`, numbers]),
  );
  const session = await compile(outputs, {
    // the teacher is read where it lies too: packed by the session it is 1 % of a step faster, and in memory twice
    parameters: new Map([...state.weights, ...frozen]),
    into,
    ...(threads === undefined ? {} : { threads }),
  });
  return {
    run: async (feeds, { number, key }) => {
      const results = await session.run({ ...feeds, ...dropoutMasks(session, feeds, key) });
      const values = Object.fromEntries(Object.keys(losses).map((name) => [name, results[name]!.data[0]!]));
      refuseNaN(values, number);
      return values;
    },
    [Symbol.asyncDispose]: async () => session.close(),
  };
};

const symbols = ({ terms, dropoutRate }: StepOptions) => {
  const p = createParams({ dropoutRate });
  const all = Object.entries(terms(p, createParams().within(TEACHER)));
  const wanted = new Map([...p.declared].map(([name, { tensor }]) => [tensor, name]));
  const losses: Record<string, Tensor> = Object.fromEntries(all.map(([name, { loss }]) => [name, loss]));
  losses.total = weightedSum(all.map(([, { weight, loss }]) => [weight, loss]));
  return { losses, wanted };
};

/** Fresh masks for every dropout of the graph, each from a random stream of its own. */
const dropoutMasks = (
  session: Session,
  feeds: Readonly<Record<string, Numbers>>,
  key: Key,
): Record<string, Numbers> => {
  const masks: Record<string, Numbers> = {};
  for (const { name, keep, shape } of shapesFor(session, feeds)) {
    if (keep === undefined) continue;
    const data = new Float32Array(shape.reduce((product, size) => product * size, 1));
    masks[name] = { shape, data: bernoulliMask(keyOf(key[0], key[1], name), data, keep) };
  }
  return masks;
};

const refuseNaN = (losses: Readonly<Record<string, number>>, update: number): void => {
  const [name, value] = Object.entries(losses).find(([, loss]) => !Number.isFinite(loss)) ?? [];
  if (name === undefined) return;
  throw new UserError(
    `update ${update}: the loss ${name} is ${value}: training stops here, and the last checkpoint is kept: lower the learning rate, or clip the gradient`,
  );
};
