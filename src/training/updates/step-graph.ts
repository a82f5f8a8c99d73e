import type { Model } from '../../checkpoints/model-file.ts';
import { weightedSum } from '../../engine/functions.ts';
import { gradientsReached } from '../../engine/gradient.ts';
import type { Numbers, Weights } from '../../engine/numbers.ts';
import { multiply } from '../../engine/ops.ts';
import { input, type Tensor } from '../../engine/tensor.ts';
import { UserError } from '../../errors.ts';
import { createParams, type Params, type RootParams } from '../../model/params.ts';
import type { OptimizerState } from '../../optim/adamw.ts';
import { alone, type Processes } from '../../processes/processes.ts';
import type { TrainingOptions } from '../options.ts';
import type { Loss } from '../stages/stage.ts';
import type { TrainingPrecision } from './precision.ts';
import { type JointLoss, seededContrast } from './seeded-contrast.ts';

/** Prefix of the teacher's parameters in the one graph, as in the authors' checkpoints. */
const TEACHER = 'teacher_model';

/** Options that decide the graph of a step. */
export interface GraphOptions extends Pick<TrainingOptions, 'accumulation' | 'contrastOver'> {
  /** Losses by name, in symbols, from the parameters of the model and of the teacher. */
  readonly losses: (model: Params, teacher: Params) => Readonly<Record<string, Loss>>;
  readonly dropoutRate: number;
  /** Precision of matrix products; in fp16 the gradients are those of the total times the input `loss_scale`. */
  readonly precision?: TrainingPrecision | undefined;
  /** Processes that share the batches. Default: none do. */
  readonly processes?: Processes | undefined;
}

/** Parameters of a teacher by their names in the graph of a step. */
export const teacherParameters = (teacher: Model | undefined): Weights =>
  new Map([...(teacher?.weights ?? [])].map(([name, numbers]) => [`${TEACHER}.${name}`, numbers]));

/**
 * The graph of a step in symbols: the losses, their `total`, and the gradient of every parameter that is trained, by name.
 * `outputs` are all of them, and `into` the arrays of the state that the gradients belong into.
 */
export const stepGraph = ({ losses: lossesOf, dropoutRate, ...options }: GraphOptions, state: OptimizerState) => {
  const isFrozen = (name: string): boolean => !state.gradients.has(name);
  const isWhole = [...state.weights.keys()].every((name) => state.gradients.has(name));
  const p = createParams({ dropoutRate, frozen: isWhole ? undefined : isFrozen });
  const all = Object.entries(lossesOf(p, createParams().within(TEACHER)));
  const joint = jointIn(all, options);
  const losses: Record<string, Tensor> = Object.fromEntries(all.map(([name, { loss }]) => [name, loss]));
  for (const one of joint) losses[one.name] = seededContrast(one);
  const counted = all.filter(([, { weight }]) => weight !== 0);
  if (counted.length === 0) throw new UserError('train: no loss has a weight: give one of them a weight above 0');
  losses.total = weightedSum(counted.map(([name, { weight }]) => [weight, losses[name]!]));
  const goal = options.precision === 'fp16' ? multiply(losses.total, input('loss_scale', [])) : losses.total;
  const gradients = gradientsByName(goal, p, isFrozen);
  const outputs: Record<string, Tensor> = { ...losses };
  const into: Record<string, Numbers> = {};
  for (const [name, gradient] of gradients) {
    outputs[`gradient ${name}`] = gradient;
    into[`gradient ${name}`] = state.gradients.get(name)!;
  }
  const weightOf = new Map(all.map(([name, { weight }]) => [name, weight]));
  return { losses, gradients, weightOf, joint, outputs, into };
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

/** Losses over more pairs than one pass of this process has: those of several batches, or of other processes. */
const jointIn = (
  losses: readonly (readonly [string, Loss])[],
  { accumulation = 1, contrastOver = 'update', processes = alone }: Omit<GraphOptions, 'losses' | 'dropoutRate'>,
): JointLoss[] =>
  losses
    .flatMap(([name, { contrast }]) => (contrast ? [{ name, contrast, over: contrast.over ?? contrastOver }] : []))
    .filter(({ over }) => processes.size > 1 || (accumulation > 1 && over === 'update'));

/** @throws UserError that names the update and the loss that is not a number. */
export const refuseNaN = (losses: Readonly<Record<string, number>>, update: number): void => {
  const [name, value] = Object.entries(losses).find(([, loss]) => !Number.isFinite(loss)) ?? [];
  if (name === undefined) return;
  throw new UserError(
    `update ${update}: the loss ${name} is ${value}: training stops here, and the last checkpoint is kept: lower the learning rate, or clip the gradient`,
  );
};
