import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { bertVocabulary, readVocabulary } from '../../data.ts';
import { type LoadOptions, loadModel, type Model } from '../../index.ts';
import { type ModelPrecision, readAnswerList } from '../../model.ts';
import { printNotice } from '../terminal/notice.ts';
import { checkPrecision } from './device.ts';
import { withPullProgress } from './hub.ts';
import { count } from './options.ts';
import { type TaskName, taskNamed, taskOption } from './tasks.ts';

/** Facts that a checkpoint of others can lack, as options. */
export interface ForeignOptions {
  readonly answers?: string | undefined;
  readonly vocabulary?: string | undefined;
  readonly heads?: number | undefined;
  readonly image?: number | undefined;
  readonly words?: number | undefined;
  readonly weights?: string | undefined;
}

/** Options of opening a model. */
export interface OpenOptions extends ForeignOptions {
  /** Folder of data whose answers are the model's, where no option or file beside it names them. */
  readonly data?: string | undefined;
  /** Seed of a head that is initialised at random. */
  readonly seed?: number | undefined;
}

export const answersOption = (): Option =>
  new Option('--answers <file>', 'its answers: one a line, a JSON list, or a config.json with id2label');
export const headsOption = (): Option =>
  count('--heads <n>', "heads of its attention (default: config.json's, or one for 64 of the width)");
export const weightsOption = (): Option =>
  new Option('--weights <name>', 'which of its weights, where it has several: ema, its moving average');
export const wordsOption = (): Option =>
  count('--words <n>', 'longest text in pieces; beyond its own the position table is interpolated');

/** Adds the options that a verb needs to open a `.ckpt`, `.bin` or Hugging Face folder. */
export const addForeignOptions = (command: Command): Command => {
  const options = [
    taskOption('where the file does not say it'),
    answersOption(),
    new Option('--vocabulary <file>', "its word pieces by id (default: vocab.txt beside it, or BERT's)"),
    headsOption(),
    count('--image <pixels>', 'shortest side of a picture; the position table is resized (default: its own)'),
    wordsOption(),
    weightsOption(),
  ];
  for (const option of options) command.addOption(option.helpGroup('For a checkpoint that dide did not save:'));
  return command;
};

/** Loads a model in any layout, for the task that it says or `--task` names. */
export const openModel = async (
  path: string,
  options: OpenOptions & { readonly task?: TaskName | undefined },
  precision?: ModelPrecision | undefined,
): Promise<Model> => {
  checkPrecision(precision);
  const model = await openModelFor(
    options.task === undefined ? undefined : await taskNamed(options.task),
    path,
    options,
  );
  return precision === undefined ? model : { ...model, precision };
};

/** Loads a model in any layout for a task. @throws UserError where it was trained for another one. */
export const openModelFor = async (task: LoadOptions['task'], path: string, options: OpenOptions): Promise<Model> =>
  await withPullProgress(async (pulling) => loadModel(path, { ...(await loadOptions(task, options)), ...pulling }));

/** Options of loading a checkpoint, from those of the command line. */
export const loadOptions = async (task: LoadOptions['task'], options: OpenOptions): Promise<LoadOptions> => {
  const { answers, vocabulary, heads, image, words, weights, data, seed } = options;
  return {
    task,
    onWarning: printNotice,
    answers: answers === undefined ? undefined : await readAnswerList(answers, { onWarning: printNotice }),
    vocabulary: vocabulary === undefined ? undefined : await piecesIn(vocabulary, data),
    ...{ heads, image, words, weights, data, seed },
  };
};

/** Word pieces by id: `bert`, `data` (the folder's vocab.txt), or a file. */
const piecesIn = async (vocabulary: string, data: string | undefined): Promise<string[]> => {
  if (vocabulary === 'bert') return await bertVocabulary();
  return await readVocabulary(vocabulary === 'data' && data !== undefined ? join(data, 'vocab.txt') : vocabulary);
};
