import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readAnswerList } from '../../checkpoints/answers.ts';
import { defineTask } from '../../tasks/define-task.ts';
import type { Example } from '../example.ts';
import { convertExamples, convertedFormats } from '../formats/convert.ts';
import { fixture, shapes, tarOf } from '../formats/formats.fixture.ts';
import { openAnswers, openExamples } from '../formats/open-examples.ts';
import { encodePng } from '../image.ts';
import { ODD_ANSWERS } from '../odd-answers.fixture.ts';
import { isNoAnswer } from './no-answer.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'answers-'));
  await writeFile(join(root, 'a.png'), await encodePng({ width: 4, height: 4, data: new Uint8Array(48).fill(90) }));
});
afterAll(() => rm(root, { recursive: true }));

const scoresOf = (examples: readonly Example[]) =>
  examples.map(({ answers }) => Object.fromEntries(answers.map(({ answer, score }) => [answer, score])));

describe('answers as the libraries of others write them', () => {
  const ten = [{ yes: 1, no: 0.9 }, { no: 1 }, {}];
  const one = [{ yes: 1 }, { no: 1 }, {}];

  it.each([
    ['list-of-objects', ten],
    ['object-of-lists', ten],
    ['list', ten],
    ['ids-weights', ten],
    ['labels-scores', ten],
    ['json', ten],
    ['json-scores', ten],
    ['multiple-choice', one],
    ['dictionary', one],
    ['class-label', one],
    ['class-labels', one],
    ['class-label-object', one],
    ['numbers', [{ 2: 1 }, { 0.5: 1 }, {}]],
  ])('are read from parquet: %s', async (name, expected) => {
    const file = fixture(`answers/${name}.parquet`);
    const { examples } = await openExamples(file, { records: shapes.vqa, split: 'train' });
    expect(scoresOf(examples)).toEqual(expected);
  });

  it('are read by the names of their classes from Arrow', async () => {
    const file = fixture('answers/class-label');
    const { examples } = await openExamples(file, { records: shapes.vqa, split: 'train' });
    expect(scoresOf(examples)).toEqual(one);
  });

  it.each([
    ['annotation', one],
    ['annotation-json', [{ yes: 1 }, { no: 0.6 }, {}]],
    ['annotations', [{ yes: 0.3, no: 0.3 }, { no: 1 }, {}]],
  ])('are read from an annotation one level down: %s', async (name, expected) => {
    const file = fixture(`answers/${name}.parquet`);
    const { examples, notices } = await openExamples(file, { records: shapes.vqa, split: 'train' });
    expect(scoresOf(examples)).toEqual(expected);
    expect(notices).toEqual([]);
  });

  it.each([
    ['train.jsonl', JSON.stringify({ image: 'a.png', question: 'is it?', annotation: { answer: 'yes' } })],
    ['train.json', JSON.stringify([{ image: 'a.png', question: 'is it?', annotation: { answer: 'yes' } }])],
    ['train.csv', 'image,question,annotation\na.png,is it?,"{""answer"": ""yes""}"\n'],
    ['train.csv', 'image,question,annotation.answer,annotation.id\na.png,is it?,yes,7\n'],
    ['train.tar', ''],
  ])('are read from an annotation in %s: %s', async (file, text) => {
    const folder = await mkdtemp(join(root, 'nested-'));
    await writeFile(join(folder, 'a.png'), await readFile(join(root, 'a.png')));
    const row = { question: 'is it?', annotation: { answer: 'yes' } };
    const files = [['0.png', await readFile(join(root, 'a.png'))] as const, ['0.json', JSON.stringify(row)] as const];
    await writeFile(join(folder, file), text === '' ? await tarOf(files) : text);
    const { examples, notices } = await openExamples(folder, { records: shapes.vqa, split: 'train' });
    expect(scoresOf(examples)).toEqual([{ yes: 1 }]);
    expect(notices).toEqual([]);
  });

  it('in any other field are told of by its name, also where only some rows have no answer', async () => {
    const all = await openExamples(fixture('answers/meta.parquet'), { records: shapes.vqa, split: 'train' });
    expect(all.notices).toEqual([expect.stringContaining('no row has an answer for vqa, and meta.gold.answer is not')]);
    const rows = [{ answer: 'yes' }, { meta: { answer: 'no' } }, { answer_type: 'other' }];
    const lines = rows.map((row) => JSON.stringify({ image: 'a.png', question: 'is it?', ...row }));
    const folder = await mkdtemp(join(root, 'some-'));
    await writeFile(join(folder, 'a.png'), await readFile(join(root, 'a.png')));
    await writeFile(join(folder, 'train.jsonl'), lines.join('\n'));
    const some = await openExamples(folder, { records: shapes.vqa, split: 'train' });
    expect(some.notices).toEqual([
      `${folder}: 2 of 3 rows have no answer for vqa, and meta.answer is not read as one: call it "answer", or name it in a task of your own (defineTask).`,
    ]);
  });

  it('are an error with the name of the field where an annotation says nothing', async () => {
    const folder = await mkdtemp(join(root, 'unclear-'));
    const row = { image: 'a.png', question: 'is it?', annotation: { answer: { value: 'yes' } } };
    await writeFile(join(folder, 'train.jsonl'), JSON.stringify(row));
    await expect(openExamples(folder, { records: shapes.vqa, split: 'train' })).rejects.toThrow(
      'train.jsonl:1 annotation: "answer" is {"value":"yes"}: it must be a text, a list of texts',
    );
  });

  it.each([
    ['ids-without-names', /ids-without-names\.parquet:1: "label" is 1: it must be the answer itself/],
    ['python-list', /python-list\.parquet:1: "answers" is "\['yes', .*: it must be a text, a list of texts, or/],
  ])('are an error with the name of the field where they say nothing: %s', async (name, message) => {
    const file = fixture(`answers/${name}.parquet`);
    await expect(openExamples(file, { records: shapes.vqa, split: 'train' })).rejects.toThrow(message);
  });
});

describe('one rule says what is no answer', () => {
  it.each([undefined, null, '', ' \t', -1, '-1', ' - ', Number.NaN, 'NaN', [], [null, ''], {}, { a: [], b: null }])(
    '%j is none',
    (value) => {
      expect(isNoAnswer(value)).toBe(true);
    },
  );

  it.each([0, '0', 'no', 'none', 'null', '--', -2, ['', 'x'], { a: 0 }, false])('%j is one', (value) => {
    expect(isNoAnswer(value)).toBe(false);
  });

  it.each(Object.keys(shapes).filter((name) => name !== 'retrieval'))('in the records of %s', (name) => {
    const { answers } = shapes[name as keyof typeof shapes];
    for (const value of [undefined, null, '', ' ', -1, '-1', '-', Number.NaN]) {
      for (const field of ['answer', 'label', 'gold_label'])
        expect(answers.read({ where: 'a:1', row: { [field]: value } }).scored).toEqual([]);
      expect(answers.label(value, 'a:1')).toEqual([]);
    }
  });

  it('and a class, or an answer with a score, may be called as what is none', () => {
    const signs = defineTask({ name: 'signs', answers: ['-1', '-', '1'] }).records!.answers;
    expect(signs.read({ where: 'a:1', row: { label: -1 } }).scored).toEqual([{ answer: '-1', score: 1 }]);
    expect(signs.label('-', 'a:1')).toEqual([{ answer: '-', score: 1 }]);
    const row = { answers: ['', 'yes'], answer_scores: [0.3, 1] };
    expect(shapes.vqa.answers.read({ where: 'a:1', row }).scored).toEqual([
      { answer: '', score: 0.3 },
      { answer: 'yes', score: 1 },
    ]);
  });

  it('and where the first field holds none, the next one counts', () => {
    const row = { answers: [], answer: '-', multiple_choice_answer: 'yes' };
    expect(shapes.vqa.answers.read({ where: 'a:1', row }).scored).toEqual([{ answer: 'yes', score: 1 }]);
  });
});

describe.each(convertedFormats)('what is written as %s is read back', (format) => {
  /** Converts a split of JSON lines and reads it again. */
  const again = async (name: string, rows: readonly object[], records = shapes.vqa) => {
    const folder = join(root, `${name}-${format}`);
    const lines = rows.map((row) => `${JSON.stringify({ image: '../a.png', question: 'what?', ...row })}\n`);
    await mkdir(folder);
    await writeFile(join(folder, 'train.jsonl'), lines.join(''));
    const query = { records, split: 'train' };
    const before = await openExamples(folder, query);
    const to = join(folder, 'converted');
    for await (const _ of convertExamples(folder, { to, format, records, splits: ['train'] }));
    return { to, before: before.examples, after: (await openExamples(to, query)).examples };
  };

  it('with every answer, score and list of answers, odd ones too', async () => {
    const scores = ODD_ANSWERS.map((_, i) => (i % 10) / 10 + 0.1);
    const rows = [{ answers: ODD_ANSWERS, answer_scores: scores }, {}, { answer: 'yes' }, { answers: ['a', 'a', 'b'] }];
    const { to, before, after } = await again('odd', rows);
    expect(after.map(({ text, answers, about }) => ({ text, answers, about }))).toEqual(
      before.map(({ text, answers, about }) => ({ text, answers, about })),
    );
    expect(after[0]!.answers.map(({ answer }) => answer)).toEqual(ODD_ANSWERS);
    const listed = [...ODD_ANSWERS, 'a', 'b'];
    expect(await openAnswers(to, shapes.vqa)).toEqual(listed);
    expect(await readAnswerList(join(to, 'answers.txt'))).toEqual(listed);
  });

  it('also where a task has one right answer, and its annotators gave several', async () => {
    const { records } = defineTask({ name: 'tone', fields: { text: 'question' } });
    const rows = [{ label: 'calm' }, { label: null }, { answers: ['calm', 'calm', 'loud'] }];
    const { before, after } = await again('tone', rows, records!);
    expect(scoresOf(after)).toEqual([{ calm: 1 }, {}, { calm: 0.6, loud: 0.3 }]);
    expect(scoresOf(after)).toEqual(scoresOf(before));
  });
});
