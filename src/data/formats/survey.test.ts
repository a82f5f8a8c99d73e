import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fixture, shapes } from './formats.fixture.ts';
import { surveyData } from './survey.ts';

/** Task, and examples by split, of each task that is found. */
const found = async (path: string) =>
  (await surveyData(path, Object.values(shapes))).map(({ records, splits }) => ({
    task: records.name,
    splits: Object.fromEntries(splits.map(({ split, examples }) => [split, examples.length])),
  }));

describe('data in any layout', () => {
  it.each([
    ['vqav2', 'vqa', ['train', 'validation', 'test-dev']],
    ['nlvr2', 'nlvr2', ['train', 'validation', 'test']],
    ['snli-ve-albef', 've', ['train', 'validation', 'test']],
    ['snli-ve-necla', 've', ['train', 'validation', 'test']],
    ['karpathy-coco', 'retrieval', ['train', 'validation', 'test']],
    ['webdataset-vqa', 'vqa', ['train']],
    ['parquet/vqav2', 'vqa', ['validation']],
    ['parquet/flickr30k', 'retrieval', ['test']],
  ])('%s is told to be of %s, with its splits', async (name, task, splits) => {
    const [one, ...more] = await found(fixture(name));
    expect(more).toEqual([]);
    expect(one!.task).toBe(task);
    for (const split of splits) expect(one!.splits[split], split).toBeGreaterThan(0);
  });

  it('of several tasks is told task by task', async () => {
    const all = await found(fixture('vilt-arrow'));
    expect(all.map(({ task }) => task)).toEqual(['nlvr2', 've', 'vqa', 'retrieval']);
    expect(Object.keys(all[2]!.splits)).toEqual(['train', 'validation', 'test']);
  });

  it.each([
    ['layouts/arrow/disks', 'vqa', { train: 2, validation: 1 }],
    ['layouts/annotations/vqa', 'vqa', { train: 2, validation: 2, test: 1 }],
    ['layouts/annotations/coco', 'retrieval', { train: 4, validation: 4 }],
    ['layouts/annotations/imagefolder', 'retrieval', { train: 2 }],
  ])('%s is told to be of %s, with each split once', async (name, task, splits) => {
    expect(await found(fixture(name))).toEqual([{ task, splits }]);
  });

  it('is nothing where no layout fits', async () => {
    expect(await surveyData(join(fixture('vqav2'), 'train2014'), Object.values(shapes))).toEqual([]);
  });
});
