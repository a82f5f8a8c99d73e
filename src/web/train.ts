import type { Model } from '../checkpoints/model-file.ts';
import { collate, collateAnswers, type EncodedExample } from '../data/batch.ts';
import type { Example } from '../data/example.ts';
import type { Numbers } from '../engine/numbers.ts';
import { keyOf } from '../engine/random.ts';
import { compileWith, type OnnxRuntimeWeb, type WebOptions } from '../engine/runtime/web.ts';
import { UserError } from '../errors.ts';
import { forward } from '../model/forward.ts';
import { inputsFor } from '../model/inputs.ts';
import { createParams } from '../model/params.ts';
import { allocateState, type OptimizerState } from '../optim/adamw.ts';
import { onHost } from '../optim/optimizer.ts';
import { bestOf } from '../tasks/task.ts';
import { dropoutMasks } from '../training/dropout-masks.ts';
import { objectivesOf } from '../training/losses.ts';
import { settingsOf, type Values } from '../training/option-table.ts';
import { type TrainStep, trainingOptions } from '../training/options.ts';
import { lengthGroupedOrder } from '../training/samplers/length-grouped.ts';
import { canTeach, lacksAnswers, overSharedAnswers } from '../training/shared-answers.ts';
import type { LossWeights } from '../training/stage-options.ts';
import { answeringLosses } from '../training/stages/answering-losses.ts';
import { lossesFromParams } from '../training/stages/stage.ts';
import { moveWeights, usualLearningRate } from '../training/updates/move-weights.ts';
import { refuseNaN, stepGraph, teacherParameters } from '../training/updates/step-graph.ts';
import type { PreparedExample } from './examples.ts';

/** Options of `train`. All others are those of `finetune`, with its defaults. */
export interface WebTrainOptions extends Pick<Values<typeof trainingOptions>, TrainedBy>, WebOptions {
  readonly examples: readonly PreparedExample[];
  /** Examples on which the accuracy is measured. */
  readonly validation?: readonly PreparedExample[] | undefined;
  /** Updates between two measurements; the last is always one. Default: 10. */
  readonly validateEvery?: number | undefined;
  /** Number of updates. */
  readonly updates: number;
  /** Distils the model from this one. Default: it learns from ground truth alone. */
  readonly teacher?: Model | undefined;
  /** Weights of the losses. Default: soft labels and attention with a teacher, hard labels without. */
  readonly losses?: LossWeights | undefined;
}

type TrainedBy =
  | 'batch'
  | 'learningRate'
  | 'warmup'
  | 'headMultiplier'
  | 'clip'
  | 'dropoutRate'
  | 'weightDecay'
  | 'seed';

/** One update that was made in a browser. */
export type WebTrainStep = Omit<TrainStep, 'waitMilliseconds'>;

/**
 * Trains a model that answers, by the graph that `finetune` compiles, and yields after every update. The loop is the
 * caller's: draw a curve, wait, or leave it when it is enough. The model has its new weights when the loop is left.
 *
 *   for await (const { number, losses } of train(student, ort, { examples, updates: 100 })) console.log(number, losses.total);
 *
 * Order of the examples and dropout come from the seed alone, as in Node: the same updates give the same weights but for
 * rounding.
 *
 * @throws UserError where there is no example, an answer is none of the model's, or a loss is not a number.
 */
