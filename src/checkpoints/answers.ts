import { readFile } from 'node:fs/promises';
import { parseAnswerLines } from '../data/answer-list.ts';
import { counted, UserError } from '../errors.ts';
import { readJson } from '../files/json.ts';
import type { Goal } from '../model/config.ts';
import { type HuggingFaceConfig, labelsOf, unlabelledIds } from './beside/config.ts';

/** Sources of a classifier's answers, the first that has them first. */
export interface AnswerSources {
  readonly answers?: readonly string[] | undefined;
  readonly config?: HuggingFaceConfig | undefined;
  readonly task: Pick<Goal, 'name' | 'answers'>;
  /** Data folder of the task. */
  readonly data?: string | undefined;
  /** Path of the model's file, for errors. */
  readonly path: string;
  /** A head whose answers no source names, or names in another number: an error (default), or they are numbered. */
  readonly unnamedAnswers?: 'refuse' | 'number' | undefined;
  /** Receives a sentence where the answers that are passed are not those of the config. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/**
 * Finds the answers of a model: those that are passed, those of its config.json, or those of the task.
 *
 * @param count number of answers of its classifier; undefined where it has none yet.
 * @returns answers in the order of the classifier.
 * @throws UserError where no source names them, or the first one that does names another number of them.
 */
export const findAnswers = async (count: number | undefined, sources: AnswerSources): Promise<string[]> => {
  const { answers, config, path, task } = sources;
  const labels = count === undefined || !config ? undefined : labelsOf(config);
  if (count !== undefined && sources.unnamedAnswers === 'number') return await namedOrNumbered(count, sources, labels);
  if (count !== undefined && config && !answers && !labels) refuseGaps(config, count, path);
  const found = answers ?? labels ?? (await answersOfTask(sources, count));
  if (answers && labels) warnOfOthers(answers, labels, sources);
  else if (labels) warnOfTwice(labels, sources);
  else if (!answers && count !== undefined && config) warnOfNumbers(found, sources);
  if (count === undefined || found.length === count) return [...found];
  throw new UserError(
    `${path}: its head gives ${counted(count, 'answer')} and ${found.length} are named for ${task.name}: give the ${count}, one a line, in the order of the classifier (--answers FILE)`,
  );
};

/** @throws UserError where a config labels some of its classes only. */
const refuseGaps = (config: HuggingFaceConfig, count: number, path: string): void => {
  const [first, ...more] = unlabelledIds(config, count);
  if (first === undefined) return;
  const ids = more.length === 0 ? `id ${first}` : `id ${first} and ${counted(more.length, 'other')}`;
  throw new UserError(
    `${path}: its head gives ${counted(count, 'answer')}, and id2label in config.json has no ${ids} of them: name them all there, or one a line (--answers FILE)`,
  );
};

/** Says where the answers that are passed are not the labels of the config, which the head was trained for. */
const warnOfOthers = (
  answers: readonly string[],
  labels: readonly string[],
  { path, onWarning }: AnswerSources,
): void => {
  const at = answers.findIndex((answer, id) => answer !== labels[id]);
  if (at < 0 || answers.length !== labels.length) return;
  onWarning?.(
    `${path}: config.json names other answers than those that are given, which are taken: ${JSON.stringify(labels[at])} and not ${JSON.stringify(answers[at])} at ${at}`,
  );
};

const warnOfTwice = (labels: readonly string[], { path, onWarning }: AnswerSources): void => {
  const twice = labels.filter((label, id) => labels.indexOf(label) < id);
  if (twice.length === 0) return;
  const some = [...new Set(twice)].slice(0, 3).map((label) => JSON.stringify(label));
  onWarning?.(
    `${path}: config.json gives ${counted(twice.length, 'class')} the label of another one (${some.join(', ')}): they stay apart in the head, and the answer does not say which it was`,
  );
};

const warnOfNumbers = (found: readonly string[], { path, task, onWarning }: AnswerSources): void =>
  onWarning?.(
    `${path}: config.json names no labels: they are taken to be those of ${task.name}, ${found.slice(0, 3).join(', ')}${found.length > 3 ? ', …' : ''}, in this order`,
  );

/** The first of the sources that names so many answers, the labels of the file's own config before all. */
const namedOrNumbered = async (
  count: number,
  sources: AnswerSources,
  labels: readonly string[] | undefined,
): Promise<string[]> => {
  const fits = (names: readonly string[] | undefined): names is readonly string[] => names?.length === count;
  if (fits(labels)) return [...labels];
  if (fits(sources.answers)) return [...sources.answers];
  const ofTask = await answersOfTask(sources, count).catch((error: unknown) => {
    if (error instanceof UserError) return undefined;
    throw error;
  });
  return fits(ofTask) ? [...ofTask] : Array.from({ length: count }, (_, id) => `unknown (${id})`);
};

/** Answers of a task: always the same, or those in its data folder. */
const answersOfTask = async (
  { task, data, path }: AnswerSources,
  count: number | undefined,
): Promise<readonly string[]> => {
  try {
    return await task.answers(data ?? '');
  } catch (cause) {
    if (data !== undefined || !(cause instanceof UserError)) throw cause;
    const head = count === undefined ? 'it has no head yet' : `its head gives ${counted(count, 'answer')}`;
    throw new UserError(
      `${path}: ${head}, and nothing says which they are: give them, one a line (--answers FILE), or the data folder of ${task.name}`,
      { cause },
    );
  }
};

/** Number of answers beyond which a file is no list of a classifier's. */
const MOST_ANSWERS = 2 ** 20;

/**
 * Reads the answers of a classifier from a file: text with one a line, as `answers.txt` has them, a JSON list, `{"0": "no", …}`, `{"no": 0, …}`,
 * or a Hugging Face config with its `id2label`. An id without a name, as ViLT's own vqa_dict.json has one, becomes
 * `unknown (125)`.
 *
 * @returns answers in the order of the classifier.
 * @throws UserError where the file has none of these forms, or names an answer or an id twice.
 */
export const readAnswerList = async (
  path: string,
  { onWarning }: { readonly onWarning?: ((message: string) => void) | undefined } = {},
): Promise<string[]> => {
  const answers = path.endsWith('.json')
    ? answersInJson(await readJson(path), { path, onWarning })
    : await readLines(path);
  const seen = new Set<string>();
  for (const answer of answers) {
    if (seen.has(answer))
      throw new UserError(`${path}: it names ${JSON.stringify(answer)} twice: name each answer once`);
    seen.add(answer);
  }
  if (answers.length > 0) return answers;
  throw new UserError(`${path}: it names no answer: give one a line, in the order of the classifier`);
};

const readLines = async (path: string): Promise<string[]> => {
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new UserError(`${path}: the answers cannot be read (${cause.code}): give a file with one a line`, { cause });
  });
  return parseAnswerLines(text, path);
};

