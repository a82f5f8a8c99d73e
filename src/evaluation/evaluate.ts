import type { Trained } from '../checkpoints/model-file.ts';
import { answeredBy } from '../checkpoints/pretrained.ts';
import type { Example } from '../data/example.ts';
import { loadBatches } from '../data/loader.ts';
import type { Numbers, Weights } from '../engine/numbers.ts';
import { compile, type Session } from '../engine/runtime/session.ts';
import { UserError } from '../errors.ts';
import type { Reading } from '../inference/preprocessor.ts';
import type { Description } from '../model/config.ts';
import { inputsFor } from '../model/encoded.ts';
import { createParams } from '../model/params.ts';
import { bestOf, type Judged, type Task } from '../tasks/task.ts';

/**
 * A graph that answers: the logits of a model, for pairs of text and image.
 *
 * @throws UserError where the model has no answers.
 */
export const compileAnswers = (
  description: Description,
  held: { readonly weights: Weights } | { readonly parameters: Weights },
  { threads }: { readonly threads?: number } = {},
): Promise<Session> => {
  const { sizes, images, task, answers } = description;
  if (answers.length === 0) throw new UserError(`the model (${task}) finds instead of answering: score its gallery`);
  const { logits } = answeredBy(description, createParams(), inputsFor(sizes, { images }));
  return compile({ logits }, { ...held, ...(threads === undefined ? {} : { threads }) });
};

/** Judges every example, in order, yielding batch by batch: the caller counts, shows progress, or stops. */
export async function* judge(
  session: Session,
  examples: readonly Example[],
  { task, answers, reading }: { readonly task: Task; readonly answers: readonly string[]; readonly reading: Reading },
): AsyncGenerator<Judged[], void, undefined> {
  for await (const { feeds, examples: asked } of loadBatches(examples, [...examples.keys()], reading)) {
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
  readonly description: Description;
  /** Weights that go on moving. */
  readonly parameters: Weights;
  readonly examples: readonly Example[];
  readonly task: Task;
  readonly reading: Reading;
  readonly threads?: number;
}

/** Judges a model again and again while it is trained: the accuracy of its weights as they are. */
export const openValidator = async (options: ValidatorOptions): Promise<Validator> => {
  const { description, parameters, examples, task, reading, threads } = options;
  const session = await compileAnswers(description, { parameters }, threads === undefined ? {} : { threads });
  return {
    accuracy: async () => {
      const all = [];
      for await (const judged of judge(session, examples, { task, answers: description.answers, reading }))
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
export const accuracyOf = (judged: readonly Pick<Judged, 'score'>[]): number =>
  judged.reduce((sum, { score }) => sum + score, 0) / judged.length;

export interface EvaluateOptions {
  readonly task: Task;
  readonly reading: Reading;
  readonly threads?: number;
  readonly onProgress?: (done: number, of: number) => void;
}

/** Everything a trained model says of the examples. */
export const evaluate = async (
  { description, weights }: Trained,
  examples: readonly Example[],
  options: EvaluateOptions,
): Promise<Judged[]> => {
  const { task, reading, threads, onProgress } = options;
  await using session = await compileAnswers(description, { weights }, threads === undefined ? {} : { threads });
  const all: Judged[] = [];
  for await (const judged of judge(session, examples, { task, answers: description.answers, reading })) {
    all.push(...judged);
    onProgress?.(all.length, examples.length);
  }
  // what was left out is done with, too
  if (all.length < examples.length) onProgress?.(examples.length, examples.length);
  return all;
};
