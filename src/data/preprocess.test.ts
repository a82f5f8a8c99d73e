import { expect, it } from 'vitest';
import { UserError } from '../errors.ts';
import { imageName } from './example.ts';
import { createPreparer } from './preprocess.ts';
import { createTokenizer, SPECIAL_PIECES } from './tokenizer.ts';

const prepare = createPreparer({
  tokenizer: createTokenizer([...SPECIAL_PIECES]),
  size: { shortest: 16, multiple: 8 },
  read: async (image) => {
    throw new UserError(`${imageName(image)}: not an image`);
  },
});

const bytes = { read: async () => new Uint8Array() };

it.each([
  ['train.jsonl:3', '/data/a.png', 'train.jsonl:3: /data/a.png: not an image'],
  ['/data/a.png', '/data/a.png', '/data/a.png: not an image'],
  ['train.parquet:3', { name: 'train.parquet:3', ...bytes }, 'train.parquet:3: not an image'],
  ['a.arrow:3 text 2', { name: 'a.arrow:3', ...bytes }, 'a.arrow:3 text 2: not an image'],
  ['0.tar, 7', { name: '0.tar, 7.jpg', ...bytes }, '0.tar, 7.jpg: not an image'],
])('the error of an example %s says once where its image is', async (id, image, message) => {
  await expect(prepare({ id, text: 'a', images: [image], answers: [] })).rejects.toThrow(new UserError(message));
});
