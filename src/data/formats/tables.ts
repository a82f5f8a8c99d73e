import { join } from 'node:path';
import { readCsv } from '../../files/csv.ts';
import { textField } from '../../files/json-lines.ts';
import { type Example, imageName } from '../example.ts';
import { readCaptions, readFolder } from '../folder.ts';
import { createFinder, createMissing, type ExampleTask, exampleTasks, type Format, namesIn } from './format.ts';
import { recordExamples } from './record.ts';

/** A plain folder: pictures, and `train.jsonl` with a JSON object a line about each. */
export const jsonLinesFolder: Format = {
  name: 'JSON lines',
  tasks: exampleTasks,
  looksFor: ({ split }) => [`${split}.jsonl`],
  open: async (path, wanted) => {
    const { task, split } = wanted;
    if (!namesIn(path).includes(`${split}.jsonl`)) return undefined;
    const all = await (task === 'retrieval' ? readCaptions : readFolder)(path, split);
    const [find, missing] = [createFinder(''), createMissing(wanted)];
    const examples = all.filter(({ id, images }) => {
      const gone = images.map(imageName).filter((name) => !find([name]));
      if (gone.length > 0) missing.add(id, gone.slice(0, 1));
      return gone.length === 0;
    });
    return {
      layout: `JSON lines (${split}.jsonl)`,
      examples,
      notices: missing.notices(path),
      missing: missing.count(),
    };
  },
};

/** A plain folder: pictures, and `train.csv` with their paths in `image`, or in `image_0` and `image_1`. */
export const csvFolder: Format = {
  name: 'CSV',
  tasks: exampleTasks,
  looksFor: ({ split }) => [`${split}.csv`],
  open: async (path, wanted) => {
    const file = join(path, `${wanted.split}.csv`);
    if (!namesIn(path).includes(`${wanted.split}.csv`)) return undefined;
    const [find, missing] = [createFinder(path), createMissing(wanted)];
    const examples: Example[] = [];
    for await (const line of readCsv(file)) {
      const names = imagesOf(wanted.task).map((name) => textField(line, name));
      const images = names.flatMap((name) => find([name]) ?? []);
      const { image, image_0, image_1, ...row } = line.row;
      if (images.length === names.length) examples.push(...recordExamples({ ...line, row }, images, wanted.task));
      else missing.add(line.where, names);
    }
    return { layout: `CSV (${wanted.split}.csv)`, examples, notices: missing.notices(path), missing: missing.count() };
  },
};

/** The columns or members that hold an example's pictures. */
export const imagesOf = (task: ExampleTask): string[] => (task === 'nlvr2' ? ['image_0', 'image_1'] : ['image']);
