import { basename, dirname } from 'node:path';
import { readCsv } from '../../files/csv.ts';
import { type JsonLine, type RowOptions, readJsonLines } from '../../files/json-lines.ts';
import type { Example } from '../example.ts';
import { readFolder } from '../folder.ts';
import { createBadRows } from '../records/bad-rows.ts';
import { tableExamples } from '../records/image-fields.ts';
import { createRecordReader } from '../records/read-record.ts';
import {
  createFinder,
  type Dataset,
  type DatasetQuery,
  type Format,
  isFile,
  namesIn,
  shortNames,
  splitIn,
} from './format.ts';
import { withImages } from './missing-images.ts';

/**
 * A folder with images and `train.jsonl`, a JSON object a line about each: see `readFolder`; a file of that kind,
 * whatever its name; or `metadata.jsonl` among the images, as the datasets library has it.
 */
export const jsonLinesFolder: Format = {
  name: 'JSON lines',
  looksFor: ({ split }) => [`${split}.jsonl`, `${split}/metadata.jsonl`],
  open: async (path, query) => {
    const { records, split } = query;
    const name = `${split}.jsonl`;
    if (!namesIn(path).includes(name)) {
      const file = tableIn(path, split, ['jsonl']);
      return file === undefined
        ? undefined
        : readTable({ path, file }, query, { kind: 'JSON lines', lines: readJsonLines });
    }
    const bad = createBadRows(query);
    const read = await readFolder(path, split, records, bad);
    const { notices, ...found } = withImages(read.examples, path, query);
    return { layout: `JSON lines (${name})`, ...found, notices: [...bad.notices(name), ...read.notices, ...notices] };
  },
};

/**
 * A folder with images and `train.csv` or `train.tsv`, which holds their paths in `image`, or in `image_0` and
 * `image_1`: see `readCsv`; a file of that kind, whatever its name; or `metadata.csv` among the images, as the datasets
 * library has it.
 */
export const csvFolder: Format = {
  name: 'CSV',
  looksFor: ({ split }) => [`${split}.csv`, `${split}.tsv`, `${split}/metadata.csv`],
  open: async (path, query) => {
    const file = tableIn(path, query.split, ['csv', 'tsv']);
    return file === undefined ? undefined : readTable({ path, file }, query, { kind: 'CSV', lines: readCsv });
  },
};

const SPLITS = { validation: ['validation', 'val', 'dev', 'valid'] };

/** The table of a split in a folder: that of its name, or one among the images; a file is that of any split. */
const tableIn = (path: string, split: string, endings: readonly string[]): string | undefined => {
  if (isFile(path)) return endings.some((ending) => path.endsWith(`.${ending}`)) ? path : undefined;
  const names = splitIn(SPLITS, split).flatMap((one) => [one, `${one}/metadata`]);
  if (split === 'train') names.push('metadata');
  return createFinder(path)(names.flatMap((name) => endings.map((ending) => `${name}.${ending}`)));
};

/** Reader of the rows of a table, and the name of its kind. */
interface TableKind {
  readonly kind: string;
  readonly lines: (file: string, options: RowOptions) => AsyncIterable<JsonLine>;
}

const readTable = async (
  { path, file }: { readonly path: string; readonly file: string },
  query: DatasetQuery,
  { kind, lines }: TableKind,
): Promise<Dataset> => {
  const [bad, reader, name] = [createBadRows(query), createRecordReader(query.records), basename(file)];
  const named = shortNames([file], path).get(file)!;
  const place = { folder: dirname(file), shape: query.records, reader };
  const examples: Example[] = [];
  for await (const line of lines(file, { onBadRow: bad.add })) {
    const where = `${named}${line.where.slice(name.length)}`;
    examples.push(...bad.attempt(() => tableExamples({ ...line, where }, place)));
  }
  const left = bad.notices(named);
  left.push(...reader.end(named));
  const { notices, ...found } = withImages(examples, file, query);
  return { layout: `${kind} (${named})`, ...found, notices: [...left, ...notices] };
};
