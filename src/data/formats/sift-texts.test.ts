import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LeftOut } from '../records/bad-rows.ts';
import { fixture, type ShapeName, shapes } from './formats.fixture.ts';
import { openExamples } from './open-examples.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'sift-texts-'));
});
afterAll(() => rm(root, { recursive: true }));

const picture = (k: number): string => fixture(`layouts/captions-a-row/files/${k}.png`);

/** A folder of one file of text. */
const folderWith = async (name: string, content: unknown): Promise<string> => {
  const folder = await mkdtemp(join(root, 'folder-'));
  await mkdir(join(folder, 'annotations'));
  await writeFile(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
  return folder;
};

const open = async (path: string, task: ShapeName = 'retrieval', split = 'train') => {
  const leftOut: string[] = [];
  const onLeftOut = ({ kind, why }: LeftOut): void => void leftOut.push(`${kind}: ${why}`);
  const { examples, notices } = await openExamples(path, { records: shapes[task], split, onLeftOut });
  return { texts: examples.map(({ text }) => text), notices, leftOut };
};

const SENTENCES = ['a dog', 'a cat', 'a dog', ' ', 'a dog'];

/** One image with five captions, three of them equal and one blank, and a second one with an equal caption. */
const layouts: Readonly<Record<string, () => Promise<string>>> = {
  'JSON lines with lists': () =>
    folderWith(
      'train.jsonl',
      `${JSON.stringify({ image: picture(0), caption: SENTENCES })}\n${JSON.stringify({ image: picture(1), caption: ['a dog'] })}\n`,
    ),
  'JSON lines with a row a caption': () =>
    folderWith(
      'train.jsonl',
      [...SENTENCES.map((text) => [0, text] as const), [1, 'a dog'] as const]
        .map(
          ([k, text]) => `${JSON.stringify({ image: picture(k), caption: text === ' ' ? [text, 'a cat'] : text })}\n`,
        )
        .join(''),
    ),
  "Karpathy's JSON": () =>
    folderWith('dataset_coco.json', {
      images: [SENTENCES, ['a dog']].map((texts, k) => ({
        ...{ filename: picture(k).slice(1), filepath: '/', split: 'train', imgid: k },
        sentences: texts.map((raw) => ({ raw })),
      })),
    }),
  "COCO's captions": () =>
    folderWith('annotations/captions_train2017.json', {
      images: [0, 1].map((id) => ({ id, file_name: picture(id) })),
      annotations: [...SENTENCES.map((caption) => ({ image_id: 0, caption })), { image_id: 1, caption: 'a dog' }],
    }),
  "Kaggle's Flickr8k": () =>
    folderWith(
      'captions.txt',
      ['image,caption', ...SENTENCES.map((text) => `${picture(0)},${text}`), `${picture(1)},a dog`].join('\n'),
    ),
};

describe('equal captions of an image count once, blank ones not at all, and both are told', () => {
  it.each(Object.keys(layouts))('in %s', async (name) => {
    const { texts, notices, leftOut } = await open(await layouts[name]!());
    expect(texts).toEqual(['a dog', 'a cat', 'a dog']);
    const kinds = leftOut.map((one) => one.split(':')[0]).sort();
    const repeated = name.includes('a row a caption') ? 3 : 2;
    expect(kinds).toEqual(['incomplete', ...Array(repeated).fill('repeated')]);
    expect(notices.join('\n')).toMatch(
      new RegExp(
        `1 example, such as .*, has a blank text: left out\\.\n.*: ${repeated} examples, such as .*, have a text`,
      ),
    );
  });

  it('but questions that are asked twice stay two', async () => {
    const rows = [0, 1, 0].map((k) => ({ image: picture(k), question: 'what is it?', answer: 'a dog' }));
    const folder = await folderWith('train.jsonl', rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    expect(await open(folder, 'vqa')).toMatchObject({ texts: Array(3).fill('what is it?'), leftOut: [] });
  });
});

it('images of a split that has no usual name are told of, and read where it is asked for', async () => {
  const images = ['train', 'restval', 'val', 'test', 'extra', 'extra'].map((split, k) => ({
    ...{ filename: picture(k % 2).slice(1), filepath: '/', split, imgid: k, sentences: [{ raw: `thing ${k}` }] },
  }));
  const folder = await folderWith('dataset_flickr30k.json', { images });
  const train = await open(folder);
  expect(train.texts).toEqual(['thing 0', 'thing 1']);
  expect(train.notices).toEqual([
    expect.stringMatching(
      /^dataset_flickr30k\.json: 2 images, such as .*0\.png, are of the split "extra": read where that is asked for\.$/,
    ),
  ]);
  expect((await open(folder, 'retrieval', 'test')).texts).toEqual(['thing 3']);
  expect((await open(folder, 'retrieval', 'extra')).texts).toEqual(['thing 4', 'thing 5']);
});
