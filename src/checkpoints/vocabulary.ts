import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { bertVocabulary, readVocabulary } from '../data/tokenizer.ts';
import { UserError } from '../errors.ts';
import type { Goal } from '../model/config.ts';
import { type HuggingFaceConfig, labelsOf } from './infer-sizes.ts';

/** What may name a classifier's answers, the nearest first. */
export interface AnswerSources {
  readonly answers?: readonly string[] | undefined;
  readonly config?: HuggingFaceConfig | undefined;
  readonly task: Pick<Goal, 'name' | 'answers'>;
  readonly data?: string | undefined;
  readonly path: string;
}

/**
 * The answers of a model in the order of its classifier.
 *
 * @param count how many its head gives; nothing where it has no head yet.
 * @throws UserError where nothing names them, or names another number of them.
 */
export const findAnswers = async (count: number | undefined, sources: AnswerSources): Promise<string[]> => {
  const { answers, config, path, task } = sources;
  const own = count === undefined || !config ? undefined : labelsOf(config);
  const named = answers ?? own ?? (await answersOfTask(sources, count));
  if (count === undefined || named.length === count) return [...named];
  throw new UserError(
    `${path}: its head gives ${count} answers and ${named.length} are named for ${task.name}: give the ${count}, one a line, in the order of the classifier (--answers FILE)`,
  );
};

/** Some tasks have the same answers whatever their data; those of others are in a folder. */
const answersOfTask = async (
  { task, data, path }: AnswerSources,
  count: number | undefined,
): Promise<readonly string[]> => {
  try {
    return await task.answers(data ?? '');
  } catch (cause) {
    if (data !== undefined || !(cause instanceof UserError)) throw cause;
    const head =
      count === undefined
        ? 'it has no head yet, and nothing says'
        : `its head gives ${count} answers, and nothing says`;
    throw new UserError(
      `${path}: ${head} which they are: give them, one a line (--answers FILE), or the data folder of ${task.name}`,
      {
        cause,
      },
    );
  }
};

/**
 * The word pieces of a model by id: those given, those of `vocab.txt` beside the file, or BERT's.
 *
 * @throws UserError where there are none, or not as many as its table has rows.
 */
export const findVocabulary = async (
  rows: number,
  { vocabulary, path }: { readonly vocabulary?: readonly string[] | undefined; readonly path: string },
): Promise<string[]> => {
  const beside = join(dirname(path), 'vocab.txt');
  const pieces = vocabulary ?? (await (existsSync(beside) ? readVocabulary(beside) : bertVocabulary()));
  if (pieces.length === rows) return [...pieces];
  throw new UserError(
    `${path}: its word table has ${rows} rows and the vocabulary ${pieces.length} pieces: put its vocab.txt beside it, or name one (--vocabulary FILE)`,
  );
};
