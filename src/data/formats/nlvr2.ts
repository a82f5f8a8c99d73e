import { basename } from 'node:path';
import { fieldError, type JsonLine, readJsonLines, textField } from '../../files/json-lines.ts';
import type { Example } from '../example.ts';
import { createBadRows } from '../records/bad-rows.ts';
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
    const [missing, bad] = [createMissing(query), createBadRows(query)];
    const examples: Example[] = [];
    let isOurs = false;
    for await (const line of readJsonLines(file, { onBadRow: bad.add })) {
      isOurs ||= 'identifier' in line.row;
      const read = (): readonly Example[] => {
        const candidates = [0, 1].map((side) => imagesOf(line, textField(line, 'identifier'), side));
        const images = candidates.map(find);
        const gone = images.indexOf(undefined);
        if (gone < 0) return [exampleOf(line, images as string[], query.records)];
        missing.add(line.where, candidates[gone]!);
        return [];
      };
      examples.push(...bad.attempt(read));
    }
    // other sets have a train.json, too
    if (!isOurs) return undefined;
    const notices = [...bad.notices(basename(file)), ...missing.notices(path)];
    return { layout: `${nlvr2Lines.name} (${basename(file)})`, examples, notices };
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
