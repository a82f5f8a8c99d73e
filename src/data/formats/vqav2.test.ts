import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readJsonArray } from '../../files/json-array.ts';
import type { LeftOut } from '../records/bad-rows.ts';
import { expectPicture, fixture, shapes } from './formats.fixture.ts';
import { openAnswers, openExamples } from './open-examples.ts';
import { answerVocabulary, normalizeAnswer } from './vqa-answers.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vqav2-'));
  await cp(fixture('vqav2'), folder, { recursive: true });
});
afterAll(() => rm(folder, { recursive: true }));

describe('the answers of VQA v2', () => {
  it('are normalised as the ViLT code does it', async () => {
    const cases = JSON.parse(await readFile(fixture('vqa-normalized.json'), 'utf8')) as [string, string][];
    expect(cases.length).toBeGreaterThan(200);
    expect(cases.map(([raw]) => [raw, normalizeAnswer(raw)])).toEqual(cases);
  });

  it('are those that occur nine times, in the order in which they first appear', async () => {
    const times = (answer: string, count: number): string[] => Array.from({ length: count }, () => answer);
    async function* said() {
      yield* [
        'rare',
        'Red',
        ...times('blue', 40),
        ...times('red', 7),
        'the red.',
        ...times('two', 5),
        ...times('2', 4),
      ];
      yield* times('rare', 7);
    }
    expect(await answerVocabulary(said())).toEqual(['red', 'blue', '2']);
  });

  it('are an error where none occurs often enough', async () => {
    async function* said() {
      yield 'yes';
    }
    await expect(answerVocabulary(said())).rejects.toThrow('none of the 1 occurs 9 times');
  });
});

describe('VQA v2', () => {
  it('gives a question, its picture, its scores and what all annotators said', async () => {
    const { layout, examples, answers } = await openExamples(folder, { records: shapes.vqa, split: 'train' });
    expect(layout).toContain('v2_OpenEnded_mscoco_train2014_questions.json');
    expect(answers).toEqual(['yes', '2', 'no']);
    expect(examples).toHaveLength(20);
    const [first, fruitless] = [examples[0]!, examples[6]!];
    expect(first).toMatchObject({
      text: 'What is it, train2014 0?',
      answers: [
        { answer: 'yes', score: 1 },
        { answer: '2', score: 0.3 },
      ],
    });
    expect(first.about).toMatchObject({ question_id: 0, answer_type: 'other', question_type: 'what is' });
    expect(first.about!.answers).toHaveLength(10);
    expect(fruitless.answers.map(({ answer }) => answer)).toEqual(['yes', '2']);
    for (const [i, { images }] of examples.slice(0, 4).entries()) await expectPicture(images[0], i % 3);
  });

  it('has val as validation, and questions without answers in test-dev', async () => {
    const { examples } = await openExamples(folder, { records: shapes.vqa, split: 'validation' });
    expect(examples).toHaveLength(17);
    const dev = await openExamples(folder, { records: shapes.vqa, split: 'test-dev' });
    expect(dev.examples).toMatchObject([{ text: 'Is it?', answers: [], about: { question_id: 7000 } }]);
    await expectPicture(dev.examples[0]!.images[0], 3);
  });

  it('takes the classes of answers.txt, and leaves out questions without any of them', async () => {
    await writeFile(join(folder, 'answers.txt'), 'maybe\nred\n');
    expect(await openAnswers(folder, shapes.vqa)).toEqual(['maybe', 'red']);
    const { examples } = await openExamples(folder, { records: shapes.vqa, split: 'train' });
    expect(examples[0]!.answers).toEqual([{ answer: 'maybe', score: 0.3 }]);
    await writeFile(join(folder, 'answers.txt'), 'purple\n');
    const leftOut: LeftOut[] = [];
    const onLeftOut = (one: LeftOut): void => void leftOut.push(one);
    await expect(openExamples(folder, { records: shapes.vqa, split: 'train', onLeftOut })).rejects.toThrow(
      '20 questions have no answer among the 1',
    );
    expect(leftOut).toHaveLength(20);
    expect(leftOut[0]).toMatchObject({ kind: 'incomplete', why: expect.stringContaining('no answer among the 1') });
    await rm(join(folder, 'answers.txt'));
  });

  it('says which images are missing, or passes them over', async () => {
    await rm(join(folder, 'train2014', 'COCO_train2014_000000000001.jpg'));
    const wanted = { records: shapes.vqa, split: 'train' } as const;
    await expect(openExamples(folder, wanted)).rejects.toThrow(
      /7 annotations name images that are not there: .*entry 2: train2014\/COCO_train2014_000000000001.jpg/,
    );
    const { examples, notices } = await openExamples(folder, { ...wanted, missing: 'skip' });
    expect(examples).toHaveLength(13);
    expect(notices).toEqual([expect.stringContaining('7 annotations')]);
    await cp(fixture('vqav2'), folder, { recursive: true });
  });

  it('needs both halves to know the classes', async () => {
    const name = join(folder, 'v2_mscoco_val2014_annotations.json');
    await rm(name);
    await expect(openExamples(folder, { records: shapes.vqa, split: 'train' })).rejects.toThrow(
      'v2_mscoco_val2014_annotations.json is not there',
    );
    await cp(fixture('vqav2'), folder, { recursive: true });
  });

  it('lists what it looked for where nothing fits', async () => {
    const asked = openExamples(fixture('nlvr2'), { records: shapes.vqa, split: 'train' });
    await expect(asked).rejects.toThrow(
      /has no split "train" for vqa: it has dev, images.*\n.*VQAv2 JSON: v2_OpenEnded_mscoco_train2014_questions.json/s,
    );
    await expect(openExamples('/nowhere', { records: shapes.vqa, split: 'train' })).rejects.toThrow(
      'no such file or folder',
    );
  });
});

describe('a list in a JSON file', () => {
  const entries = async (text: string, name?: string): Promise<unknown[]> => {
    const path = join(folder, 'list.json');
    await writeFile(path, text);
    const rows: unknown[] = [];
    for await (const { row } of readJsonArray(path, name)) rows.push(row);
    return rows;
  };

  it('is found among others, whatever stands inside texts', async () => {
    const rows = [{ a: '"]}\\' }, { b: [{ wanted: [1] }] }, { c: 'é漢' }];
    expect(
      await entries(
        JSON.stringify({ not: [{}], 'wanted ': [[]], deep: { wanted: [{ no: 1 }] }, wanted: rows, after: [{ d: 1 }] }),
        'wanted',
      ),
    ).toEqual(rows);
    expect(await entries(`\n ${JSON.stringify(rows, null, 2)}`)).toEqual(rows);
  });

  it('may be longer than what is read at once', async () => {
    const rows = Array.from({ length: 9000 }, (_, i) => ({ i, text: 'x'.repeat(i % 97) }));
    expect(await entries(JSON.stringify({ info: 'y'.repeat(300_000), rows }), 'rows')).toEqual(rows);
  });

  it.each([
    ['{"rows": [{"a": 1}, {"a"', 'cut short or damaged: it ends inside an entry, after 1 whole ones'],
    ['{"rows": [{"a": 1}', 'it ends inside the list'],
    ['{"other": []}', 'has no list "rows"'],
    ['', 'has no list "rows"'],
    ['{"rows": [{a: 1}]}', 'entry 1: not JSON'],
    ['{"rows": [[1]]}', 'entry 1: not an object'],
  ])('is refused where it reads %j', async (text, message) => {
    await expect(entries(text, 'rows')).rejects.toThrow(message);
  });
});
