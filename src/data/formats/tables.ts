import { join } from 'node:path';
import { readCsv } from '../../files/csv.ts';
import type { Example } from '../example.ts';
import { readFolder } from '../folder.ts';
import { createBadRows } from '../records/bad-rows.ts';
import { tableExamples } from '../records/image-fields.ts';
import { createRecordReader } from '../records/read-record.ts';
import { type Format, namesIn } from './format.ts';
import { withImages } from './missing-images.ts';

/** A folder with images and `train.jsonl`, a JSON object a line about each: see `readFolder`. */
export const jsonLinesFolder: Format = {
  name: 'JSON lines',
  looksFor: ({ split }) => [`${split}.jsonl`],
  open: async (path, query) => {
    const { records, split } = query;
    if (!namesIn(path).includes(`${split}.jsonl`)) return undefined;
    const bad = createBadRows(query);
    const { notices, ...found } = withImages(await readFolder(path, split, records, bad), path, query);
    const name = `${split}.jsonl`;
    return { layout: `JSON lines (${name})`, ...found, notices: [...bad.notices(name), ...notices] };
  },
};

/**
 * A folder with images and `train.csv` or `train.tsv`, which holds their paths in `image`, or in `image_0` and
 * `image_1`: see `readCsv`.
 */
export const csvFolder: Format = {
  name: 'CSV',
  looksFor: ({ split }) => [`${split}.csv`, `${split}.tsv`],
  open: async (path, query) => {
    const { records: shape, split } = query;
    const name = namesIn(path).find((one) => one === `${split}.csv` || one === `${split}.tsv`);
    if (name === undefined) return undefined;
    const reader = createRecordReader(shape);
    const examples: Example[] = [];
    const bad = createBadRows(query);
    for await (const line of readCsv(join(path, name), { onBadRow: bad.add })) {
      examples.push(...bad.attempt(() => tableExamples(line, { folder: path, shape, reader })));
    }
    const left = bad.notices(name);
    reader.end(name);
    const { notices, ...found } = withImages(examples, path, query);
    return { layout: `CSV (${name})`, ...found, notices: [...left, ...notices] };
  },
};
