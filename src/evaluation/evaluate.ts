import type { Model } from '../checkpoints/model-file.ts';
import type { Example } from '../data/example.ts';
import type { ReadOptions } from '../data/formats/format.ts';
import { loadBatches } from '../data/loader.ts';
import type { Numbers, Weights } from '../engine/numbers.ts';
import { compile } from '../engine/runtime/compile.ts';
import type { CompileOptions, Session } from '../engine/runtime/session.ts';
import { UserError } from '../errors.ts';
import { type Preprocessor, type PreprocessorOptions, preprocessorFor } from '../inference/preprocessor.ts';
import type { ModelConfig } from '../model/config.ts';
import { forward } from '../model/forward.ts';
import { inputsFor } from '../model/inputs.ts';
import { createParams } from '../model/params.ts';
import { bestOf, isAnswered, meanOf, type Prediction, type Task } from '../tasks/task.ts';

/**
 * Compiles the graph of a model that answers: feeds of examples → `logits` [examples, answers].
 *
 * @param held weights that stay as they are, or parameters that go on moving.
 * @throws UserError where the model has no answers.
 */
export const compileAnswers = (
  config: ModelConfig,
  held: { readonly weights: Weights } | { readonly parameters: Weights },
  { threads, weightPrecision }: Pick<CompileOptions, 'threads' | 'weightPrecision'> = {},
): Promise<Session> => {
  const { purpose, sizes, images, task } = config;
  if (!purpose.logits) throw new UserError(`the model (${task}) finds instead of answering: score its gallery`);
  const { logits } = forward(config, createParams(), inputsFor(sizes, { images }));
  return compile({ logits }, { ...held, threads, weightPrecision });
};

/** Predicts every example, in order, and yields batch by batch. Examples that cannot be read are left out. */
async function* predict(
  session: Session,
  examples: readonly Example[],
  { task, answers, preprocessor }: Pick<ValidatorOptions, 'task' | 'preprocessor'> & Pick<ModelConfig, 'answers'>,
): AsyncGenerator<Prediction[], void, undefined> {
  const loading = { ...preprocessor, reuse: true };
  for await (const { feeds, examples: asked } of loadBatches(examples, [...examples.keys()], loading)) {
    const { logits } = await session.run<'logits'>(feeds);
    checkFinite(logits, asked);
    yield bestOf(logits).map((best, i) => {
      const [predicted, example] = [answers[best]!, asked[i]!];
      return { example, predicted, score: isAnswered(example) ? task.score(predicted, example) : Number.NaN };
    });
  }
}

/** argmax over NaN is index 0, which may be the right answer. @throws UserError that names the example. */
const checkFinite = ({ data }: Numbers, asked: readonly Example[]): void => {
  const at = data.findIndex((logit) => !Number.isFinite(logit));
  if (at < 0) return;
  const { id } = asked[Math.floor((at * asked.length) / data.length)]!;
  throw new UserError(
    `${id}: the model answers ${data[at]} where a number belongs: its weights are not all finite, or too large to compute with: give others`,
  );
};

/** Measures a model while it is trained. */
export interface Validator extends AsyncDisposable {
  /**
   * Accuracy with the weights as they are now, between 0 and 1; undefined where no answer to any example is known, or
   * none of them can be read.
   */
  accuracy(): Promise<number | undefined>;
}

/** Options of `openValidator`. */
export interface ValidatorOptions {
  readonly config: ModelConfig;
  /** Weights that go on moving. */
  readonly parameters: Weights;
  readonly examples: readonly Example[];
  readonly task: Pick<Task, 'score'>;
  readonly preprocessor: Preprocessor;
  readonly threads?: number | undefined;
}

/** Compiles a model's graph once, to measure its accuracy again and again while its weights move. */
export const openValidator = async (options: ValidatorOptions): Promise<Validator> => {
  const { config, parameters, threads } = options;
  const examples = options.examples.filter(isAnswered);
  const session = await compileAnswers(config, { parameters }, { threads });
  return {
    accuracy: async () => {
      const all: Prediction[] = [];
      for await (const some of predict(session, examples, { ...options, answers: config.answers })) all.push(...some);
      return all.length === 0 ? undefined : accuracyOf(all);
    },
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  };
};

/** Mean score of predictions: accuracy where one answer is right. NaN of none. */
const accuracyOf = (predictions: readonly Pick<Prediction, 'score'>[]): number =>
  predictions.reduce((sum, { score }) => sum + score, 0) / predictions.length;

/** Options of `evaluate`. */
export interface EvaluateOptions extends ReadOptions, Partial<PreprocessorOptions> {
  readonly task: Task;
  /** Folder of the data. */
  readonly data?: string | undefined;
  /** Split of the data. Default `validation`. */
  readonly split?: string | undefined;
  /** Examples to evaluate on, instead of a folder of data. */
  readonly examples?: readonly Example[] | undefined;
  readonly threads?: number | undefined;
  readonly onProgress?: ((done: number, of: number) => void) | undefined;
}

/** Predictions of a model, and how good they are. */
export interface Evaluation {
  /** One for each example that could be read, in their order. */
  readonly predictions: readonly Prediction[];
  /**
   * Mean score of the examples whose answers are known, between 0 and 1: accuracy where one answer is right. NaN where
   * there is no such example.
   */
  readonly accuracy: number;
  /** Number of predictions whose right answers are not known; their score is NaN, and no measure counts them. */
  readonly unanswered: number;
  /** Means of the measures that the task's protocol reports beside it, by name. */
  readonly measures: Readonly<Record<string, number>>;
}

/** Examples that are answered together. */
const BATCH = 64;

/**
 * Evaluates a model on a split of data, or on examples.
 *
 *   const { accuracy } = await evaluate(student, { task: vqa, data: 'data/vqa', split: 'validation' });
 *
 * Examples whose answers are not known, as in a published test split, are predicted and not judged.
 *
 * @throws UserError where the model has no answers or is for another task, or an example cannot be read and
 * `onUnreadable` is not given.
 */
export const evaluate = async (
  { config, weights, precision }: Model,
  options: EvaluateOptions,
): Promise<Evaluation> => {
  const { task, batch = BATCH, threads, onProgress } = options;
  if (task.name !== config.task)
    throw new UserError(`evaluate: the model is for ${config.task}, and the task is ${task.name}: give its own`);
  const examples = await examplesOf(options);
  const preprocessor = preprocessorFor(config, { ...options, batch });
  await using session = await compileAnswers(config, { weights }, { threads, weightPrecision: precision });
  const predictions: Prediction[] = [];
  for await (const some of predict(session, examples, { task, answers: config.answers, preprocessor })) {
    predictions.push(...some);
    onProgress?.(predictions.length, examples.length);
  }
  // examples that were left out are done with, too
  if (predictions.length < examples.length) onProgress?.(examples.length, examples.length);
  const judged = predictions.filter(({ example }) => isAnswered(example));
  const measures = Object.entries(task.measures?.(judged) ?? {});
  return {
    predictions,
    accuracy: accuracyOf(judged),
    unanswered: predictions.length - judged.length,
    measures: Object.fromEntries(measures.map(([name, values]) => [name, meanOf(values)])),
  };
};

const examplesOf = async (options: EvaluateOptions): Promise<readonly Example[]> => {
  const { task, data, split = 'validation', examples } = options;
  if (examples) return examples;
  if (data !== undefined) return await task.read(data, split, options);
  throw new UserError('evaluate: there is nothing to evaluate on: give the folder of the data, or examples');
};
