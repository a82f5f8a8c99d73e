import { basename, dirname, join } from 'node:path';
import { RowError } from '../../../files/json-lines.ts';
import type { Example, ImageSource, ScoredAnswer } from '../../example.ts';
import { createBadRows } from '../../records/bad-rows.ts';
import { captions } from '../../records/captions.ts';
import type { RecordShape } from '../../records/shape.ts';
import { type DatasetQuery, type Format, isFile, namesIn } from '../format.ts';
import { type ArrowBatch, arrowSchema, readArrow } from './file.ts';
import { LISTS } from './schema.ts';
import type { ArrowValue } from './values.ts';
import { viltAnswers } from './vilt-answers.ts';

/**
 * Beginnings of the names of one data set's files, and the files of each split, as the ViLT code trains and measures.
 */
interface ViltSet {
  readonly prefix: string;
  readonly splits: Readonly<Record<string, readonly string[]>>;
}

/** Layout in which the ViLT code keeps the records of one shape. */
interface ViltRecords {
  /** Known sets. A name that is none of a set's splits is taken for the name of one of its files. */
  readonly sets: readonly ViltSet[];
  readonly columns: readonly string[];
  /** Columns of the images. */
  readonly images: readonly string[];
  /** Column of the list of texts. */
  readonly texts: string;
  /** The answers and facts of one of a row's texts. */
  readonly rest: (text: ViltText) => Pick<Example, 'answers' | 'about'>;
}

/** One text of a row: an image, or two, has a list of them. */
interface ViltText {
  /** File and row, for errors. */
  readonly where: string;
  /** Number of the text in its row, from 0. */
  readonly i: number;
  /** The value of a column in the row. */
  readonly value: (column: string) => ArrowValue;
  readonly shape: RecordShape;
}

const vqaRecords: ViltRecords = {
  sets: [
    {
      prefix: 'vqav2',
      splits: { train: ['train', 'trainable_val'], validation: ['rest_val'], test: ['test'] },
    },
  ],
  columns: ['image', 'questions', 'answers', 'answer_scores', 'image_id', 'question_id'],
  images: ['image'],
  texts: 'questions',
  rest: (text) => ({
    answers: scoredAt(text),
    about: { question_id: entryAt(text.value('question_id'), text), image_id: text.value('image_id') },
  }),
};

const nlvr2Records: ViltRecords = {
  sets: [{ prefix: 'nlvr2', splits: { train: ['train'], validation: ['dev'], test: ['test1'] } }],
  columns: ['image_0', 'image_1', 'questions', 'answers', 'identifier'],
  images: ['image_0', 'image_1'],
  texts: 'questions',
  rest: (text) => ({
    answers: labelAt(text),
    about: { identifier: `${textOf(text.value('identifier'), text.where)}-${text.i}` },
  }),
};

const snliVeRecords: ViltRecords = {
  sets: [{ prefix: 'snli_ve', splits: { train: ['train'], validation: ['dev'], test: ['test'] } }],
  columns: ['image', 'questions', 'answers', 'identifier'],
  images: ['image'],
  texts: 'questions',
  rest: (text) => ({ answers: labelAt(text), about: { identifier: text.value('identifier') } }),
};

const captionRecords: ViltRecords = {
  sets: [
    {
      prefix: 'coco_caption_karpathy',
      splits: { train: ['train', 'restval'], validation: ['val'], test: ['test'] },
    },
    { prefix: 'f30k_caption_karpathy', splits: { train: ['train'], validation: ['val'], test: ['test'] } },
    { prefix: 'conceptual_caption', splits: { train: ['train_*'], validation: ['val_0'] } },
    { prefix: 'sbu', splits: { train: ['*'] } },
    { prefix: 'vg', splits: { train: [''] } },
  ],
  columns: ['image', 'caption', 'image_id'],
  images: ['image'],
  texts: 'caption',
  rest: ({ value }) => ({ answers: [], about: { image_id: value('image_id') } }),
};

/** The records of the ViLT code, by the name of their shape. */
const RECORDS: Readonly<Record<string, ViltRecords>> = {
  vqa: vqaRecords,
  nlvr2: nlvr2Records,
  ve: snliVeRecords,
  [captions.name]: captionRecords,
};

/** Splits that some set has by these names, so that they are no file's own name. */
const SPLITS = ['train', 'validation', 'test'];

const fileOf = (prefix: string, split: string): string => `${prefix}${split === '' ? '' : `_${split}`}.arrow`;

const patternsOf = ({ records, split }: DatasetQuery): string[] =>
  RECORDS[records.name]!.sets.flatMap(({ prefix, splits }) =>
    (splits[split] ?? (SPLITS.includes(split) ? [] : [split])).map((one) => fileOf(prefix, one)),
  );

const matches = (pattern: string, name: string): boolean => {
  const [start, end] = pattern.split('*') as [string, string | undefined];
  if (end === undefined) return name === pattern;
  return name.startsWith(start) && name.endsWith(end) && /^\d+$/.test(name.slice(start.length, -end.length));
};

