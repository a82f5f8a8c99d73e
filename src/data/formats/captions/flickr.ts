import { readFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { counted } from '../../../errors.ts';
import { readCsv } from '../../../files/csv.ts';
import { parseRecordJson } from '../../../files/json.ts';
import { fieldError, type JsonLine, RowError, textField } from '../../../files/json-lines.ts';
import { readTextChunks, textOf } from '../../../files/text.ts';
import type { Example } from '../../example.ts';
import { createBadRows } from '../../records/bad-rows.ts';
import { captions } from '../../records/captions.ts';
import { createFinder, type DatasetQuery, type Format, isFile, splitIn } from '../format.ts';
import { createMissing } from '../missing-images.ts';
import { addTo, type Elsewhere, elsewhereNotices } from './elsewhere.ts';

const SPLITS = { train: ['train'], validation: ['val', 'validation', 'dev'], test: ['test'] };

/** Tables of captions: those of the Hugging Face hub, and those of Kaggle. */
const TABLES = ['flickr_annotations_30k.csv', 'results.csv', 'captions.txt', 'captions.csv'];

/** The captions as their authors publish them: `1000092795.jpg#0`, a tab, and the caption. */
const TOKENS = ['results_20130124.token', 'Flickr8k.token.txt', 'Flickr8k.lemma.token.txt', 'flickr30k.token.txt'];

const FOLDERS = [
  '.',
  'flickr30k-images',
  'flickr30k_images',
  'flickr30k_images/flickr30k_images',
  'Flickr30K_images',
  'Images',
  'images',
  'Flicker8k_Dataset',
  'flickr8k-images',
];

const IMAGE_FIELDS = ['filename', 'image_name', 'image'];
const TEXT_FIELDS = ['raw', 'comment', 'caption'];

/**
 * The captions of Flickr30k and Flickr8k in the tables that people have. An example is one caption. Where a table says nothing of splits, the lists of their images beside it do; without those all of it
 * is train: Karpathy's JSON knows the splits, too.
 */
export const flickrCaptions: Format = {
  name: 'Flickr captions',
  serves: [captions.name],
  looksFor: () => [...TABLES, ...TOKENS],
  open: async (path, query) => {
    const root = isFile(path) ? dirname(path) : path;
    const names = [...TABLES, ...TOKENS].filter((name) => !isFile(path) || name === basename(path));
    const find = createFinder(root);
    const file = find(names.flatMap((name) => FOLDERS.map((folder) => `${folder}/${name}`)));
    if (file === undefined) return undefined;
    const [missing, bad] = [createMissing(query), createBadRows(query)];
    const texts = new Map<string, string[]>();
    const elsewhere: Elsewhere = new Map();
    const unlisted = new Set<string>();
    const lines = TABLES.includes(basename(file)) ? readCsv(file, { onBadRow: bad.add }) : tokensIn(file);
    const listed = await splitsListed(find);
    for await (const line of lines) {
      const read = (): readonly (readonly [string, string])[] => {
        if (line instanceof RowError) throw line;
        const image = fieldOf(line, IMAGE_FIELDS);
        const split = line.row.split ?? (listed ? listed.get(stemOf(image)) : 'train');
        if (!splitIn(SPLITS, query.split).includes(String(split))) {
          if (split === undefined) unlisted.add(image);
          else if (!KNOWN.includes(String(split))) addTo(elsewhere, String(split), image);
          return [];
        }
        return textsOf(line).map((text) => [image, text] as const);
      };
      for (const [image, text] of bad.attempt(read)) texts.set(image, [...(texts.get(image) ?? []), text]);
    }
    const examples: Example[] = [];
    for (const [name, some] of texts) {
      const candidates = FOLDERS.map((folder) => (folder === '.' ? name : `${folder}/${name}`));
      const image = find(candidates);
      if (image) examples.push(...examplesOf(name, image, some));
      else missing.add(`${basename(file)}, ${name}`, candidates);
    }
    const table = basename(file);
    const left = [
      ...unlistedNotices(unlisted, table, query),
      ...elsewhereNotices(elsewhere, table),
      ...uncaptionedNotices(uncaptioned(listed, query.split, texts), table, query),
    ];
    const notices = [...bad.notices(table), ...left, ...missing.notices(path)];
    const layout = `${flickrCaptions.name} (${basename(file)})`;
    return { layout, examples, notices };
  },
};

/** Names of splits that are asked for elsewhere, so that nothing need be said of their images here. */
const KNOWN: readonly string[] = Object.values(SPLITS).flat();

/** A notice of the images that are in none of the lists of splits; each is counted. */
const unlistedNotices = (
  images: ReadonlySet<string>,
  table: string,
  { onLeftOut }: Pick<DatasetQuery, 'onLeftOut'>,
): string[] => {
  for (const image of images)
    onLeftOut?.({ kind: 'incomplete', why: `${table}: ${image} is in none of the lists of splits` });
  if (images.size === 0) return [];
  const are = images.size === 1 ? 'is' : 'are';
  return [
    `${table}: ${counted(images.size, 'image')}, such as ${[...images][0]}, ${are} in none of the lists of splits beside it: left out of all.`,
  ];
};

/** Images that are listed for a split. */
interface Uncaptioned {
  /** Images for which the table has no caption. */
  readonly images: readonly string[];
  /** Number of all. */
  readonly of: number;
}

const uncaptioned = (
  listed: ReadonlyMap<string, string> | undefined,
  split: string,
  texts: ReadonlyMap<string, unknown>,
): Uncaptioned => {
  const [captioned, names] = [new Set([...texts.keys()].map(stemOf)), splitIn(SPLITS, split)];
  const own = [...(listed ?? [])].filter(([, of]) => names.includes(of)).map(([image]) => image);
  return { images: own.filter((image) => !captioned.has(image)), of: own.length };
};

/** A notice of the images that are listed for a split and of which the table has no caption; each is counted. */
const uncaptionedNotices = (
  { images, of }: Uncaptioned,
  table: string,
  { split, onLeftOut }: Pick<DatasetQuery, 'split' | 'onLeftOut'>,
): string[] => {
  for (const image of images) onLeftOut?.({ kind: 'incomplete', why: `${table}: no caption of ${image}` });
  const [first] = images;
  if (first === undefined) return [];
  return [`${table}: has no caption of ${images.length} of the ${of} images listed for ${split}, such as ${first}.`];
};

/** The lists of the images of each split: those of Flickr8k, and those that come with Flickr30k's entities. */
const LISTS = {
  train: ['Flickr_8k.trainImages.txt', 'train.txt'],
  val: ['Flickr_8k.devImages.txt', 'val.txt'],
  test: ['Flickr_8k.testImages.txt', 'test.txt'],
};

/** The split of each image, by its name without an ending; undefined where no list is there. */
const splitsListed = async (find: (names: readonly string[]) => string | undefined) => {
  const splits = new Map<string, string>();
  for (const [split, names] of Object.entries(LISTS)) {
    const file = find(names.flatMap((name) => FOLDERS.map((folder) => `${folder}/${name}`)));
    const text = file === undefined ? '' : textOf(await readFile(file));
    for (const line of text.split(/\r?\n/)) if (line.trim() !== '') splits.set(stemOf(line.trim()), split);
  }
  return splits.size > 0 ? splits : undefined;
};

const stemOf = (name: string): string => name.replace(/\.[a-z]+$/i, '');

const fieldOf = (line: JsonLine, names: readonly string[]): string =>
  textField(line, names.find((name) => line.row[name] !== undefined) ?? names[0]!).trim();

/** The captions of a row: one, or a list as JSON. */
const textsOf = (line: JsonLine): string[] => {
  if (line.row.raw === undefined) return [fieldOf(line, TEXT_FIELDS)];
  const list = parsedList(textField(line, 'raw'));
  if (list.length > 0 && list.every((one): one is string => typeof one === 'string')) return list;
  throw fieldError(line, 'raw', 'a list of texts as JSON');
};

const parsedList = (text: string): unknown[] => {
  try {
    const value = parseRecordJson(text);
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
};

/** The rows of a file of tokens, and the errors of lines that are none. */
async function* tokensIn(path: string): AsyncGenerator<JsonLine | RowError, void, undefined> {
  let [rest, number] = ['', 0];
  for await (const chunk of readTextChunks(path)) {
    const lines = (rest + chunk).split(/\r?\n/);
    rest = lines.pop()!;
    for (const line of lines) {
      number += 1;
      if (line.trim() !== '') yield tokenOf(line, `${basename(path)}:${number}`);
    }
  }
  if (rest.trim() !== '') yield tokenOf(rest, `${basename(path)}:${number + 1}`);
}

const tokenOf = (line: string, where: string): JsonLine | RowError => {
  const found = /^([^\t]+?)(?:#\d+)?\t(.+)$/.exec(line);
  if (found) return { where, row: { image: found[1]!, caption: found[2]! } };
  return new RowError(`${where}: is no name of an image, a tab and a caption: ${line.slice(0, 60)}.`);
};

const examplesOf = (name: string, image: string, texts: readonly string[]): Example[] =>
  texts.map((text, i) => ({
    id: `${name} caption ${i + 1}`,
    images: [image],
    text,
    answers: [],
    about: { image_id: name },
  }));
