import { basename } from 'node:path';
import { fieldError, type JsonLine, readJsonLines, textField } from '../../files/json-lines.ts';
import type { Example } from '../example.ts';
import type { RecordShape } from '../records/shape.ts';
import { createFinder, type DatasetQuery, type Format, splitIn } from './format.ts';
import { createMissing } from './missing-images.ts';

const SPLITS = { validation: ['dev'], test: ['test1'] };

const places = ({ split }: Pick<DatasetQuery, 'split'>): string[] => {
  const [name] = splitIn(SPLITS, split) as [string];
  return ['nlvr2/data', 'nlvr/nlvr2/data', 'data', '.'].flatMap((folder) => [
    `${folder}/${name}.json`,
    `${folder}/${name}.jsonl`,
  ]);
};

/**
 * NLVR2 as its authors publish it: a JSON object a line, with two images each. `split` may also be one of its own
 * names, `balanced/test1` and the like. `about` has the identifier, by which consistency is measured.
 */
export const nlvr2Lines: Format = {
  name: 'NLVR2 JSON lines',
  serves: ['nlvr2'],
  looksFor: (query) => places(query).map((place) => place.replace('./', '')),
  open: async (path, query) => {
    const find = createFinder(path);
    const file = find(places(query));
    if (!file) return undefined;
    const missing = createMissing(query);
    const examples: Example[] = [];
    for await (const line of readJsonLines(file)) {
      const identifier = textField(line, 'identifier');
      const images = [0, 1].map((side) => {
        const candidates = imagesOf(line, identifier, side);
        const image = find(candidates);
        if (!image) missing.add(line.where, candidates);
        return image ?? '';
      });
      if (!images.includes('')) examples.push(exampleOf(line, images, query.records));
    }
    return {
      layout: `${nlvr2Lines.name} (${basename(file)})`,
      examples,
      notices: missing.notices(path),
      missing: missing.count(),
    };
  },
};

/**
 * Possible paths of an image: `train-10108-0-1` is sentence 1 of pair 0 of set 10108, with `train-10108-0-img0.png`.
 */
const imagesOf = (line: JsonLine, identifier: string, side: number): string[] => {
  const parts = identifier.split('-');
  if (parts.length !== 4) throw fieldError(line, 'identifier', 'split-set-pair-sentence');
  const [split] = parts as [string];
  const file = `${parts.slice(0, 3).join('-')}-img${side}.png`;
  const { directory } = line.row;
  const inside =
    typeof directory === 'number' || typeof directory === 'string' ? [`${split}/${directory}`, split] : [split];
  return inside.flatMap((folder) => [`images/${folder}/${file}`, `${folder}/${file}`]);
};

const exampleOf = (line: JsonLine, images: readonly string[], { answers }: RecordShape): Example => ({
  id: line.where,
  images,
  text: textField(line, 'sentence'),
  answers: answers.label(line.row.label, line.where),
  about: { identifier: textField(line, 'identifier') },
});
