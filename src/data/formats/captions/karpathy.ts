import { basename } from 'node:path';
import { readJsonArray } from '../../../files/json-array.ts';
import { fieldError, type JsonLine, textField } from '../../../files/json-lines.ts';
import type { Example } from '../../example.ts';
import { createBadRows } from '../../records/bad-rows.ts';
import { captions } from '../../records/captions.ts';
import { createFinder, type Format, splitIn } from '../format.ts';
import { createMissing } from '../missing-images.ts';
import { addTo, type Elsewhere, elsewhereNotices } from './elsewhere.ts';

const SPLITS = { train: ['train', 'restval'], validation: ['val'], test: ['test'] };
/** Names of splits that are asked for elsewhere, so that nothing need be said of their images here. */
const KNOWN: readonly string[] = Object.values(SPLITS).flat();
const FILES = ['dataset_coco.json', 'dataset_flickr30k.json', 'dataset_flickr8k.json'];
const FOLDERS = [
  'images',
  'flickr30k-images',
  'flickr30k_images',
  'Flickr30K_images',
  'flickr8k-images',
  'train2014',
  'val2014',
  '.',
];

/**
 * Captions in the splits of Karpathy and Fei-Fei (2015): `dataset_coco.json` or `dataset_flickr30k.json`. Train is
 * train and restval together, as is usual for COCO. An example is one caption.
 * `about.image_id` is the image's `cocoid` or `imgid`.
 */
export const karpathy: Format = {
  name: 'Karpathy JSON',
  serves: [captions.name],
  looksFor: () => FILES,
  open: async (path, query) => {
    const find = createFinder(path);
    const file = find(FILES.flatMap((name) => [name, `karpathy/${name}`]));
    if (!file) return undefined;
    const [missing, bad] = [createMissing(query), createBadRows(query)];
    const examples: Example[] = [];
    const seen = new Set<string>();
    const elsewhere: Elsewhere = new Map();
    for await (const line of readJsonArray(file, 'images', { onBadRow: bad.add })) {
      const read = (): readonly Example[] => {
        const split = textField(line, 'split');
        seen.add(split);
        if (!splitIn(SPLITS, query.split).includes(split)) {
          if (!KNOWN.includes(split)) addTo(elsewhere, split, textField(line, 'filename'));
          return [];
        }
        const candidates = imagesOf(line);
        const image = find(candidates);
        if (image) return examplesOf(line, image);
        missing.add(line.where, candidates);
        return [];
      };
      examples.push(...bad.attempt(read));
    }
    const told = elsewhereNotices(elsewhere, basename(file));
    const notices = [...bad.notices(basename(file)), ...told, ...missing.notices(path)];
    const layout = `${karpathy.name} (${basename(file)}: ${[...seen].join(', ')})`;
    return { layout, examples, notices };
  },
};

const imagesOf = (line: JsonLine): string[] => {
  const name = textField(line, 'filename');
  const { filepath } = line.row;
  const given = typeof filepath === 'string' ? [`${filepath}/${name}`, `images/${filepath}/${name}`] : [];
  return [...given, ...FOLDERS.map((folder) => `${folder}/${name}`)];
};

const examplesOf = (line: JsonLine, image: string): Example[] => {
  const { sentences, cocoid, imgid } = line.row;
  if (!Array.isArray(sentences) || sentences.length === 0) throw fieldError(line, 'sentences', 'a list of {"raw": …}');
  const texts = sentences.map((sentence: unknown) => {
    const raw = typeof sentence === 'object' && sentence !== null && 'raw' in sentence ? sentence.raw : undefined;
    if (typeof raw === 'string') return raw;
    throw fieldError(line, 'sentences', 'a list of {"raw": …}');
  });
  const about = { image_id: cocoid ?? imgid ?? basename(image) };
  return texts.map((text, i) => ({
    id: `${line.where} caption ${i + 1}`,
    images: [image],
    text,
    answers: [],
    about,
  }));
};
