import { statSync } from 'node:fs';
import { UserError } from '../../errors.ts';
import { isStreamed } from '../../hub/address.ts';
import { listedAnswers } from '../answer-list.ts';
import type { Example } from '../example.ts';
import { firstSeen } from '../folder.ts';
import { type LeftOut, labelsText } from '../records/bad-rows.ts';
import type { RecordShape } from '../records/shape.ts';
import { answerNotices } from './answer-notices.ts';
import { arrowTable } from './arrow/arrow-table.ts';
import { viltArrow } from './arrow/vilt-arrow.ts';
import { cocoCaptions } from './captions/coco.ts';
import { flickrCaptions } from './captions/flickr.ts';
import { karpathy } from './captions/karpathy.ts';
import { type Dataset, type DatasetQuery, type Format, isServing, namesIn } from './format.ts';
import { localData, wordsFolder } from './from-hub.ts';
import { jsonList } from './json-list.ts';
import { nlvr2Lines } from './nlvr2.ts';
import { parquet } from './parquet/parquet.ts';
import { withSamePictures } from './same-pictures.ts';
import { otherTexts, siftTexts } from './sift-texts.ts';
import { snliVeJson, snliVeLines } from './snli-ve.ts';
import { csvFolder, jsonLinesFolder } from './tables.ts';
import { vqav2 } from './vqav2.ts';
import { isShardList } from './webdataset/braces.ts';
import { webDataset } from './webdataset/webdataset.ts';

/** All known layouts, in the order in which a folder is tried for them. */
export const formats: readonly Format[] = [
  jsonLinesFolder,
  csvFolder,
  viltArrow,
  vqav2,
  nlvr2Lines,
  snliVeLines,
  karpathy,
  cocoCaptions,
  flickrCaptions,
  parquet,
  arrowTable,
  webDataset,
  snliVeJson,
  jsonList,
];

/**
 * The examples of a folder or file in whichever layout it has, and what was found there. Data of the Hub (`hf:org/name`)
 * are fetched, the parquet files of the split alone, or read where they are (`hf+stream:org/name`).
 *
 * @throws UserError where there is no such path, no layout fits (it lists what was looked for), or the data are
 * damaged.
 */
export const openExamples = async (place: string, query: DatasetQuery): Promise<Dataset> => {
  const told: string[] = [];
  const path = await localData(place, { split: query.split, onNotice: (notice) => told.push(notice) });
  const found = await openLocal(path, query);
  return told.length > 0 ? { ...found, notices: [...told, ...found.notices] } : found;
};

const openLocal = async (path: string, query: DatasetQuery): Promise<Dataset> => {
  const isElsewhere = isShardList(path) || isStreamed(path);
  if (!isElsewhere) checkThere(path);
  for (const format of formatsAt(path, query.records)) {
    const found = await openFormat(format, path, query);
    if (found && found.examples.length === 0) throw emptyError(path, found);
    if (found) return found;
  }
  if (isStreamed(path))
    throw new UserError(
      `${path}: none of its parquet files holds the split "${query.split}": name another one, or a folder of it, as ${path}/FOLDER`,
    );
  throw splitError(path, query);
};

/**
 * The examples of one layout, or undefined where the path has another. Rows about one picture share its image where the
 * layout is not that of a published set, which says itself which pictures are one. Blank texts are left out, and equal ones
 * of one image count once.
 *
 * @throws UserError with the labels that there are, where rows have labels and none is one of the classes.
 */
export const openFormat = async (format: Format, path: string, query: DatasetQuery): Promise<Dataset | undefined> => {
  const labels = new Map<string, number>();
  const onLeftOut = (one: LeftOut): void => {
    if (one.label !== undefined) labels.set(one.label, (labels.get(one.label) ?? 0) + 1);
    query.onLeftOut?.(one);
  };
  const found = await format.open(path, { ...query, onLeftOut });
  if (!found) return undefined;
  if (labels.size > 0 && found.examples.every(({ answers }) => answers.length === 0))
    throw noLabelError(path, labels, query);
  const isTable = format.serves === undefined && query.records.severalTexts;
  const { examples: all, notices } = isTable ? await withSamePictures(found.examples, path) : { ...found, notices: [] };
  const { examples, notices: sifted } = siftTexts(all, path, query);
  const told = noticesOf(format, path, { query, found: { ...found, examples } });
  return {
    ...found,
    examples: format.serves ? examples.map(asPublished) : examples,
    notices: [...found.notices, ...notices, ...sifted, ...told],
  };
};

/** Error for labels of which none is known: they are those of another task, or of another field. */
const noLabelError = (path: string, labels: ReadonlyMap<string, number>, { records }: DatasetQuery): UserError =>
  new UserError(
    `${path}: no row has a label of ${records.name}, which are ${records.answers.classes!.join(', ')}; there are ${labelsText(labels)}: check the task, and the field of the label.`,
  );