/**
 * The Arrow files that the ViLT code makes of its data sets, each split as that code uses it: validation of VQA, for
 * instance, is the last 1,000 images of val. A row is an image with its texts, and becomes an example for each text.
 * Images are read out of the file one by one when they are needed.
 */
export const viltArrow: Format = {
  name: "the ViLT code's Arrow files",
  serves: Object.keys(RECORDS),
  looksFor: patternsOf,
  open: async (path, query) => {
    const isOneFile = isFile(path);
    if (isOneFile && !(path.endsWith('.arrow') && (await isOfVilt(path, query.records)))) return undefined;
    const folder = isOneFile ? dirname(path) : path;
    const names = isOneFile ? [basename(path)] : filesIn(path, patternsOf(query));
    if (names.length === 0) return undefined;
    const examples: Example[] = [];
    const bad = createBadRows(query);
    for (const name of names) {
      const file = join(folder, name);
      for await (const batch of readArrow(file, RECORDS[query.records.name]!.columns)) {
        for (let row = 0; row < batch.rows; row += 1)
          examples.push(...bad.attempt(() => examplesOf({ file, batch, row }, query.records)));
      }
    }
    const notices = bad.notices(names.join(', '));
    return { layout: `${viltArrow.name} (${names.join(', ')})`, examples, notices };
  },
  answers: viltAnswers,
};

/** Whether a file, whatever its name, is a table of the ViLT code and not another with a text a row. */
const isOfVilt = async (path: string, { name }: RecordShape): Promise<boolean> => {
  const { columns, texts } = RECORDS[name]!;
  const { fields } = await arrowSchema(path);
  const isList = fields.some((field) => field.name === texts && LISTS.includes(field.kind));
  return isList && columns.every((column) => fields.some((field) => field.name === column));
};

const filesIn = (path: string, patterns: readonly string[]): string[] => {
  const names = namesIn(path);
  return patterns.flatMap((pattern) =>
    names.filter((name) => matches(pattern, name)).sort((a, b) => a.localeCompare(b, 'en', { numeric: true })),
  );
};

/** A row of a file. */
interface Row {
  readonly file: string;
  readonly batch: ArrowBatch;
  readonly row: number;
}

const examplesOf = ({ file, batch, row }: Row, shape: RecordShape): Example[] => {
  const { images: imageColumns, texts: textColumn, rest } = RECORDS[shape.name]!;
  const [place, where] = [file, basename(file)].map((name) => `${name}:${batch.first + row + 1}`) as [string, string];
  const value = (column: string): ArrowValue => batch.columns.get(column)!.at(row);
  const images = imageColumns.map((column) =>
    imageAt(value(column), column === 'image' ? place : `${place} ${column}`),
  );
  return listOf(value(textColumn), where).map((text, i) => ({
    id: `${where} text ${i + 1}`,
    images,
    text: textOf(text, where),
    ...rest({ where, i, value, shape }),
  }));
};

const imageAt = (bytes: ArrowValue, name: string): ImageSource => {
  if (typeof bytes === 'object' && bytes !== null && 'read' in bytes) return { name, ...bytes };
  throw new RowError(`${name}: holds no picture: write the file again with the ViLT code.`);
};

const listOf = (list: ArrowValue, where: string): readonly ArrowValue[] => {
  if (Array.isArray(list)) return list;
  throw new RowError(
    `${where}: holds ${JSON.stringify(list)} where a list belongs: write the file again with the ViLT code.`,
  );
};

const textOf = (text: ArrowValue, where: string): string => {
  if (typeof text === 'string') return text;
  throw new RowError(
    `${where}: holds ${JSON.stringify(text)} where a text belongs: write the file again with the ViLT code.`,
  );
};

const entryAt = (list: ArrowValue, { i, where }: Pick<ViltText, 'i' | 'where'>): ArrowValue => {
  const entry = listOf(list, where)[i];
  if (entry !== undefined) return entry;
  throw new RowError(
    `${where}: has more texts than entries of another column: write the file again with the ViLT code.`,
  );
};

/** The label of a statement or hypothesis; none in test files, whose lists of answers are empty. */
const labelAt = (text: ViltText): ScoredAnswer[] => {
  const answers = text.value('answers');
  if (listOf(answers, text.where).length === 0) return [];
  return text.shape.answers.label(entryAt(answers, text), text.where);
};

/** The answers of a question and their scores; none in test files, whose lists of answers are empty. */
const scoredAt = (text: ViltText): ScoredAnswer[] => {
  const { where, value } = text;
  const answers = value('answers');
  if (listOf(answers, where).length === 0) return [];
  return listOf(entryAt(answers, text), where).map((answer, k) => ({
    answer: textOf(answer, where),
    score: Number(entryAt(entryAt(value('answer_scores'), text), { i: k, where })),
  }));
};
