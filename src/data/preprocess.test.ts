import { expect, it } from 'vitest';
import { UserError } from '../errors.ts';
import { imageName } from './pictures/image-name.ts';
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

it('a warning that every example gives is said once, then with its count at 10, 100 and so on', async () => {
  const warnings: string[] = [];
  const pixels = { width: 16, height: 16, data: new Uint8Array(16 * 16 * 3) };
  const warned = createPreparer({
    tokenizer: createTokenizer([...SPECIAL_PIECES, 'a']),
    size: { shortest: 16, multiple: 8 },
    limit: 4,
    read: async () => pixels,
    onWarning: (message) => warnings.push(message),
  });
  for (const epoch of [1, 2])
    for (let k = 1; k <= 120; k += 1)
      await warned({ id: `row ${k}`, text: k === 50 ? 'a a a' : 'zebra', images: [`${epoch}.png`], answers: [] });
  const unknown = 'words that the vocabulary cannot spell: zebra: read as [UNK].';
  expect(warnings).toEqual([
    `row 1: ${unknown}`,
    `10 texts have words that the vocabulary cannot spell by now, the last: row 10: ${unknown}`,
    'row 50: the text is too long: only its first 2 word pieces are read.',
    `100 texts have words that the vocabulary cannot spell by now, the last: row 101: ${unknown}`,
  ]);
});
