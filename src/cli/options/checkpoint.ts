import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { bertVocabulary, readVocabulary } from '../../data.ts';
import {
  type CheckpointInfo,
  inspectCheckpoint,
  type LoadOptions,
  loadModel,
  type Model,
  type Task,
  UserError,
} from '../../index.ts';
import { readAnswerList } from '../../model.ts';
import { count, given } from './options.ts';
import { type TaskName, taskNamed, taskOption, tasks } from './tasks.ts';

/** What a checkpoint that dide did not save may not say of itself. */
export interface ForeignOptions {
  readonly answers?: string | undefined;
  readonly vocabulary?: string | undefined;
  readonly heads?: number | undefined;
  readonly image?: number | undefined;
  readonly words?: number | undefined;
}

/** What else there is to know where a model is opened. */
export interface OpenOptions extends ForeignOptions {
  /** Where its answers may be found, if nothing nearer names them. */
  readonly data?: string | undefined;
  /** Of a head that begins at random. */
  readonly seed?: number | undefined;
}

export const answersOption = (): Option =>
  new Option('--answers <file>', 'its answers: one a line, a JSON list, or a config.json with id2label');
export const headsOption = (): Option =>
  count('--heads <n>', "heads of its attention (default: config.json's, or one for 64 of the width)");
export const wordsOption = (): Option =>
  count('--words <n>', 'longest text in pieces; beyond its own the position table is interpolated');

/** Gives a verb that opens a model what it has to be told of a `.ckpt`, `.bin` or Hugging Face folder. */
export const addForeignOptions = (command: Command): Command => {
  const options = [
    taskOption('where the file does not say it'),
    answersOption(),
    new Option('--vocabulary <file>', "its word pieces by id (default: vocab.txt beside it, or BERT's)"),
    headsOption(),
    count('--image <pixels>', 'shortest side of a picture; the position table is resized (default: its own)'),
    wordsOption(),
  ];
  for (const option of options) command.addOption(option.helpGroup('For a checkpoint that dide did not save:'));
  return command;
};

/** Opens a model of anybody's, for the task that it says or `--task` names. */
export const openModel = async (
  path: string,
  options: OpenOptions & { readonly task?: TaskName | undefined },
): Promise<Model> => {
  if (options.task !== undefined) return await openModelFor(await taskNamed(options.task), path, options);
  const looked = await inspectCheckpoint(path);
  if (!looked.isOurs) return await openModelFor(taskIn(looked, path), path, options);
  sayUnused(path, options);
  return await loadModel(looked.path);
};

/** Opens a model of anybody's for a task. @throws UserError where it was trained for another one. */
export const openModelFor = async (
  task: Pick<Task, 'name' | 'images' | 'scoring' | 'answers'>,
  path: string,
  options: OpenOptions,
): Promise<Model> => {
  const { isOurs } = await inspectCheckpoint(path);
  if (isOurs) sayUnused(path, options);
  return await loadModel(path, { task, onWarning: say, ...(isOurs ? {} : await factsOf(options)) });
};

/** A file of ours says all of it, and what it says holds; options that say it once more are named on stderr. */
export const sayUnused = (path: string, { answers, vocabulary, heads, image, words }: ForeignOptions): void => {
  const names = Object.keys(given({ answers, vocabulary, heads, image, words })).map((name) => `--${name}`);
  if (names.length === 0) return;
  const which = `${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} not used for it`;
  say(`${path}: it was saved by dide and says this itself: ${which}`);
};

const taskIn = ({ classifiers }: CheckpointInfo, path: string): Task => {
  const known: readonly Task[] = Object.values(tasks);
  const named = classifiers.flatMap(({ task }) => known.filter(({ name }) => name === task));
  if (named.length === 1) return named[0]!;
  throw new UserError(`${path}: it does not say its task: give --task ${Object.keys(tasks).join(' or --task ')}`);
};

const factsOf = async (options: OpenOptions): Promise<Omit<LoadOptions, 'task'>> => {
  const { answers, vocabulary, heads, image, words, data, seed } = options;
  return given({
    answers: answers === undefined ? undefined : await readAnswerList(answers, { onWarning: say }),
    vocabulary: vocabulary === undefined ? undefined : await piecesIn(vocabulary, data),
    ...{ heads, image, words, data, seed },
  });
};

/** `bert`, `data` as finetune has them, or a file. */
const piecesIn = async (vocabulary: string, data: string | undefined): Promise<string[]> => {
  if (vocabulary === 'bert') return await bertVocabulary();
  return await readVocabulary(vocabulary === 'data' && data !== undefined ? join(data, 'vocab.txt') : vocabulary);
};

const say = (message: string): void => void process.stderr.write(`${message}\n`);
