import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCsv } from '../../src/files/csv.ts';
import { retrieval, saveModel } from '../../src/index.ts';
import { randomStudent, writeImages } from '../../src/inference/inference.fixture.ts';
import { tiny } from '../../src/model/sizes.ts';
import { failing, inProcess, jsonOf } from './cli.fixture.ts';

const RED = '\u001b[31m';
const photos = {
  'a/1.png': 1,
  'a/2.png': 2,
  'a/copy of 1.png': 1,
  'b/3.png': 3,
  [`b/${RED}4.png`]: 4,
  'b/5.png': 5,
};
const vqa = randomStudent();
const students = {
  vqa,
  ve: randomStudent(4, { task: 've', scoring: 'softmax', answers: ['contradiction', 'entailment', 'neutral'] }),
  nlvr2: randomStudent(2, {
    ...{ task: 'nlvr2', images: 2, scoring: 'softmax', answers: ['False', 'True'] },
    sizes: { ...tiny, types: 3, vocabulary: vqa.config.vocabulary.length },
  }),
  retrieval: randomStudent(0, { task: retrieval.name, answers: [], scoring: 'softmax' }),
};
let root = '';
const modelOf = (name: keyof typeof students): string => join(root, `${name}.safetensors`);
const over = (verb: string, name: keyof typeof students, ...args: string[]): string[] => [
  ...[verb, modelOf(name), ...args, '--cache', join(root, `${name}.cache`), '--threads', '1'],
];
const question = 'is there a red circle ?';

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'dide-query-'));
  await writeImages(join(root, 'photos'), photos);
  for (const [name, model] of Object.entries(students)) {
    await saveModel(join(root, `${name}.safetensors`), model);
    const to = join(root, `${name}.cache`);
    const exact = ['--precision', 'float32', '--threads', '1'];
    await jsonOf('cache', join(root, `${name}.safetensors`), join(root, 'photos'), '--to', to, ...exact);
  }
}, 120_000);
afterAll(() => rm(root, { recursive: true, force: true }));

interface Row {
  readonly image: string;
  readonly answer: string;
  readonly probability: number;
  readonly date: string;
  readonly duplicates?: readonly string[];
}

