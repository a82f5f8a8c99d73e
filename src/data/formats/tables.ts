import { join } from 'node:path';
import { readCsv } from '../../files/csv.ts';
import type { Example } from '../example.ts';
import { readFolder } from '../folder.ts';
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
    const examples = await readFolder(path, split, records);
    return { layout: `JSON lines (${split}.jsonl)`, ...withImages(examples, path, query) };
  },
};

/** A folder with images and `train.csv`, which holds their paths in `image`, or in `image_0` and `image_1`. */
export const csvFolder: Format = {
  name: 'CSV',
  looksFor: ({ split }) => [`${split}.csv`],
  open: async (path, query) => {
    const { records: shape, split } = query;
    if (!namesIn(path).includes(`${split}.csv`)) return undefined;
    const reader = createRecordReader(shape);
    const examples: Example[] = [];
    for await (const line of readCsv(join(path, `${split}.csv`))) {
      examples.push(...tableExamples(line, { folder: path, shape, reader }));
    }
    reader.end(`${split}.csv`);
    return { layout: `CSV (${split}.csv)`, ...withImages(examples, path, query) };
  },
};
