import { statSync } from 'node:fs';
import { UserError } from '../../errors.ts';
import type { Example } from '../example.ts';
import { firstSeen, listedAnswers } from '../folder.ts';
import { viltArrow } from './arrow/vilt-arrow.ts';
import { type Dataset, type DatasetQuery, exampleTasks, type Format, namesIn, type ReadOptions } from './format.ts';
import { karpathy } from './karpathy.ts';
import { nlvr2Lines } from './nlvr2.ts';
import { parquet } from './parquet/parquet.ts';
import { snliVeJson, snliVeLines } from './snli-ve.ts';
import { csvFolder, jsonLinesFolder } from './tables.ts';
import { vqav2 } from './vqav2.ts';
import { webDataset } from './webdataset/webdataset.ts';

/** The layouts that are known, in the order in which a folder is tried for them. */
export const formats: readonly Format[] = [
  jsonLinesFolder,
  csvFolder,
  viltArrow,
  vqav2,
  nlvr2Lines,
  snliVeLines,
  karpathy,
  parquet,
  webDataset,
  snliVeJson,
];

/**
 * The examples of a folder or file in whichever layout it has, and what was found there.
 *
 * @throws UserError where there is no such path, no layout fits (it lists what was looked for), or the data are damaged.
 */
export const openExamples = async (path: string, wanted: DatasetQuery): Promise<Dataset> => {
  if (!exampleTasks.includes(wanted.task)) throw new Error(`openExamples: no task ${wanted.task}`);
  const isList = path.includes('{') || path.includes('::');
  if (!isList && !statSync(path, { throwIfNoEntry: false })) {
    throw new UserError(`${path}: there is no such file or folder: check the path.`);
  }
  for (const format of isList ? [webDataset] : ofTask(wanted)) {
    const found = await format.open(path, wanted);
    if (found && found.examples.length === 0) throw emptyError(path, found);
    if (found) return found;
  }
  throw new UserError(`${path}: has no split "${wanted.split}" for ${wanted.task}: ${hasOf(path, wanted)}`);
};

/**
 * The answers in the order of the classifier: the lines of `answers.txt`, those that the layout says, or else those of
 * the examples to learn from in the order in which they first appear.
 *
 * @throws UserError where no answer is found.
 */
export const openAnswers = async (path: string, task: DatasetQuery['task']): Promise<string[]> => {
  const listed = await listedAnswers(path);
  if (listed) return listed;
  for (const format of ofTask({ task })) {
    const answers = await format.answers?.(path);
    if (answers) return [...answers];
  }
  // whether pictures may be missing is for whoever reads the examples to say
  const seen = firstSeen((await openExamples(path, { task, split: 'train', missing: 'skip' })).examples);
  if (seen.length > 0) return seen;
  throw new UserError(`${path}: no answers found in its train split, and there is no answers.txt: add them.`);
};

/** How a task reads its examples, whatever layout they have. Notices are heard before the examples are there. */
export const readingOf =
  (task: DatasetQuery['task']) =>
  async (path: string, split: string, { missing, onWarning }: ReadOptions = {}): Promise<Example[]> => {
    const found = await openExamples(path, { task, split, ...(missing ? { missing } : {}) });
    for (const notice of found.notices) onWarning?.(notice);
    return found.examples;
  };

const ofTask = ({ task }: Pick<DatasetQuery, 'task'>): Format[] => formats.filter(({ tasks }) => tasks.includes(task));

const emptyError = (path: string, { layout, notices }: Dataset): UserError =>
  new UserError([`${path}: ${layout}: holds no example that can be used: check its files.`, ...notices].join(' '));

/** The splits, where the layout is known; otherwise what is there, and what each layout would have. */
const hasOf = (path: string, wanted: DatasetQuery): string => {
  const names = namesIn(path);
  const splits = names.filter((name) => name.endsWith('.jsonl')).map((name) => name.slice(0, -'.jsonl'.length));
  if (splits.length) return `there are ${splits.join(', ')}: name one of them.`;
  const some = `it has ${names.slice(0, 8).join(', ')}${names.length > 8 ? `, … (${names.length})` : ''}`;
  return `${names.length ? some : 'it is empty or no folder'}. Looked for:${looked(wanted)}`;
};

const looked = (wanted: DatasetQuery): string =>
  ofTask(wanted)
    .map((format) => `\n  ${format.name}: ${format.looksFor(wanted).join(', ')}`)
    .join('');