describe('dide ask', () => {
  it('shows only those that answer yes above p, and says how many there are', async () => {
    const all = (await jsonOf(...over('ask', 'vqa', question))) as { answers: Row[] };
    expect(all.answers.map(({ answer }) => answer)).toEqual(Array(6).fill('yes'));
    const distinct = [...new Set(all.answers.map(({ probability }) => probability))];
    const p = String((distinct[1]! + distinct[2]!) / 2);
    const expected = all.answers.filter(({ probability }) => probability >= Number(p));
    const some = await jsonOf(...over('ask', 'vqa', question, '--at-least', p));
    expect(some).toMatchObject({ images: 6, asked: 6, found: expected.length, answers: expected });
    const { stdout } = await inProcess(over('ask', 'vqa', question, '--at-least', p, '--sort', 'date', '--top', '1'));
    const [heading, row, ...rest] = stdout.trimEnd().split('\n');
    expect(heading).toMatch(/^image +answer +probability +date$/);
    expect(row).toMatch(/ yes +0\.\d{3} +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
    expect(rest).toEqual([
      `… and ${expected.length - 1} more images: --top ${expected.length}`,
      `${expected.length} of 6 images fit`,
    ]);
    const none = await inProcess(over('ask', 'vqa', question, '--at-least', '1'));
    expect(none).toMatchObject({ code: 0, stdout: 'image  answer  probability\n0 of 6 images fit\n' });
  });

  it('filters, combines, groups and counts as the library does', async () => {
    const filtered = await jsonOf(
      ...over('ask', 'vqa', question, '--path', '!*copy*', '--folder', 'a', '--min-size', '1B'),
    );
    expect(filtered.answers.map(({ image }: Row) => image).sort()).toEqual(['a/1.png', 'a/2.png']);
    expect(await jsonOf(...over('ask', 'vqa', question, '--min-size', '2GB'))).toMatchObject({ asked: 0, answers: [] });
    expect(await jsonOf(...over('ask', 'vqa', question, '--to', '1999'))).toMatchObject({ asked: 0, answers: [] });
    const both = await jsonOf(...over('ask', 'vqa', question, '--and', 'what color is it ? = red', '--not', question));
    const { answers: yes } = await jsonOf(...over('ask', 'vqa', question));
    const { answers: red } = await jsonOf(...over('ask', 'vqa', 'what color is it ?', '--answer', 'red'));
    const of = (answers: Row[], image: string): number => answers.find((one) => one.image === image)!.probability;
    for (const { image, probability } of both.answers as Row[])
      expect(probability).toBeCloseTo(of(yes, image) * of(red, image) * (1 - of(yes, image)), 6);
    const grouped = await inProcess(over('ask', 'vqa', question, '--near-duplicates', '0', '--histogram'));
    expect(grouped.stdout).toMatch(/^a\/1\.png +yes +0\.\d{3} +\+ 1$/m);
    expect(grouped.stdout).not.toContain('copy of');
    const counts = [...grouped.stdout.matchAll(/ +(\d+) +\d+\.\d %$/gm)].map(([, count]) => Number(count));
    expect(counts.reduce((sum, one) => sum + one, 0)).toBe(6);
  });

  it('writes what it found to files that are read back equal, with the names as they are', async () => {
    const { answers } = (await jsonOf(...over('ask', 'vqa', question, '--near-duplicates', '0'))) as { answers: Row[] };
    expect(answers.map(({ image }) => image)).toContain(`b/${RED}4.png`);
    const paths = ['jsonl', 'csv', 'parquet'].map((type) => join(root, `out.${type}`));
    for (const path of paths) {
      const { stdout } = await inProcess(over('ask', 'vqa', question, '--near-duplicates', '0', '--out', path));
      expect(stdout).toContain(`saved ${path}`);
      expect(stdout).not.toContain('\u001b');
      expect(stdout).toContain('b/\ufffd[31m4.png');
    }
    const [lines, csv, parquet] = paths as [string, string, string];
    expect(
      (await readFile(lines, 'utf8'))
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual(answers);
    const rows: unknown[] = [];
    for await (const { row } of readCsv(csv)) rows.push(row);
    expect(rows).toEqual(
      answers.map(({ probability, duplicates, ...row }) => ({
        ...row,
        probability: String(probability),
        ...(duplicates ? { duplicates: JSON.stringify(duplicates) } : {}),
      })),
    );
    const read = await parquetReadObjects({ file: await asyncBufferFromFile(parquet), compressors });
    expect(read).toEqual(answers);
    expect(await failing(root, ...over('ask', 'vqa', question, '--out', join(root, 'out.xlsx')))).toContain(
      '/out.xlsx: results are written as JSON lines, CSV or parquet',
    );
  });

  it('asks the questions of a file, each with a table, or all into a file or a stream as they are found', async () => {
    const file = join(root, 'questions.txt');
    await writeFile(file, `${question}\n\nwhat color is it ? = red\n`);
    const { results } = await jsonOf(...over('ask', 'vqa', '--questions', file));
    expect(
      results.map(({ question: text, answer, answers }: never) => [text, answer, (answers as Row[]).length]),
    ).toEqual([
      [question, 'yes', 6],
      ['what color is it ?', 'red', 6],
    ]);
    const tables = (await inProcess(over('ask', 'vqa', '--questions', file, '--top', '2'))).stdout.split('\n\n');
    expect(tables.map((table) => table.split('\n')[0])).toEqual([question, 'what color is it ?']);
    const streamed = await inProcess(over('ask', 'vqa', '--questions', file, '--stream'));
    expect(streamed.stdout).not.toContain('\u001b');
    const lines = streamed.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines).toHaveLength(12);
    expect(lines.map((line) => line.question)).toEqual(Array(6).fill([question, 'what color is it ?']).flat());
    const out = join(root, 'many.jsonl');
    expect(await jsonOf(...over('ask', 'vqa', '--questions', file, '--out', out))).toMatchObject({ answers: 12, out });
    expect(
      (await readFile(out, 'utf8'))
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual(lines);
    expect(await failing(root, ...over('ask', 'vqa', '--questions', file, '--out', out, '--sort', 'date'))).toContain(
      '--sort: answers are written as they are found',
    );
    await writeFile(file, '\n');
    expect(await failing(root, ...over('ask', 'vqa', '--questions', file))).toContain('it has no question');
    expect(await failing(root, ...over('ask', 'vqa', '--questions', join(root, 'none')))).toContain('/none');
    expect(await failing(root, ...over('ask', 'vqa'))).toBe(
      'dide ask needs a question in quotes, or a file of them (--questions), and not both',
    );
  });

  it('names the answers like one that the student does not give', async () => {
    expect(await failing(root, ...over('ask', 'vqa', question, '--answer', 'Yes'))).toContain('did you mean yes?');
    expect(await failing(root, ...over('ask', 'retrieval', question, '--histogram'))).toContain(
      '--histogram: a student',
    );
  });
});

describe('dide search', () => {
  it('finds by a description, and by an image with any student', async () => {
    const { found } = await jsonOf(...over('search', 'retrieval', 'a red circle', '--not', 'a blue square'));
    expect(found).toHaveLength(6);
    const like = await jsonOf(...over('search', 'vqa', '--like', 'a/1.png', '--top', '2'));
    expect(like.found.map(({ image }: Row) => image)).toEqual(['a/1.png', 'a/copy of 1.png']);
    const file = await jsonOf(...over('search', 'vqa', '--like', join(root, 'photos/b/3.png'), '--top', '1'));
    expect(file.found[0]).toMatchObject({ image: 'b/3.png', score: expect.closeTo(1, 4) });
    const out = join(root, 'like.csv');
    const { found: all } = await jsonOf(...over('search', 'vqa', '--like', 'a/1.png'));
    const atLeast = ['--at-least', String((all[1].score + all[2].score) / 2)];
    const { stdout } = await inProcess(over('search', 'vqa', '--like', 'a/1.png', ...atLeast, '--out', out));
    expect(stdout).toMatch(/^image +score\na\/1\.png +1\.000\n.*\n2 of 6 images fit\nsaved /);
    expect((await readFile(out, 'utf8')).split('\r\n')).toHaveLength(4);
    expect(await failing(root, ...over('search', 'vqa'))).toContain('needs a description in quotes, or an image');
    expect(await failing(root, ...over('search', 'vqa', 'a red circle'))).toContain('was not trained to retrieve');
  });
});

describe('dide entail and dide reason', () => {
  it('judge images by a hypothesis, and pairs of images by a statement', async () => {
    const { judged } = await jsonOf(...over('entail', 've', 'there is a red circle', '--judgement', 'neutral'));
    const sums = judged.map((one: Record<string, number>) => one.entailment! + one.neutral! + one.contradiction!);
    for (const sum of sums) expect(sum).toBeCloseTo(1, 5);
    const neutral = judged.map((one: Record<string, number>) => one.neutral);
    expect(neutral).toEqual(neutral.toSorted((a: number, b: number) => b - a));
    const table = await inProcess(over('entail', 've', 'there is a red circle', '--top', '1'));
    expect(table.stdout).toMatch(/^image +judgement +entailment +neutral +contradiction\n/);
    const all = await jsonOf(...over('reason', 'nlvr2', 'both images show a circle', '--top', '100'));
    expect(all).toMatchObject({ judged: 36, pairs: { length: 30 } });
    const next = await inProcess(
      over('reason', 'nlvr2', 'both images show a circle', '--consecutive', '--folder', 'a'),
    );
    expect(next.stdout).toMatch(/^first image +second image +answer +probability\n(a\/.*\n){2}of 2 pairs\n$/);
    const sets = ['--path', 'a/**', '--second-path', 'b/**', '--out', join(root, 'pairs.csv')];
    await jsonOf(...over('reason', 'nlvr2', 'both images show a circle', '--top', '100', ...sets));
    expect((await readFile(join(root, 'pairs.csv'), 'utf8')).split('\r\n')).toHaveLength(11);
    const seconds = [0, 1].flatMap(() => ['--second-cache', join(root, 'nlvr2.cache')]);
    const out = join(root, 'caches.csv');
    await jsonOf(...over('reason', 'nlvr2', 'both images show a circle', ...seconds, '--out', out));
    expect(await readFile(out, 'utf8')).toMatch(/^first,second,first_cache,second_cache,answer,/);
    expect(await failing(root, ...over('reason', 'vqa', 'both images'))).toContain(
      'does not judge two images together',
    );
    expect(await failing(root, ...over('entail', 'vqa', 'a circle'))).toContain('give a student of ve');
  });
});
