import { readdirSync } from 'node:fs';
import { UserError } from '../../errors.ts';
import type { Example } from '../example.ts';
import { firstSeen } from '../folder.ts';
import { viltArrow } from './arrow/vilt-arrow.ts';
import { type Dataset, type ExampleTask, exampleTasks, type Format } from './format.ts';
import { formats } from './open-examples.ts';
import { entailmentLabels } from './snli-ve.ts';

/** A split as it was found. */
export interface SurveyedSplit extends Dataset {
  readonly split: string;
}

/** What a folder or file of data holds, in whichever layout. */
export interface Survey {
  /** The task that its examples serve. */
  readonly task: ExampleTask;
  readonly splits: readonly SurveyedSplit[];
  /** What is wrong with splits or layouts that could not be read, a sentence each. */
  readonly problems: readonly string[];
}

/** Names that layouts give to splits, beside those of the files of a folder. */
const USUAL = ['train', 'validation', 'test', 'test-dev', 'test2', 'rest_val'];

/**
 * Looks at data in any layout that is known: each task that its examples serve, and the examples of each split. Images
 * that are not there are counted and not missed. Nothing where no layout fits.
 *
 * @throws UserError where a layout fits, but none of its splits can be read.
 */
export const surveyData = async (path: string): Promise<Survey[]> => {
  const problems = new Set<string>();
  const surveys: Survey[] = [];
  for (const task of TASKS) {
    const survey = await surveyOf(path, task, (problem) => problems.add(problem));
    if (survey) surveys.push({ ...survey, problems: [...problems] });
    // rows that may be of any task are of the first that they serve
    if (survey?.isOfAnyTask) break;
  }
  const [first] = problems;
  if (surveys.length > 0 || first === undefined) return surveys;
  throw new UserError(`${path}: nothing in it can be read: ${first}`);
};

/** Those whose rows hold most first: any row with a caption would do for retrieval. */
const TASKS: readonly ExampleTask[] = ['nlvr2', 've', 'vqa', 'retrieval'];

const surveyOf = async (path: string, task: ExampleTask, onProblem: (problem: string) => void) => {
  for (const format of formats.filter(({ tasks }) => tasks.includes(task))) {
    const isOfAnyTask = format.tasks.length === exampleTasks.length && format !== viltArrow;
    // what is wrong of rows as another task's is nothing to say
    const heard: string[] = [];
    const splits = await splitsOf({ path, format, task }, (problem) => heard.push(problem));
    const examples = splits.flatMap((split) => split.examples);
    const isServed = splits.length > 0 && (!isOfAnyTask || serves(task, examples));
    if (isServed || !isOfAnyTask || task === 'vqa') for (const problem of heard) onProblem(problem);
    if (isServed) return { task, splits, isOfAnyTask };
  }
  return undefined;
};

interface Sought {
  readonly path: string;
  readonly format: Format;
  readonly task: ExampleTask;
}

const splitsOf = async (
  { path, format, task }: Sought,
  onProblem: (problem: string) => void,
): Promise<SurveyedSplit[]> => {
  const splits: SurveyedSplit[] = [];
  for (const split of splitNames(path)) {
    const found = await format.open(path, { task, split, missing: 'skip' }).catch((error: unknown) => {
      if (!(error instanceof UserError)) throw error;
      onProblem(error.message);
      return undefined;
    });
    const isNew = found && !splits.some((one) => keyOf(one) === keyOf(found));
    if (isNew && (found.examples.length > 0 || (found.missing ?? 0) > 0)) splits.push({ ...found, split });
  }
  return splits;
};

/** Two names of one split give the same. */
const keyOf = ({ layout, examples: [first] }: Dataset): string => `${layout} ${first?.id}`;

/** A file is one split, whatever it is called; a folder has those of its tables, and the usual ones. */
const splitNames = (path: string): string[] => {
  try {
    const tables = readdirSync(path).flatMap((name) => /^(.+)\.(jsonl|csv)$/.exec(name)?.[1] ?? []);
    return [...new Set([...USUAL, ...tables])];
  } catch {
    return ['train'];
  }
};

/** Whether rows that may be of any task look like those of one. */
const serves = (task: ExampleTask, examples: readonly Example[]): boolean => {
  const answers = firstSeen(examples).map((answer) => answer.toLowerCase());
  const areAmong = (labels: readonly string[]): boolean =>
    answers.length > 0 && answers.every((answer) => labels.includes(answer));
  if (task === 'nlvr2') return examples.every(({ images }) => images.length === 2) && areAmong(['true', 'false']);
  if (task === 've') return areAmong(entailmentLabels);
  if (task === 'vqa') return answers.length > 0;
  return true;
};
