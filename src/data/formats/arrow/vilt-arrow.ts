import { statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { UserError } from '../../../errors.ts';
import { type Example, type ImageSource, type ScoredAnswer, scoredLabel } from '../../example.ts';
import { type DatasetQuery, type ExampleTask, type Format, namesIn } from '../format.ts';
import type { ArrowValue } from './column.ts';
import { type ArrowBatch, readArrow } from './file.ts';
import { viltAnswers } from './vilt-answers.ts';

/** One set of the ViLT code: the beginnings of its files' names, and the files of each split. */
interface ViltSet {
  readonly task: ExampleTask;
  readonly prefix: string;
  readonly splits: Readonly<Record<string, readonly string[]>>;
}

/** As the ViLT code trains and measures; where a set has no split of that name, a file's own name is one. */
const SETS: readonly ViltSet[] = [
  {
    task: 'vqa',
    prefix: 'vqav2',
    splits: { train: ['train', 'trainable_val'], validation: ['rest_val'], test: ['test'] },
  },
  { task: 'nlvr2', prefix: 'nlvr2', splits: { train: ['train'], validation: ['dev'], test: ['test1'] } },
  { task: 've', prefix: 'snli_ve', splits: { train: ['train'], validation: ['dev'], test: ['test'] } },
  {
    task: 'retrieval',
    prefix: 'coco_caption_karpathy',
    splits: { train: ['train', 'restval'], validation: ['val'], test: ['test'] },
  },
  {
    task: 'retrieval',
    prefix: 'f30k_caption_karpathy',
    splits: { train: ['train'], validation: ['val'], test: ['test'] },
  },
  { task: 'retrieval', prefix: 'conceptual_caption', splits: { train: ['train_*'], validation: ['val_0'] } },
  { task: 'retrieval', prefix: 'sbu', splits: { train: ['*'] } },
  { task: 'retrieval', prefix: 'vg', splits: { train: [''] } },
];

const fileOf = (prefix: string, split: string): string => `${prefix}${split === '' ? '' : `_${split}`}.arrow`;

const patternsOf = ({ task, split }: DatasetQuery): string[] =>
  SETS.filter((set) => set.task === task).flatMap(({ prefix, splits }) =>
    (splits[split] ?? (split in SETS[0]!.splits ? [] : [split])).map((one) => fileOf(prefix, one)),
  );

const matches = (pattern: string, name: string): boolean => {
  const [start, end] = pattern.split('*') as [string, string | undefined];
  if (end === undefined) return name === pattern;
  return name.startsWith(start) && name.endsWith(end) && /^\d+$/.test(name.slice(start.length, -end.length));
};

/**
 * The Arrow files that the ViLT code makes of its data sets, of each the split as that code uses it: validation of VQA is
 * the last 1,000 images of val, for instance. A row is an image with its texts, and becomes an example for each text.
 * Pictures are read out of the file one by one when they are needed. Captions of an image that are the same count once.
 */
export const viltArrow: Format = {
  name: "the ViLT code's Arrow files",
  tasks: ['vqa', 'nlvr2', 've', 'retrieval'],
  looksFor: patternsOf,
  open: async (path, wanted) => {
    const isFile = statSync(path).isFile();
    if (isFile && !path.endsWith('.arrow')) return undefined;
    const folder = isFile ? dirname(path) : path;
    const names = isFile ? [basename(path)] : filesIn(path, patternsOf(wanted));
    if (names.length === 0) return undefined;
    const examples: Example[] = [];
    for (const name of names) {
      for await (const batch of readArrow(join(folder, name), COLUMNS[wanted.task])) {
        for (let row = 0; row < batch.rows; row += 1) examples.push(...examplesOf(wanted.task, { name, batch, row }));
      }
    }
    return { layout: `${viltArrow.name} (${names.join(', ')})`, examples, notices: [] };
  },
  answers: viltAnswers,
};

const filesIn = (path: string, patterns: readonly string[]): string[] => {
  const names = namesIn(path);
  return patterns.flatMap((pattern) =>
    names.filter((name) => matches(pattern, name)).sort((a, b) => a.localeCompare(b, 'en', { numeric: true })),
  );
};

const COLUMNS: Readonly<Record<ExampleTask, readonly string[]>> = {
  vqa: ['image', 'questions', 'answers', 'answer_scores', 'image_id', 'question_id'],
  nlvr2: ['image_0', 'image_1', 'questions', 'answers', 'identifier'],
  ve: ['image', 'questions', 'answers', 'identifier'],
  retrieval: ['image', 'caption', 'image_id'],
};

/** One row: an image, or two, and its texts. */
interface Row {
  readonly name: string;
  readonly batch: ArrowBatch;
  readonly row: number;
}

const examplesOf = (task: ExampleTask, at: Row): Example[] => {
  const { name, batch, row } = at;
  const where = `${name}:${batch.first + row + 1}`;
  const images = task === 'nlvr2' ? [imageAt(at, 'image_0'), imageAt(at, 'image_1')] : [imageAt(at, 'image')];
  const texts = listOf(value(at, task === 'retrieval' ? 'caption' : 'questions'), where).map((text) =>
    textOf(text, where),
  );
  const kept = task === 'retrieval' ? [...new Set(texts)] : texts;
  return kept.map((text, i) => ({
    id: `${where} text ${i + 1}`,
    images,
    text,
    ...SAID[task](at, { i, where, texts }),
  }));
};

const value = ({ batch, row }: Row, column: string): ArrowValue => batch.columns.get(column)!.at(row);

const imageAt = (at: Row, column: string): ImageSource => {
  const bytes = value(at, column);
  const name = `${at.name}:${at.batch.first + at.row + 1}${column === 'image' ? '' : ` ${column}`}`;
  if (typeof bytes === 'object' && bytes !== null && 'read' in bytes) return { name, read: bytes.read };
  throw new UserError(`${name}: holds no picture: write the file again with the ViLT code.`);
};

interface Text {
  readonly i: number;
  readonly where: string;
  readonly texts: readonly string[];
}

type Said = (at: Row, text: Text) => Pick<Example, 'answers' | 'about'>;

const SAID: Readonly<Record<ExampleTask, Said>> = {
  vqa: (at, { i, where }) => ({
    answers: scoredAt(value(at, 'answers'), value(at, 'answer_scores'), { i, where }),
    about: { question_id: entryAt(value(at, 'question_id'), i, where), image_id: value(at, 'image_id') },
  }),
  nlvr2: (at, { i, where }) => ({
    answers: labelAt(value(at, 'answers'), i, where),
    about: { identifier: `${textOf(value(at, 'identifier'), where)}-${i}` },
  }),
  ve: (at, { i, where }) => ({
    answers: labelAt(value(at, 'answers'), i, where),
    about: { identifier: value(at, 'identifier') },
  }),
  retrieval: (at) => ({ answers: [], about: { image_id: value(at, 'image_id') } }),
};

const listOf = (list: ArrowValue, where: string): readonly ArrowValue[] => {
  if (Array.isArray(list)) return list;
  throw new UserError(
    `${where}: holds ${JSON.stringify(list)} where a list belongs: write the file again with the ViLT code.`,
  );
};

const textOf = (text: ArrowValue, where: string): string => {
  if (typeof text === 'string') return text;
  throw new UserError(
    `${where}: holds ${JSON.stringify(text)} where a text belongs: write the file again with the ViLT code.`,
  );
};

const entryAt = (list: ArrowValue, i: number, where: string): ArrowValue => {
  const entry = listOf(list, where)[i];
  if (entry !== undefined) return entry;
  throw new UserError(
    `${where}: has more texts than entries of another column: write the file again with the ViLT code.`,
  );
};

const labelAt = (labels: ArrowValue, i: number, where: string): ScoredAnswer[] =>
  scoredLabel(textOf(entryAt(labels, i, where), where));

/** Test files have no answers: their lists are empty. */
const scoredAt = (answers: ArrowValue, scores: ArrowValue, { i, where }: Omit<Text, 'texts'>): ScoredAnswer[] => {
  if (listOf(answers, where).length === 0) return [];
  return listOf(entryAt(answers, i, where), where).map((answer, k) => ({
    answer: textOf(answer, where),
    score: Number(entryAt(entryAt(scores, i, where), k, where)),
  }));
};
