import type { Model } from '../checkpoints/model-file.ts';
import type { Example } from '../data/example.ts';
import { loadBatches } from '../data/loader.ts';
import type { Numbers, Weights } from '../engine/numbers.ts';
import { compile, type Session } from '../engine/runtime/session.ts';
import { UserError } from '../errors.ts';
import type { Preprocessor } from '../inference/preprocessor.ts';
import type { ModelConfig } from '../model/config.ts';
import { forward } from '../model/forward.ts';
import { inputsFor } from '../model/inputs.ts';
import { createParams } from '../model/params.ts';
import { bestOf, type Prediction, type Task } from '../tasks/task.ts';

/**
 * Compiles the graph of a model that answers: feeds of examples → `logits` [examples, answers].
 *
 * @param held weights that stay as they are, or parameters that go on moving.
 * @throws UserError where the model has no answers.
 */
export const compileAnswers = (
  config: ModelConfig,
  held: { readonly weights: Weights } | { readonly parameters: Weights },
  { threads }: { readonly threads?: number | undefined } = {},
): Promise<Session> => {
  const { purpose, sizes, images, task } = config;
  if (!purpose.logits) throw new UserError(`the model (${task}) finds instead of answering: score its gallery`);
  const { logits } = forward(config, createParams(), inputsFor(sizes, { images }));
  return compile({ logits }, { ...held, threads });
};

/** Judges every example, in order, yielding batch by batch: the caller counts, shows progress, or stops. */
export async function* judge(
  session: Session,
  examples: readonly Example[],
  {
    task,
    answers,
    preprocessor,
  }: { readonly task: Task; readonly answers: readonly string[]; readonly preprocessor: Preprocessor },
): AsyncGenerator<Prediction[], void, undefined> {
  for await (const { feeds, examples: asked } of loadBatches(examples, [...examples.keys()], preprocessor)) {
    const { logits } = await session.run<'logits'>(feeds);
    refuseNaN(logits, asked);
    yield bestOf(logits).map((best, i) => {
      const [predicted, example] = [answers[best]!, asked[i]!];
      return { example, predicted, score: task.score(predicted, example) };
    });
  }
}

/** How good the learner is as it stands. */
export interface Validator extends AsyncDisposable {
  /** Between 0 and 1, more is better. */
  accuracy(): Promise<number>;
}

export interface ValidatorOptions {
  readonly config: ModelConfig;
  /** Weights that go on moving. */
  readonly parameters: Weights;
  readonly examples: readonly Example[];
  readonly task: Task;
  readonly preprocessor: Preprocessor;
  readonly threads?: number | undefined;
}

/** Judges a model again and again while it is trained: the accuracy of its weights as they are. */
export const openValidator = async (options: ValidatorOptions): Promise<Validator> => {
  const { config, parameters, examples, task, preprocessor, threads } = options;
  const session = await compileAnswers(config, { parameters }, threads === undefined ? {} : { threads });
  return {
    accuracy: async () => {
      const all = [];
      for await (const judged of judge(session, examples, { task, answers: config.answers, preprocessor }))
        all.push(...judged);
      return accuracyOf(all);
    },
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  };
};

/** The largest of numbers that are none would be the first, which may even be right. */
const refuseNaN = ({ data }: Numbers, asked: readonly Example[]): void => {
  const at = data.findIndex((logit) => !Number.isFinite(logit));
  if (at < 0) return;
  const { id } = asked[Math.floor((at * asked.length) / data.length)]!;
  throw new UserError(
    `${id}: the model answers ${data[at]}: its weights are damaged: train it with a lower learning rate`,
  );
};

/** The mean score: accuracy where one answer is right. */
export const accuracyOf = (judged: readonly Pick<Prediction, 'score'>[]): number =>
  judged.reduce((sum, { score }) => sum + score, 0) / judged.length;

export interface EvaluateOptions {
  readonly task: Task;
  readonly preprocessor: Preprocessor;
  readonly threads?: number | undefined;
  readonly onProgress?: ((done: number, of: number) => void) | undefined;
}

/** Everything a trained model says of the examples. */
export const evaluate = async (
  { config, weights }: Model,
  examples: readonly Example[],
  options: EvaluateOptions,
): Promise<Prediction[]> => {
  const { task, preprocessor, threads, onProgress } = options;
  await using session = await compileAnswers(config, { weights }, threads === undefined ? {} : { threads });
  const all: Prediction[] = [];
  for await (const judged of judge(session, examples, { task, answers: config.answers, preprocessor })) {
    all.push(...judged);
    onProgress?.(all.length, examples.length);
  }
  // what was left out is done with, too
  if (all.length < examples.length) onProgress?.(examples.length, examples.length);
  return all;
};