export async function* train(
  model: Model,
  ort: OnnxRuntimeWeb,
  options: WebTrainOptions,
): AsyncGenerator<WebTrainStep, void, undefined> {
  const { examples, updates, teacher, validateEvery = 10 } = options;
  const { config } = model;
  if (examples.length === 0) throw new UserError('there is nothing to learn from: give at least one labelled picture');
  const settings = { ...settingsOf(trainingOptions, options), updates };
  const learningRate = options.learningRate ?? usualLearningRate(model);
  const batch = Math.min(settings.batch, examples.length);
  const { seed, dropoutRate } = settings;
  const state = allocateState(model.weights);
  // the model holds the weights that are trained, so that it can be saved between two updates
  giveWeights(model, state, (numbers) => numbers);
  const graph = stepGraph({ losses: lossesFromParams(lossesOf(model, options)), dropoutRate }, state);
  const compile = compileWith(ort, options);
  const order = lengthGroupedOrder(examples, { length: updates * batch, batch, seed });
  await using session = await compile(graph.outputs, {
    parameters: new Map([...state.weights, ...teacherParameters(teacher)]),
    into: graph.into,
  });
  await using validator = await openValidator(config, state, compile);
  const trained = new Set(graph.gradients.keys());
  try {
    for (let number = 1; number <= updates; number += 1) {
      const began = performance.now();
      const some = Array.from(order.subarray((number - 1) * batch, number * batch), (place) => examples[place]!);
      const feeds = feedsOf(some, config);
      const masks = dropoutMasks(session, feeds, { key: keyOf(seed, 'dropout', number, 0) });
      const results = await session.run({ ...feeds, ...masks });
      const losses = Object.fromEntries(Object.keys(graph.losses).map((name) => [name, results[name]!.data[0]!]));
      refuseNaN(losses, number);
      const moved = await moveWeights(onHost(state), { ...settings, learningRate, number, trained, config });
      const isValidated = number === updates || number % validateEvery === 0;
      const validation = isValidated ? await validator.accuracy(options.validation ?? []) : undefined;
      yield { number, of: updates, losses, ...moved, validation, milliseconds: performance.now() - began };
    }
  } finally {
    // copies, since views of the optimizer's memory would keep gradients and moments alive
    giveWeights(model, state, ({ shape, data }) => ({ shape, data: data.slice() }));
  }
}

const giveWeights = (
  { weights }: Model,
  state: OptimizerState,
  given: (numbers: Numbers<Float32Array>) => Numbers<Float32Array>,
): void => {
  for (const [name, numbers] of state.weights) weights.set(name, given(numbers));
};

const lossesOf = (model: Model, { losses, teacher }: WebTrainOptions) => {
  const { config } = model;
  const weights = losses ?? usualLosses(config, teacher);
  return answeringLosses(
    model,
    teacher,
    overSharedAnswers(objectivesOf({ losses: weights }, config.scoring), config, teacher),
  );
};

/** Losses as `finetune` has them: the paper's with a teacher, and ground truth for tasks that it cannot teach. */
const usualLosses = (config: Model['config'], teacher: Model | undefined): LossWeights => {
  if (!teacher) return { hard: 1 };
  if (!lacksAnswers(config, teacher)) return { soft: 1, attention: 1 };
  return { hard: 1, attention: 1, soft: canTeach(config, teacher) ? 1 : undefined };
};

const feedsOf = (
  examples: readonly PreparedExample[],
  { sizes, answers }: Model['config'],
): Record<string, Numbers> => ({
  ...collate(examples satisfies readonly EncodedExample[], sizes),
  target: collateAnswers(examples satisfies readonly Pick<Example, 'id' | 'answers'>[], answers),
});

/** Measures a model while its weights move. */
const openValidator = async (
  config: Model['config'],
  { weights }: OptimizerState,
  compile: ReturnType<typeof compileWith>,
) => {
  const { logits } = forward(config, createParams(), inputsFor(config.sizes, { images: config.images }));
  const session = await compile({ logits }, { parameters: weights });
  return {
    /** Share of the examples whose most probable answer is theirs; undefined where there are none. */
    accuracy: async (examples: readonly PreparedExample[]): Promise<number | undefined> => {
      let score = 0;
      for (let start = 0; start < examples.length; start += 16) {
        const some = examples.slice(start, start + 16);
        const best = bestOf((await session.run<'logits'>(collate(some, config.sizes))).logits);
        for (const [i, { answers }] of some.entries())
          score += answers.find(({ answer }) => answer === config.answers[best[i]!])?.score ?? 0;
      }
      return examples.length === 0 ? undefined : score / examples.length;
    },
    [Symbol.asyncDispose]: async () => session.close(),
  };
};
