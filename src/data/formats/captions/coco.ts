import { basename } from 'node:path';
import { counted, UserError } from '../../../errors.ts';
import { readJsonArray } from '../../../files/json-array.ts';
import { fieldError, type JsonLine, textField } from '../../../files/json-lines.ts';
import type { Example } from '../../example.ts';
import { createBadRows } from '../../records/bad-rows.ts';
import { captions } from '../../records/captions.ts';
import { createFinder, type DatasetQuery, type Format, splitIn } from '../format.ts';
import { createMissing } from '../missing-images.ts';

const SPLITS = {
  train: ['train2014', 'train2017', 'train'],
  validation: ['val2014', 'val2017', 'val'],
  test: ['test2014', 'test2017', 'test'],
};

const fileOf = (split: string): string => `captions_${split}.json`;

/**
 * COCO's own captions, `annotations/captions_train2014.json`, and the sets that are written as it is. An example is one
 * caption. `about.image_id` is the image's id.
 */
export const cocoCaptions: Format = {
  name: 'COCO captions',
  serves: [captions.name],
  looksFor: ({ split }) => splitIn(SPLITS, split).map((one) => `annotations/${fileOf(one)}`),
  open: async (path, query) => {
    const find = createFinder(path);
    const found = splitIn(SPLITS, query.split).filter((one) => find(places(one)));
    const [split, second] = found;
    if (split === undefined) return undefined;
    if (second !== undefined)
      throw new UserError(`${path}: has ${found.map(fileOf).join(' and ')}: name one of them as the split: ${split}.`);
    const file = find(places(split))!;
    const [missing, bad] = [createMissing(query), createBadRows(query)];
    const texts = new Map<string, string[]>();
    for await (const line of readJsonArray(file, 'annotations', { onBadRow: bad.add })) {
      for (const [id, text] of bad.attempt(() => [[idOf(line, 'image_id'), textField(line, 'caption')] as const]))
        texts.set(id, [...(texts.get(id) ?? []), text]);
    }
    const examples: Example[] = [];
    const seen = new Map<string, boolean>();
    for await (const line of readJsonArray(file, 'images', { onBadRow: bad.add })) {
      const read = (): readonly Example[] => {
        const own = texts.get(idOf(line, 'id')) ?? [];
        seen.set(idOf(line, 'id'), own.length > 0);
        const candidates = imagesOf(textField(line, 'file_name'), split);
        const image = own.length > 0 ? find(candidates) : undefined;
        if (own.length > 0 && !image) missing.add(line.where, candidates);
        return image === undefined ? [] : examplesOf(line, image, own);
      };
      examples.push(...bad.attempt(read));
    }
    const notices = [
      ...bad.notices(basename(file)),
      ...unpairedNotices(basename(file), { texts, seen, onLeftOut: query.onLeftOut }),
      ...missing.notices(path),
    ];
    return { layout: `${cocoCaptions.name} (${basename(file)})`, examples, notices };
  },
};

/** Notices of captions whose image is not listed, and of images without a caption; each is counted. */
const unpairedNotices = (
  file: string,
  {
    texts,
    seen,
    onLeftOut,
  }: {
    readonly texts: ReadonlyMap<string, readonly string[]>;
    readonly seen: ReadonlyMap<string, boolean>;
  } & Pick<DatasetQuery, 'onLeftOut'>,
): string[] => {
  const orphans = [...texts].filter(([id]) => !seen.has(id));
  const captions = orphans.reduce((sum, [, some]) => sum + some.length, 0);
  const bare = [...seen].filter(([, hasCaption]) => !hasCaption).map(([id]) => id);
  for (const [id, some] of orphans)
    for (const text of some)
      onLeftOut?.({ kind: 'incomplete', why: `${file}: no image ${id}, whose caption is ${JSON.stringify(text)}` });
  for (const id of bare) onLeftOut?.({ kind: 'incomplete', why: `${file}: no caption of image ${id}` });
  return [
    ...(captions > 0
      ? [
          `${file}: ${counted(captions, 'caption')} of image ids that its images lack, such as ${orphans[0]![0]}: left out.`,
        ]
      : []),
    ...(bare.length > 0
      ? [
          `${file}: no caption of ${bare.length} of its ${counted(seen.size, 'image')}, such as id ${bare[0]}: left out.`,
        ]
      : []),
  ];
};

const places = (split: string): string[] => [`annotations/${fileOf(split)}`, fileOf(split)];

const imagesOf = (name: string, split: string): string[] =>
  [split, `images/${split}`, 'images', '.'].map((folder) => (folder === '.' ? name : `${folder}/${name}`));

const idOf = (line: JsonLine, name: string): string => {
  const id = line.row[name];
  if (typeof id === 'number' || typeof id === 'string') return String(id);
  throw fieldError(line, name, 'a number or a text');
};

const examplesOf = (line: JsonLine, image: string, texts: readonly string[]): Example[] =>
  texts.map((text, i) => ({
    id: `${line.where} caption ${i + 1}`,
    images: [image],
    text,
    answers: [],
    about: { image_id: line.row.id },
  }));
