import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../src/cli/program.ts';
import { loadModel, saveModel } from '../../src/index.ts';
import { type QuickstartReport, REPRODUCIBILITY } from '../../src/studies/quickstart/content.ts';
import { type QuickstartOptions, quickstart, quickstartSizes } from '../../src/studies/quickstart/quickstart.ts';
import { recipes } from '../../src/studies/shipped/recipes.ts';
import { untrainedEncoder } from '../../src/studies/shipped/untrained-encoder.ts';
import { inProcess } from '../cli/cli.fixture.ts';

let folder: string;
/** Models that have learnt nothing, of the kinds that come with the package. */
let models: Pick<QuickstartOptions, 'teacher' | 'pretrained' | 'student'>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dide-quickstart-'));
  const at = (name: string): string => join(folder, `${name}.safetensors`);
  models = { teacher: at('teacher'), pretrained: at('pretrained'), student: at('student') };
  const encoder = untrainedEncoder();
  const pretrained = recipes['student-pretrained-mini'].begin(encoder);
  await saveModel(models.teacher, recipes['teacher-mini'].begin(encoder));
  await saveModel(models.pretrained, pretrained);
  await saveModel(models.student, recipes['student-mini'].begin(pretrained));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the quickstart', () => {
  let report: QuickstartReport;
  const parts = new Set<string>();
  beforeAll(async () => {
    report = await quickstart({
      ...models,
      folder: join(folder, 'run'),
      recipes: ['hard', 'soft', 'soft+attention'],
      size: quickstartSizes.tiny,
      command: 'npm run quickstart -- --tiny',
      threads: 1,
      onProgress: (part) => parts.add(part),
    });
  }, 240_000);

  it('walks the whole path: data, three students beside the shipped one, evaluation, cache, question, times', () => {
    expect(report.models.map(({ name }) => name)).toEqual([
      'teacher',
      'shipped student',
      'distilled now',
      'soft labels now',
      'hard labels now',
    ]);
    // only what was trained now has a duration and curves
    expect(report.models.map(({ seconds }) => seconds !== undefined)).toEqual([false, false, true, true, true]);
    expect(report.models.map(({ curves }) => curves.length > 0)).toEqual([false, false, true, true, true]);
    expect(report.data.splits['test-iid']).toEqual({ examples: 16, images: 16 });
    for (const { accuracy } of report.models)
      expect(Object.keys(accuracy)).toEqual(['validation', 'test-iid', 'test-comp']);
    const all = Object.values(report.data.splits).reduce((sum, { images }) => sum + images, 0);
    expect(report.cache.images).toBe(all);
    expect(all).toBe(96);
    expect(report.question.answers).toHaveLength(12);
    expect(report.latency.every(({ millisecondsPerImage }) => millisecondsPerImage > 0)).toBe(true);
    expect([...parts]).toEqual(expect.arrayContaining(['scenes: train', 'students', 'caching']));
  });

  it('shows examples with the attention of every model, whose rows are shares', () => {
    expect(report.examples.length).toBeGreaterThan(0);
    for (const { models, words, rows, columns } of report.examples) {
      expect(models.map(({ divergence }) => divergence === undefined)).toEqual([true, false, false, false, false]);
      for (const { textToImage } of models) {
        for (const head of textToImage) {
          expect(head).toHaveLength(words.length);
          for (const row of head) {
            expect(row).toHaveLength(1 + rows * columns);
            expect(row.reduce((a, b) => a + b)).toBeCloseTo(1, 5);
          }
        }
      }
    }
  });

  it('counts, on all test questions, which student is right, and chooses examples by it', () => {
    const { distilled, undistilled, right } = report.choice;
    expect([distilled, undistilled]).toEqual(['distilled now', 'hard labels now']);
    expect(Object.values(right).reduce((sum, one) => sum + one, 0)).toBe(report.data.splits['test-iid']!.examples);
    const accuracyOf = (wanted: string) =>
      report.models.find(({ name }) => name === wanted)!.accuracy['test-iid']!.mean;
    expect((right.both + right.distilledAlone) / 16).toBeCloseTo(accuracyOf(distilled), 10);
    expect((right.both + right.undistilledAlone) / 16).toBeCloseTo(accuracyOf(undistilled), 10);
    if (right.distilledAlone === 0) return;
    for (const { models, truth } of report.examples) {
      const answerOf = (wanted: string) => models.find(({ name }) => name === wanted)!.answers[0]!.answer;
      expect(answerOf(distilled)).toBe(truth);
      expect(answerOf(undistilled)).not.toBe(truth);
    }
  });

  it('writes one page that opens without a network, and students that load', async () => {
    const page = await readFile(join(folder, 'run', 'report.html'), 'utf8');
    expect(page).toContain('shipped student');
    expect(page).not.toMatch(/(?:src|href)="https?:/);
    const student = await loadModel(join(folder, 'run', 'soft+attention', 'best.safetensors'));
    expect([student.config.architecture.name, student.config.task]).toEqual(['dide', 'vqa']);
  });

  it('says at its top that a toy run has no results', async () => {
    expect(await readFile(join(folder, 'run', 'report.html'), 'utf8')).toContain('This is the toy run (--tiny)');
  });

  it('says how exactly its numbers come out again, as does the README beside its table', async () => {
    expect(await readFile(join(folder, 'run', 'report.html'), 'utf8')).toContain(REPRODUCIBILITY);
    const readme = await readFile(fileURLToPath(new URL('../../README.md', import.meta.url)), 'utf8');
    const [, besideTable] = /<!-- quickstart:table -->(.*?)<!-- \/quickstart:table -->/s.exec(readme)!;
    expect(besideTable!.replaceAll(/\s+/g, ' ')).toContain(REPRODUCIBILITY);
  });

  it('is resumed without training anything again', async () => {
    const began = performance.now();
    const again = await quickstart({
      ...models,
      folder: join(folder, 'run'),
      recipes: ['hard', 'soft', 'soft+attention'],
      size: quickstartSizes.tiny,
      command: 'again',
      threads: 1,
      resume: true,
    });
    expect(again.models.map(({ accuracy }) => accuracy)).toEqual(report.models.map(({ accuracy }) => accuracy));
    expect(performance.now() - began).toBeLessThan(60_000);
  });
});

it('without a teacher, says how to get one', async () => {
  expect(
    await run([
      'node',
      'dide',
      'quickstart',
      '--tiny',
      '--teacher',
      join(folder, 'none.safetensors'),
      '--out',
      join(folder, 'no'),
    ]),
  ).toBe(1);
});

it('prints a table of every model, and the cost of a question beside that of the teacher', {
  timeout: 240_000,
}, async () => {
  const given = Object.entries(models).flatMap(([option, file]) => [`--${option}`, file]);
  const { code, stdout, stderr } = await inProcess([
    ...['quickstart', '--tiny', '--threads', '1', '--out', join(folder, 'printed')],
    ...given,
  ]);
  expect(code, stderr).toBe(0);
  const rows = ['teacher', 'shipped student', 'distilled now', 'hard labels now'];
  expect(stdout).toMatch(new RegExp(rows.map((name) => `\n${name} +[\\d,]+ .*%`).join('[^]*')));
  expect(stdout).toMatch(/\nthe teacher, pair by pair +[\d.e-]+ ms an image +1\.0 times\n/);
  expect(stdout).toMatch(/\nthe student, over the cache +[\d.e-]+ ms an image +(1\/\d+|[\d.e+]+ times)\n/);
});