/** Notices about the texts, the answers and the other tables of a split. */
const noticesOf = (
  { serves }: Format,
  path: string,
  { query, found }: { readonly query: DatasetQuery; readonly found: Dataset },
): string[] => [
  ...undecodedIn(path, found.examples),
  ...(serves === undefined
    ? [
        ...otherTexts(found.examples, path, query),
        ...answerNotices(path, found.examples, query),
        ...otherTables(path, found, query),
      ]
    : []),
];

/** A notice of other tables with the name of the split that was read. */
const otherTables = (path: string, { layout }: Dataset, { split }: DatasetQuery): string[] => {
  const isTable = (name: string): boolean => /^\.(jsonl|csv|tsv|parquet|arrow|feather)$/.test(name.slice(split.length));
  const others = namesIn(path).filter((name) => name.startsWith(split) && isTable(name) && !layout.includes(name));
  return others.length === 0 ? [] : [`${path}: ${others.join(', ')} not read, since the split is read from ${layout}.`];
};

/** Pictures of published data sets are read as the reference reads them. */
const asPublished = (example: Example): Example => ({ ...example, pictures: 'as-vilt' });

const checkThere = (path: string): void => {
  try {
    statSync(path);
  } catch (cause) {
    const { code = '' } = cause as NodeJS.ErrnoException;
    const why = /^ENO(ENT|TDIR)$/.test(code) ? 'there is no such file or folder' : `cannot be read (${code})`;
    throw new UserError(`${path}: ${why}: check the path.`, { cause });
  }
};

/**
 * The answers in the order of the classifier: the lines of `answers.txt`, those that the layout says, or else those of
 * the examples to learn from in the order in which they first appear.
 *
 * @throws UserError where no answer is found.
 */
export const openAnswers = async (place: string, records: RecordShape): Promise<string[]> => {
  const path = await localData(place, { split: 'train' });
  const listed = await listedAnswers(isStreamed(path) ? await wordsFolder(path) : path);
  if (listed) return listed;
  for (const format of formatsOf(records)) {
    const answers = await format.answers?.(path);
    if (answers) return [...answers];
  }
  // whether images may be missing is for whoever reads the examples to say
  const seen = firstSeen((await openExamples(path, { records, split: 'train', missing: 'skip' })).examples);
  if (seen.length > 0) return seen;
  throw new UserError(`${path}: no answers found in its train split, and there is no answers.txt: add them.`);
};

/** The layouts that data at a path can have: a list of shards and files on the Hub have one. */
export const formatsAt = (path: string, records: RecordShape): Format[] => {
  if (isShardList(path)) return [webDataset];
  return isStreamed(path) ? [parquet] : formatsOf(records);
};

const formatsOf = (records: RecordShape): Format[] => formats.filter((format) => isServing(format, records));

/** The character that stands for bytes that are no UTF-8. */
const UNDECODED = '\uFFFD';

/** A notice of the texts in which some bytes were no UTF-8; none where there are none. */
const undecodedIn = (path: string, examples: readonly Example[]): string[] => {
  const [first, ...more] = examples.filter(
    ({ text, answers }) => text.includes(UNDECODED) || answers.some(({ answer }) => answer.includes(UNDECODED)),
  );
  if (!first) return [];
  const many = more.length === 0 ? 'a text holds' : `${more.length + 1} texts hold`;
  return [
    `${path}: ${many} U+FFFD, which stands for bytes that are no UTF-8, the first is ${first.id}: ${JSON.stringify(first.text)}: save the file as UTF-8, or they are read and learnt so.`,
  ];
};

const emptyError = (path: string, { layout, notices }: Dataset): UserError =>
  new UserError([`${path}: ${layout}: holds no example that can be used: check its files.`, ...notices].join(' '));

/** The splits, where the folder has JSON lines; otherwise what it holds, and what each layout would have. */
const splitError = (path: string, query: DatasetQuery): UserError => {
  const what = `${path}: has no split "${query.split}" for ${query.records.name}`;
  const names = namesIn(path);
  const splits = names.filter((name) => name.endsWith('.jsonl')).map((name) => name.slice(0, -'.jsonl'.length));
  if (splits.length > 0) return new UserError(`${what}: there are ${splits.join(', ')}: name one of them.`);
  const some = `it has ${names.slice(0, 8).join(', ')}${names.length > 8 ? `, … (${names.length})` : ''}`;
  const layouts = formatsOf(query.records).map(({ name, looksFor }) => `  ${name}: ${looksFor(query).join(', ')}`);
  return new UserError(`${what}: ${names.length > 0 ? some : 'it is empty or no folder'}. Looked for:`, {
    list: layouts,
  });
};
