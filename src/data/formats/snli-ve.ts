import { basename } from 'node:path';
import { readJsonArray } from '../../files/json-array.ts';
import { type JsonLine, type RowOptions, readJsonLines, textField } from '../../files/json-lines.ts';
import type { Example } from '../example.ts';
import { createBadRows } from '../records/bad-rows.ts';
import type { RecordShape } from '../records/shape.ts';
import { createFinder, type DatasetQuery, type Format, splitIn } from './format.ts';
import { createMissing } from './missing-images.ts';

const SPLITS = { validation: ['dev'] };

const FOLDERS = ['images', 'Flickr30K_images', 'flickr30k_images', 'flickr30k-images', '.'];

/** Files and fields of one layout of SNLI-VE. */
interface Layout {
  readonly name: string;
  readonly file: (split: string) => string;
  readonly lines: (file: string, options: RowOptions) => AsyncIterable<JsonLine>;
  readonly fields: { readonly image: string; readonly text: string; readonly label: string };
}

/** A layout of SNLI-VE (Xie et al. 2019). Pairs without a gold label, `-`, have no answer. */
const snliVe = ({ name, file: fileName, lines, fields }: Layout): Format => {
  const fileOf = ({ split }: DatasetQuery): string => fileName((splitIn(SPLITS, split) as [string])[0]);
  return {
    name,
    serves: ['ve'],
    looksFor: (query) => [fileOf(query)],
    open: async (path, query) => {
      const find = createFinder(path);
      const file = find([fileOf(query), `data/${fileOf(query)}`]);
      if (!file) return undefined;
      const [missing, bad] = [createMissing(query), createBadRows(query)];
      const examples: Example[] = [];
      let isOurs = false;
      for await (const line of lines(file, { onBadRow: bad.add })) {
        isOurs ||= fields.text in line.row;
        const read = (): readonly Example[] => {
          const id = imageOf(line, fields.image);
          const candidates = FOLDERS.map((folder) => `${folder}/${id}.jpg`);
          const image = find(candidates);
          if (image) return [exampleOf(line, image, { ...fields, answers: query.records.answers })];
          missing.add(line.where, candidates);
          return [];
        };
        examples.push(...bad.attempt(read));
      }
      // other sets have files of such names, too
      if (!isOurs) return undefined;
      const notices = [...bad.notices(basename(file)), ...missing.notices(path)];
      const layout = `${name} (${basename(file)})`;
      return { layout, examples, notices };
    },
  };
};

const imageOf = (line: JsonLine, field: string): string => {
  const id = line.row[field];
  return (typeof id === 'number' ? String(id) : textField(line, field)).replace(/\.jpg$/, '');
};

const exampleOf = (
  line: JsonLine,
  image: string,
  { text, label, answers }: Layout['fields'] & Pick<RecordShape, 'answers'>,
): Example => ({
  id: line.where,
  images: [image],
  text: textField(line, text),
  answers: answers.label(line.row[label], line.where),
});

/** The layout in which necla-ml publishes it: `snli_ve_dev.jsonl`. */
export const snliVeLines: Format = snliVe({
  name: 'SNLI-VE JSON lines',
  file: (split) => `snli_ve_${split}.jsonl`,
  lines: readJsonLines,
  fields: { image: 'Flickr30K_ID', text: 'sentence2', label: 'gold_label' },
});

/** The layout that the code of ALBEF and of DiDE reads: `dev.json`. */
export const snliVeJson: Format = snliVe({
  name: 'SNLI-VE JSON as in ALBEF',
  file: (split) => `${split}.json`,
  lines: (file, options) => readJsonArray(file, undefined, options),
  fields: { image: 'image', text: 'sentence', label: 'label' },
});
