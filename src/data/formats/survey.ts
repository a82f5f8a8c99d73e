import { readdirSync } from 'node:fs';
import { UserError } from '../../errors.ts';
import { isStreamed } from '../../hub/address.ts';
import type { Example } from '../example.ts';
import { firstSeen } from '../folder.ts';
import type { LeftOut } from '../records/bad-rows.ts';
import type { RecordShape } from '../records/shape.ts';
import { type Dataset, type Format, isServing } from './format.ts';
import { localData } from './from-hub.ts';
import { formats, formatsAt, openFormat } from './open-examples.ts';

/** A split, and its name. */
export interface SurveyedSplit extends Dataset {
  readonly split: string;
  /** Rows and annotations that give no example. */
  readonly leftOut: readonly LeftOut[];
}

/** The examples of one shape in a folder or file of data, in whichever layout. */
export interface Survey {
  readonly records: RecordShape;
  readonly splits: readonly SurveyedSplit[];
  /** Errors of splits or layouts that could not be read, a sentence each. */
  readonly problems: readonly string[];
}

/** Usual names of splits, beside those of the files of a folder. */
const USUAL = ['train', 'validation', 'test', 'test-dev', 'test2', 'rest_val'];

/**
 * Looks for records of these shapes in data of any known layout, and reads the examples of each split. Images that are
 * not there are counted and not missed. Rows that may be of any shape count for the first that they fit.
 *
 * @returns a survey of each shape that is found, those with most to a record first; none where no layout fits.
 * @throws UserError where a layout fits, but none of its splits can be read.
 */
export const surveyData = async (place: string, shapes: readonly RecordShape[]): Promise<Survey[]> => {
  const path = await localData(place);
  const problems = new Set<string>();
  const surveys: Survey[] = [];
  for (const records of shapes.toSorted((a, b) => strictness(b) - strictness(a))) {
    const survey = await surveyOf(path, records, (problem) => problems.add(problem));
    if (survey) surveys.push({ records, splits: survey.splits, problems: [...problems] });
    if (survey?.isOfAnyShape) break;
  }
  const [first] = problems;
  if (surveys.length > 0 || first === undefined) return surveys;
  throw new UserError(`${path}: nothing in it can be read: ${first}`);
};

/** Strictness of a shape, by which the strictest is tried first: any row with a caption would do for captions. */
const strictness = ({ answers, images }: RecordShape): number => 10 * ANSWERS_NEEDED[answers.kind] + images;

const ANSWERS_NEEDED = { classes: 2, open: 1, none: 0 } as const;

const surveyOf = async (path: string, records: RecordShape, onProblem: (problem: string) => void) => {
  for (const format of isStreamed(path) ? formatsAt(path, records) : formats.filter((one) => isServing(one, records))) {
    const isOfAnyShape = format.serves === undefined;
    const found: string[] = [];
    const splits = await splitsOf({ path, format, records }, (problem) => found.push(problem));
    const examples = splits.flatMap((split) => split.examples);
    const isServed = splits.length > 0 && (!isOfAnyShape || isFitting(records, examples));
    // what is wrong with rows as records of another shape is nothing to say
    if (isServed || !isOfAnyShape || records.answers.kind === 'open') for (const problem of found) onProblem(problem);
    if (isServed) return { splits, isOfAnyShape };
  }
  return undefined;
};

interface Sought {
  readonly path: string;
  readonly format: Format;
  readonly records: RecordShape;
}

const splitsOf = async (
  { path, format, records }: Sought,
  onProblem: (problem: string) => void,
): Promise<SurveyedSplit[]> => {
  const splits: SurveyedSplit[] = [];
  for (const split of splitNames(path)) {
    const leftOut: LeftOut[] = [];
    const query = { records, split, missing: 'skip', onLeftOut: (one: LeftOut) => leftOut.push(one) } as const;
    const found = await openFormat(format, path, query).catch((error: unknown) => {
      if (!(error instanceof UserError)) throw error;
      onProblem(error.message);
      return undefined;
    });
    const isNew = found && !splits.some((one) => keyOf(one) === keyOf(found));
    if (isNew && found.examples.length + leftOut.length > 0) splits.push({ ...found, split, leftOut });
  }
  return splits;
};

/** A key of a split's files and examples: two names of the same split give the same key. */
const keyOf = ({ layout, examples: [first] }: Dataset): string => `${layout} ${first?.id}`;

/**
 * Possible names of splits: a file is one split, whatever it is called; a folder has those of its tables, and the usual
 * ones.
 */
const splitNames = (path: string): string[] => {
  if (isStreamed(path)) return USUAL;
  try {
    const tables = readdirSync(path).flatMap((name) => /^(.+)\.(jsonl|csv|tsv)$/.exec(name)?.[1] ?? []);
    return [...new Set([...USUAL, ...tables])];
  } catch {
    return ['train'];
  }
};

/** Whether rows that may be of any shape look like records of this one. */
const isFitting = ({ images: count, answers: { kind, classes = [] } }: RecordShape, examples: readonly Example[]) => {
  if (kind === 'none') return true;
  const answers = firstSeen(examples);
  if (answers.length === 0 || (count > 1 && examples.some(({ images }) => images.length !== count))) return false;
  return kind === 'open' || answers.every((answer) => classes.includes(answer));
};
