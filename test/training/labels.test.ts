import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collateAnswers } from '../../src/data/batch.ts';
import { type ShapeName, shapes } from '../../src/data/formats/formats.fixture.ts';
import { openExamples } from '../../src/data/formats/open-examples.ts';
import { UserError } from '../../src/errors.ts';
import { nlvr2 } from '../../src/tasks/nlvr2.ts';
import { snliVe } from '../../src/tasks/snli-ve.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'labels-'));
});
afterAll(() => rm(root, { recursive: true }));

/** A copy of a folder of test/files in which one file is changed. */
const changed = async (name: string, file: string, change: (text: string) => string): Promise<string> => {
  const folder = join(root, `${name}-${Math.random()}`);
  await cp(`test/files/${name}`, folder, { recursive: true });
  await writeFile(join(folder, file), change(await readFile(join(folder, file), 'utf8')));
  return folder;
};

describe('labels that stand in another order', () => {
  it.each([
    [['contradiction', 'entailment', 'neutral']],
    [['entailment', 'neutral', 'contradiction']],
    [['neutral', 'contradiction', 'entailment']],
  ])('are the targets of the classes of their names: %j', async (answers) => {
    for (const layout of ['snli-ve-necla', 'snli-ve-albef']) {
      const examples = await snliVe.read(`test/files/${layout}`, 'train');
      const { data } = collateAnswers(examples, answers);
      for (const [i, { text }] of examples.entries()) {
        const target = [...data.slice(3 * i, 3 * i + 3)];
        expect(target.map((score, place) => (score === 1 ? `It is ${answers[place]}.` : '')).join('')).toBe(text);
      }
    }
  });
});

describe('a label that nobody knows', () => {
  it.each([
    ['snli-ve-necla', 'snli_ve_train.jsonl', '"gold_label": "neutral"', '"gold_label": "perhaps"', snliVe],
    ['snli-ve-albef', 'train.json', '"label":"neutral"', '"label":"perhaps"', snliVe],
    ['nlvr2', 'nlvr2/data/train.json', '"label": "True"', '"label": "perhaps"', nlvr2],
  ] as const)(
    'leaves its row of %s out, with its place and the labels that there are, or ends a strict read',
    async (name, file, from, to, task) => {
      const folder = await changed(name, file, (text) => text.replace(from, to));
      const whole = await task.read(`test/files/${name}`, 'train');
      const warnings: string[] = [];
      const examples = await task.read(folder, 'train', { onWarning: (text) => warnings.push(text) });
      expect(examples).toHaveLength(whole.length - 1);
      expect(warnings).toEqual([
        expect.stringMatching(/1 of \d rows gives no example.*train\.json.*"perhaps".*write /),
      ]);
      const strict = task.read(folder, 'train', { badRows: 'refuse' });
      await expect(strict).rejects.toThrow(UserError);
      await expect(strict).rejects.toThrow(/train\.json.*"perhaps".*write /);
    },
  );

  it('is refused by a model that has other ones', async () => {
    const examples = await snliVe.read('test/files/snli-ve-albef', 'train');
    expect(() => collateAnswers(examples, ['yes', 'no'])).toThrow('"entailment" is not among the 2 known (yes, no)');
  });
});

describe('annotations of pictures that are not there', () => {
  it.each<[string, string, ShapeName, RegExp]>([
    ['karpathy-coco', 'train2014', 'retrieval', /1 annotation names an image .*dataset_coco.json, entry 1: /],
    ['snli-ve-necla', 'Flickr30K_images', 've', /3 annotations .*snli_ve_train.jsonl:1: /],
    ['snli-ve-albef', 'images', 've', /3 annotations .*train.json, entry 1: /],
    ['nlvr2', 'images', 'nlvr2', /2 annotations .*train.json:1: /],
    ['tables', 'images', 'vqa', /3 annotations .*train.csv:2: /],
  ])('of %s are counted, and the first is named', async (name, images, task, message) => {
    const folder = join(root, `${name}-without`);
    await cp(`test/files/${name}`, folder, { recursive: true });
    await rm(join(folder, images), { recursive: true });
    const preprocessor = openExamples(folder, { records: shapes[task], split: 'train' });
    await expect(preprocessor).rejects.toThrow(message);
    await expect(preprocessor).rejects.toThrow(/--missing skip/);
    await expect(preprocessor).rejects.toThrow(UserError);
  });
});
