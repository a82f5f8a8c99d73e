import { adaptModel, type Learnable, type Model } from '../../index.ts';
import { inspectCheckpoint, isHubModel, openCheckpoint, readAnswerList, sharedAnswers } from '../../model.ts';
import { printNotice } from '../terminal/notice.ts';
import { grouped, groupedCount } from '../terminal/table.ts';
import { type ForeignOptions, loadOptions, openModelFor } from './checkpoint.ts';
import { withPullProgress } from './hub.ts';
import { tasks, type Unknown } from './tasks.ts';

/** Options that decide which answers a model gives. */
export interface AnswerFlags extends ForeignOptions {
  readonly data: string;
  readonly seed: number;
  readonly newAnswers?: boolean | undefined;
  readonly unknownAnswers?: Unknown | undefined;
}

/**
 * Opens the model to go on from. It gets a new head where the data, or `--answers`, have answers that it lacks, or
 * where it was trained for another task; a notice says so, and how many answers begin as in the file.
 */
export const startingModel = async (from: string, task: Learnable, options: AnswerFlags): Promise<Model> => {
  const model = await openWithOwnAnswers(from, task, options);
  const answers = await answersFor(model, from, task, options);
  if (answers === undefined) return model;
  const adapted = adaptModel(model, { task, answers, seed: options.seed });
  printNotice(`${from}: ${headNotice(model, task, answers)}`);
  return adapted;
};

/** A teacher, and where it is from. */
export interface OpenedTeacher {
  readonly teacher: Model;
  /** Id of a model of the Hub, with the commit: `org/name@5c9f…`. */
  readonly commit?: string | undefined;
}

/** Opens a teacher, also one with other answers than the data. @throws UserError where it is for another task. */
export const openTeacher = async (path: string, task: Learnable, options: AnswerFlags): Promise<OpenedTeacher> => {
  await using checkpoint = await withPullProgress((pulling) => openCheckpoint(path, pulling));
  const { answers, ...others } = options;
  const teacher = checkpoint.isOurs
    ? await openModelFor(task, path, others)
    : await checkpoint.load({ ...(await loadOptions(task, { ...others, answers })), unnamedAnswers: 'number' });
  return { teacher, commit: commitOf(path, checkpoint.path) };
};

/** Id of a model of the Hub with the commit that was fetched, which its path in the cache names. */
const commitOf = (name: string, path: string): string | undefined => {
  const [, commit] = /[/\\]snapshots[/\\]([0-9a-f]{40})[/\\]/.exec(path) ?? [];
  return commit !== undefined && isHubModel(name) ? `${name.replace(/@.*$/, '')}@${commit}` : undefined;
};

/** Loads a model with its own answers; a file of others that has another task's head, for that task. */
const openWithOwnAnswers = async (from: string, task: Learnable, options: AnswerFlags): Promise<Model> => {
  await using checkpoint = await withPullProgress((pulling) => openCheckpoint(from, pulling));
  if (checkpoint.isOurs) return await checkpoint.load(await loadOptions(undefined, { ...options, answers: undefined }));
  const { classifiers } = await inspectCheckpoint(from, { heads: options.heads });
  const isOwn = classifiers.some((one) => one.task === task.name || one.task === 'classifier');
  const others = Object.values<Learnable>(tasks).filter(({ name }) => classifiers.some((one) => one.task === name));
  const opened = isOwn || others.length === 0 ? task : others[0];
  return await checkpoint.load({ ...(await loadOptions(opened, options)), unnamedAnswers: 'number' });
};

/**
 * The answers of the head that a model is to get; undefined where it keeps its own. `--answers` names those of the data,
 * unless the file itself lacked names and took them from there.
 */
export const answersFor = async (
  { config }: Model,
  path: string,
  task: Learnable,
  options: AnswerFlags,
): Promise<readonly string[] | undefined> => {
  const file = options.answers === undefined ? undefined : await readAnswerList(options.answers);
  const named = file !== undefined && isEqual(file, config.answers) ? undefined : file;
  if (named) return named;
  const wanted = await task.answers(options.data);
  if (config.task !== task.name || options.newAnswers) return wanted;
  const known = new Set(config.answers);
  const lacking = wanted.filter((answer) => !known.has(answer));
  if (lacking.length === 0) return undefined;
  if (options.unknownAnswers !== 'ignore') return wanted;
  printNotice(
    `${path}: lacks ${grouped(lacking.length)} of the ${grouped(wanted.length)} answers of ${options.data} (${JSON.stringify(lacking[0])}), which are ignored: --new-answers gives it a head for them`,
  );
  return undefined;
};

const isEqual = (some: readonly string[], others: readonly string[]): boolean =>
  some.length === others.length && some.every((one, i) => one === others[i]);

const headNotice = (model: Model, task: Learnable, answers: readonly string[]): string => {
  const { config } = model;
  const before = config.task === task.name ? `gives ${countOf(config.answers)}` : `is for ${config.task}`;
  if (answers.length === 0) return `${before}: what ${task.name} needs beside its encoders begins at random`;
  const shared = sharedAnswers(model, answers).length;
  const begin =
    shared === 0 ? 'at random' : `${grouped(shared)} as in the file, ${grouped(answers.length - shared)} at random`;
  return `${before}: a new head for ${countOf(answers)} of ${task.name} begins, ${begin}`;
};

const countOf = (answers: readonly string[]): string => groupedCount(answers.length, 'answer');

/** Says which answers a teacher with others than the model's can teach. */
export const noticeOtherAnswers = (path: string, teacher: Model, answers: readonly string[]): void => {
  if (isEqual(teacher.config.answers, answers)) return;
  const shared = sharedAnswers(teacher, answers).length;
  const soft =
    shared === 0 ? 'its soft labels teach none' : `its soft labels teach the ${grouped(shared)} that both have`;
  const hard = shared < answers.length ? ', and ground truth teaches the others' : '';
  printNotice(`${path}: gives ${countOf(teacher.config.answers)}, and the student ${countOf(answers)}: ${soft}${hard}`);
};