interface JsonSource {
  readonly path: string;
  readonly onWarning: ((message: string) => void) | undefined;
}

const answersInJson = (json: unknown, source: JsonSource): string[] => {
  if (isList(json)) return [...json];
  if (isRecord(json)) {
    for (const name of ['id2label', 'id2answer', 'label2id', 'answer2id']) {
      if (isRecord(json[name])) return answersById(idsAndAnswers(json[name], source), source);
    }
    return answersById(idsAndAnswers(json, source), source);
  }
  throw noAnswers(source);
};

const isList = (json: unknown): json is string[] =>
  Array.isArray(json) && json.every((answer) => typeof answer === 'string');

const isRecord = (json: unknown): json is Record<string, unknown> =>
  typeof json === 'object' && json !== null && !Array.isArray(json);

const noAnswers = ({ path }: JsonSource): UserError =>
  new UserError(`${path}: it is no list of answers: give ["no", "yes"], {"0": "no", "1": "yes"} or one a line`);

/** Pairs of id and answer; either may be the key of the record. */
const idsAndAnswers = (record: Record<string, unknown>, source: JsonSource): [number, string][] =>
  Object.entries(record).map(([key, value]): [number, string] => {
    const [id, answer] = typeof value === 'number' ? [value, key] : [Number(key), value];
    const isId = Number.isSafeInteger(id) && id >= 0 && id < MOST_ANSWERS;
    if (isId && typeof answer === 'string') return [id, answer];
    throw noAnswers(source);
  });

/** Answers in the order of their ids; a missing one gets a name. */
const answersById = (pairs: readonly (readonly [number, string])[], { path, onWarning }: JsonSource): string[] => {
  const answers = new Map(pairs);
  if (answers.size < pairs.length) throw new UserError(`${path}: two answers have one id: give each an id of its own`);
  const count = 1 + pairs.reduce((most, [id]) => Math.max(most, id), -1);
  const missing = count - pairs.length;
  if (missing > pairs.length) throw new UserError(`${path}: ${missing} of ${count} ids have no answer: name them all`);
  return Array.from({ length: count }, (_, id) => {
    const answer = answers.get(id);
    if (answer === undefined) onWarning?.(`${path}: no answer has the id ${id}: it is called "unknown (${id})"`);
    return answer ?? `unknown (${id})`;
  });
};
