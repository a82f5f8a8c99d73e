import { open } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { UserError } from '../../errors.ts';
import { parseJson } from '../../files/json.ts';
import { readJsonArray } from '../../files/json-array.ts';
import { readJsonLines } from '../../files/json-lines.ts';
import { textOf } from '../../files/text.ts';
import type { Example } from '../example.ts';
import { createBadRows } from '../records/bad-rows.ts';
import { imagePaths } from '../records/image-fields.ts';
import { createRecordReader } from '../records/read-record.ts';
import { createFinder, type DatasetQuery, type Format, isFile, splitIn } from './format.ts';
import { createMissing } from './missing-images.ts';

const SPLITS = {
  train: ['train'],
  validation: ['validation', 'val', 'dev', 'valid'],
  test: ['test'],
};

/** Beginnings of the names of a task's files, before the split, in ALBEF, BLIP and LAVIS. */
const PREFIXES: Readonly<Record<string, readonly string[]>> = {
  vqa: ['vqa', 'vqav2'],
  nlvr2: ['nlvr', 'nlvr2'],
  ve: ['ve', 'snli_ve'],
  retrieval: ['flickr30k', 'flickr', 'flickr8k', 'coco', 'coco_karpathy'],
};

/** Folders of images beside the annotations. */
const FOLDERS = ['.', 'images', 'flickr30k-images', 'flickr30k_images', 'Flickr30K_images', 'flickr8k-images'];

/**
 * A JSON list of objects, `train.json` or `vqa_train.json`, as ALBEF, BLIP and LAVIS keep VQA, NLVR2, SNLI-VE and
 * captions, and as pandas writes a table: `[{"image": "val2014/1.jpg", "question": …, "answer": ["yes", …]}, …]`. The
 * images are where a row says, or in a folder with one of the usual names; a name without an ending is that of a `.jpg`.
 * A file of that name with an object a line is read, too, and a list that has a name in one object: `{"data": […]}`.
 */
export const jsonList: Format = {
  name: 'JSON list',
  looksFor: (query) => namesOf(query),
  open: async (path, query) => {
    const root = isFile(path) ? dirname(path) : path;
    const find = createFinder(root);
    const names = isFile(path) ? [basename(path)].filter((name) => name.endsWith('.json')) : namesOf(query);
    const file = find(['.', 'annotations', 'data'].flatMap((folder) => names.map((name) => `${folder}/${name}`)));
    const kind = file === undefined ? undefined : await kindOf(file);
    if (file === undefined || kind === undefined) return undefined;
    const [missing, bad, reader] = [createMissing(query), createBadRows(query), createRecordReader(query.records)];
    const examples: Example[] = [];
    const options = { onBadRow: bad.add };
    const styled = isPublished(basename(file), query) ? asVilt : (example: Example) => example;
    const lines = kind === 'lines' ? readJsonLines(file, options) : readJsonArray(file, kind.list, options);
    for await (const line of lines) {
      const read = (): readonly Example[] => {
        const { names: imageFields, paths } = imagePaths(line, query.records);
        const images = paths.map((one) => find(placesOf(one)));
        const gone = images.indexOf(undefined);
        if (gone < 0) return reader.read({ ...line, images: images as string[], imageFields }).map(styled);
        missing.add(line.where, placesOf(paths[gone]!));
        return [];
      };
      examples.push(...bad.attempt(read));
    }
    const left = bad.notices(basename(file));
    const notices = [...left, ...reader.end(basename(file)), ...missing.notices(path)];
    return { layout: `${jsonList.name} (${basename(file)})`, examples, notices };
  },
};

const namesOf = ({ split, records: { name } }: DatasetQuery): string[] =>
  ['', ...(PREFIXES[name] ?? [name]).map((prefix) => `${prefix}_`)].flatMap((prefix) =>
    splitIn(SPLITS, split).map((one) => `${prefix}${one}.json`),
  );

/** Whether a file has the name of a published set, whose pictures are read as the reference reads them. */
const isPublished = (file: string, { records: { name } }: DatasetQuery): boolean =>
  (PREFIXES[name] ?? []).some((prefix) => file.startsWith(`${prefix}_`));

const asVilt = (example: Example): Example => ({ ...example, pictures: 'as-vilt' });

const placesOf = (path: string): string[] => {
  const file = /\.[a-z]{3,4}$/i.test(path) ? path : `${path}.jpg`;
  return FOLDERS.map((folder) => (folder === '.' ? file : `${folder}/${file}`));
};

/** Bytes that say what a JSON file begins with. */
const HEAD = 2 ** 16;

/** Names under which sets keep their list of examples in one object: TextVQA, DocVQA and ST-VQA call it `data`. */
const LISTS = ['data', 'examples', 'samples', 'items', 'rows', 'annotations', 'questions'];

/**
 * Rows of a JSON file: a list, which may have a name in one object, or objects a line; undefined where it is neither
 * list nor object.
 *
 * @throws UserError for one object without such a list.
 */
const kindOf = async (path: string): Promise<{ readonly list?: string | undefined } | 'lines' | undefined> => {
  const handle = await open(path, 'r');
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(HEAD), 0, HEAD, 0);
    const text = textOf(buffer.subarray(0, bytesRead)).trimStart();
    if (text.startsWith('[')) return {};
    if (!text.startsWith('{')) return undefined;
    const first = parseJson(/^.*$/m.exec(text)![0]);
    const isOne = first === undefined || text.trimEnd().split('\n').length === 1;
    const list = isOne ? LISTS.find((name) => new RegExp(`"${name}"\\s*:\\s*\\[`).test(text)) : undefined;
    if (list !== undefined) return { list };
    if (first !== undefined && (!isOne || Object.values(first as object).every((value) => !isNested(value))))
      return 'lines';
    const names = [...text.matchAll(/"((?:[^"\\]|\\.){1,40})"\s*:/g)].slice(0, 4).map(([, name]) => name);
    throw new UserError(
      `${path}: holds one object, with ${names.join(', ')} …, and no list of examples: write [{"image": …}, …], or an object a line.`,
    );
  } finally {
    await handle.close();
  }
};

const isNested = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);
