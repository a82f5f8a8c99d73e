import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { pretraining } from './captions.ts';

const home = mkdtempSync(join(tmpdir(), 'pretraining-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** A folder with one picture, which nobody looks into, and some files. */
const folderWith = (name: string, files: Readonly<Record<string, string>>): string => {
  const folder = join(home, name);
  mkdirSync(folder);
  for (const [file, text] of Object.entries({ 'a.png': 'a picture', ...files }))
    writeFileSync(join(folder, file), text);
  return folder;
};

const sentences = ['a red cup', 'a plate'].map((raw) => ({ raw }));

describe('images with captions are read', () => {
  it.each([
    [
      'caption',
      { 'train.jsonl': '{"image": "a.png", "caption": "a red cup"}\n{"image": "a.png", "caption": "a plate"}' },
    ],
    [
      'text',
      { 'train.jsonl': '{"image": "a.png", "text": "a red cup", "hops": 1}\n{"image": "a.png", "text": "a plate"}' },
    ],
    ['csv', { 'train.csv': 'image,caption\na.png,a red cup\na.png,a plate\n' }],
    [
      'karpathy',
      { 'dataset_flickr30k.json': JSON.stringify({ images: [{ filename: 'a.png', split: 'train', sentences }] }) },
    ],
  ])('of a folder with %s', async (name, files) => {
    const examples = await pretraining.read(folderWith(name, files), 'train');
    expect(examples.map(({ text }) => text)).toEqual(['a red cup', 'a plate']);
    expect(examples.map(({ answers }) => answers)).toEqual([[], []]);
    for (const { images } of examples) expect(String(images[0])).toMatch(/a\.png$/);
  });

  it('and a line with neither caption nor text is named', async () => {
    const folder = folderWith('neither', { 'train.jsonl': '{"image": "a.png", "question": "why?"}' });
    await expect(pretraining.read(folder, 'train')).rejects.toThrow(/^train.jsonl:1: lacks "caption"/);
  });
});
