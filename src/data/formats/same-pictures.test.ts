import { describe, expect, it } from 'vitest';
import { galleryOf, recalls } from '../../tasks/metrics/recall.ts';
import type { Example } from '../example.ts';
import { imageName } from '../pictures/image-name.ts';
import { expectPicture, fixture, shapes } from './formats.fixture.ts';
import { openExamples } from './open-examples.ts';

const open = (name: string) =>
  openExamples(fixture(`layouts/captions-a-row/${name}`), { records: shapes.retrieval, split: 'test' });

/** Recalls of a model that finds each text about a dog like every picture of it, and so for cats. */
const rightRecalls = (examples: readonly Example[]) => {
  const gallery = galleryOf(examples);
  const isDog = ({ text }: Example): boolean => text.includes('dog');
  const scores = gallery.images.flatMap((image) => gallery.texts.map((text) => Number(isDog(image) === isDog(text))));
  const shape = [gallery.images.length, gallery.texts.length];
  return recalls({ shape, data: Float32Array.from(scores) }, gallery, [1]);
};

describe.each(['parquet', 'parquet-paths', 'feather', 'files', 'shards', 'parquet-ids'])(
  'two pictures with three rows each, in %s',
  (name) => {
    it('are two in a gallery, in which a model that is always right is right', async () => {
      const { examples } = await open(name);
      expect(examples).toHaveLength(6);
      expect(new Set(examples.map(({ images }) => imageName(images[0]!))).size).toBe(2);
      expect(rightRecalls(examples)).toEqual({ 'text R@1': 1, 'image R@1': 1 });
      for (const [i, { images }] of examples.entries()) await expectPicture(images[0], Math.floor(i / 3));
    });
  },
);

describe('the id of an image', () => {
  it('of 64 bits is that of no other, and its pictures of other bytes that look alike are one', async () => {
    const { examples, notices } = await open('parquet-ids');
    expect(examples.map(({ about }) => about!.image_id)).toEqual([
      ...Array.from({ length: 3 }, () => '9007199254740993'),
      ...Array.from({ length: 3 }, () => '9007199254740992'),
    ]);
    expect(notices).toEqual([]);
    expect(new Set(examples.slice(0, 3).map(({ images }) => imageName(images[0]!))).size).toBe(1);
  });
});

describe('pictures', () => {
  it('may have their captions in columns that are numbered', async () => {
    const { examples } = await open('parquet-columns');
    expect(examples.map(({ text }) => text)).toEqual([
      'a dog runs',
      'a brown dog',
      'the dog plays',
      'a cat sleeps',
      'a grey cat',
    ]);
    expect(galleryOf(examples).imageOf).toEqual([0, 0, 0, 1, 1]);
  });

  it('of one path and other bytes are not one', async () => {
    const { examples, notices } = await open('parquet-one-path');
    expect(galleryOf(examples).images).toHaveLength(3);
    expect(notices).toEqual([]);
  });

  it('that are copies of one file are one', async () => {
    expect(galleryOf((await open('copies')).examples)).toMatchObject({
      images: [{}],
      texts: [{}, {}],
      imageOf: [0, 0],
    });
  });
});
