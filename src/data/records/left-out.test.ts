import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { galleryOf } from '../../tasks/metrics/recall.ts';
import { expectPicture, fixture, type ShapeName, shapes } from '../formats/formats.fixture.ts';
import { openExamples } from '../formats/open-examples.ts';
import { imageName } from '../pictures/image-name.ts';
import type { LeftOut } from './bad-rows.ts';

const open = async (name: string, task: ShapeName = 'retrieval', split = 'train') => {
  const leftOut: string[] = [];
  const onLeftOut = ({ kind, why }: LeftOut): void => void leftOut.push(`${kind}: ${why}`);
  return {
    ...(await openExamples(fixture(`layouts/left-out/${name}`), { records: shapes[task], split, onLeftOut })),
    leftOut,
  };
};

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'left-out-'));
});
afterAll(() => rm(root, { recursive: true }));

const linesWith = async (rows: readonly object[]) => {
  const folder = await mkdtemp(join(root, 'lines-'));
  await writeFile(join(folder, 'train.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return openExamples(folder, { records: shapes.retrieval, split: 'train' });
};

describe('what is left out is counted and told', () => {
  it('of a bad row of the ViLT code, of which nothing is taken', async () => {
    const { examples, notices } = await open('vilt', 'vqa');
    expect(examples).toHaveLength(14);
    expect(examples.map(({ id }) => id).slice(0, 3)).toEqual([
      'vqav2_train.arrow:1 text 1',
      'vqav2_train.arrow:1 text 2',
      'vqav2_train.arrow:8 text 1',
    ]);
    expect(notices).toEqual([
      expect.stringMatching(
        /^vqav2_train\.arrow: 6 of 13 rows give no example .*arrow:2: holds null where a text .*arrow:3: holds null where a list .*arrow:4: holds no picture.* …$/,
      ),
    ]);
    const query = { records: shapes.vqa, split: 'train', badRows: 'refuse' } as const;
    await expect(openExamples(fixture('layouts/left-out/vilt'), query)).rejects.toThrow('vqav2_train.arrow:2: holds');
  });

  it('of a table whose other file is not there', async () => {
    const { examples, notices } = await open('parts');
    expect(examples.map(({ text }) => text)).toEqual(['thing 0', 'thing 2']);
    expect(notices).toEqual([
      expect.stringMatching(/train: 1 of its 3 files is not there, the first is number 1: its rows are left out\.$/),
    ]);
  });

  it('of an image of Flickr8k in no list, and of one without a caption', async () => {
    const train = await open('flickr8k');
    expect(train.examples.map(({ text }) => text)).toEqual(['Thing 0 .']);
    expect(train.notices).toEqual([
      'Flickr8k.token.txt: 1 image, such as 3.jpg, is in none of the lists of splits beside it: left out of all.',
      'Flickr8k.token.txt: has no caption of 1 of the 2 images listed for train, such as 2.',
      expect.stringMatching(
        /: 1 example, such as 0\.jpg caption 2, has a text that its image has already: each counts/,
      ),
    ]);
    expect(train.leftOut).toEqual([
      'incomplete: Flickr8k.token.txt: 3.jpg is in none of the lists of splits',
      'incomplete: Flickr8k.token.txt: no caption of 2',
      'repeated: 0.jpg caption 2: its image has this text already',
    ]);
    expect((await open('flickr8k', 'retrieval', 'test')).notices).toHaveLength(2);
  });

  it('of captions of COCO without an image, and of an image without one', async () => {
    const { examples, notices, leftOut } = await open('coco');
    expect(examples.map(({ text }) => text)).toEqual(['thing 0']);
    expect(leftOut).toEqual([
      'incomplete: captions_train2014.json: no image 8, whose caption is "thing 8"',
      'incomplete: captions_train2014.json: no image 8, whose caption is "thing 8"',
      'incomplete: captions_train2014.json: no caption of image 1',
    ]);
    expect(notices).toEqual([
      'captions_train2014.json: 2 captions of image ids that its images lack, such as 8: left out.',
      'captions_train2014.json: no caption of 1 of its 2 images, such as id 1: left out.',
    ]);
  });
});

describe('the ids of rows', () => {
  it.each(['decimals', 'decimals-as-integers'])('beyond 2^53 stay apart in parquet: %s', async (name) => {
    const { examples } = await open(name);
    expect(examples.map(({ about }) => [about!.image_id, about!.short_id, about!.ratio])).toEqual([
      [String(2 ** 53), String(2 ** 53), 0.25],
      ['9007199254740993', '9007199254740993', undefined],
    ]);
    await expectPicture(examples[1]!.images[0], 1);
  });

  it('that are those of pictures which differ make them no one picture', async () => {
    const picture = (k: number) => fixture(`layouts/captions-a-row/files/${k}.png`);
    const rows = [0, 1, 1].map((k, row) => ({ image: picture(k), caption: `thing ${row}`, image_id: 7 }));
    const { examples, notices } = await linesWith(rows);
    expect(galleryOf(examples).imageOf).toEqual([0, 1, 1]);
    expect(examples.map(({ images }) => imageName(images[0]!))).toEqual(rows.map(({ image }) => image));
    expect(notices).toEqual([
      expect.stringMatching(/: 7 is the image id of 2 pictures that differ: each counts as a picture of its own\.$/),
    ]);
  });
});

it.each([
  ['https://a.com/0.jpg', /:1: its image is a link, https:\/\/a\.com\/0\.jpg, which is not fetched/],
  ['data:image/png;base64,iVBORw0KGgo=', /:1: its image is no path but data:image/],
  ['iVBORw0KGgo'.repeat(500), /:1: its image is no path but (iVBORw0KGgo){5}iVBOR… \(5500 characters\)/],
])('an image that is no path of a file is an error that says what it is: %.20s', async (image, message) => {
  await expect(linesWith([{ image, caption: 'a dog' }])).rejects.toThrow(message);
});
