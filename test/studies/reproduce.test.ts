import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeReproduction } from '../../src/studies/reproduction/page/write.ts';
import { reproduce, reproduceJob } from '../../src/studies/reproduction/reproduce.ts';
import { keepResult, type Result } from '../../src/studies/reproduction/result-file.ts';
import type { Measured } from '../../src/studies/reproduction/results.ts';
import { reproductionSizes } from '../../src/studies/reproduction/size.ts';
import { shippedFile } from '../../src/studies/shipped/files.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dide-reproduce-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** One job of every kind, and those that it depends on. The others get made-up results. */
const really = [
  'stage-1/student/seed-0',
  'teacher/vqa',
  'teacher/nlvr2',
  'teacher/ve',
  'teacher/retrieval',
  'student/vqa/hard/teacher/rate-0.001/seed-0',
  'student/vqa/cross/teacher/rate-0.001/seed-0',
  'student/vqa/cross/stage-1/rate-0.001/seed-0',
  'student/vqa/whole/teacher/rate-0.001/seed-0',
  'student/vqa/soft/teacher/rate-0.001/share-0.5/seed-0',
  'student/retrieval/attention/stage-1/seed-0',
  'attention/vqa',
  'cost/vqa',
  'cost/nlvr2',
  'cost/ve',
  'cost/gallery',
];

const taken = { accuracy: 0.5, 'text R@1': 0.5, 'image R@1': 0.5 };

const size = {
  ...reproductionSizes.tiny,
  seeds: { vqa: [0], nlvr2: [0], ve: [0], retrieval: [0] },
};

const options = () => ({
  encoder: shippedFile('pretrained-mini'),
  folder,
  size,
  workers: 2,
});

describe('a reproduction', () => {
  let measured: Measured;
  const done: string[] = [];
  const run = async (id: string): Promise<void> => {
    done.push(id);
    if (really.includes(id)) await reproduceJob(id, options(), () => {});
    else await keepResult(folder, { id, measures: { validation: taken, 'test-iid': taken } });
  };
  beforeAll(async () => {
    measured = await reproduce({ ...options(), run });
  }, 600_000);

  const resultOf = (id: string): Result => measured.results.find((result) => result.id === id)!;

  it('does every job once: teachers, students of all variants, retrieval, times', () => {
    // those that left no weights are asked for again by those that need them
    expect(really.map((id) => done.filter((one) => one === id))).toEqual(really.map((id) => [id]));
    expect(measured.results).toHaveLength(measured.planned);
    expect(measured.results).toHaveLength(new Set(done).size);
  });

  it('measures accuracy by split, recall, milliseconds, and what a training cost', () => {
    const student = resultOf('student/vqa/cross/stage-1/rate-0.001/seed-0');
    expect(Object.keys(student.measures)).toEqual(['validation', 'test-iid', 'test-comp']);
    expect(student.training).toMatchObject({ updates: 2, learningRate: 1e-3 });
    expect(student.training!.seconds).toBeGreaterThan(0);
    const recalls = resultOf('student/retrieval/attention/stage-1/seed-0').measures['test-iid']!;
    expect(recalls['text R@10']).toBeGreaterThanOrEqual(recalls['text R@1']!);
    const costs = ['vqa', 'nlvr2', 've'].map((task) => resultOf(`cost/${task}`).measures.milliseconds!);
    for (const times of costs) {
      expect(Object.keys(times)).toEqual(['teacher', 'student', 'student, images kept', 'encoding an image']);
      for (const time of Object.values(times)) expect(time).toBeGreaterThan(0);
    }
    // over all tasks, as other work may slow one of these few milliseconds
    const total = (name: string): number => costs.reduce((sum, times) => sum + times[name]!, 0);
    expect(total('student, images kept')).toBeLessThan(total('student'));
    const attention = resultOf('attention/vqa').measures;
    expect(Object.keys(attention)).toEqual(['distilled student', 'undistilled student']);
    expect(attention['distilled student']!['text to image']).toBeGreaterThan(0);
  });

  it('times one question about one image and about a hundred thousand, by vectors in memory', () => {
    const { measures } = resultOf('cost/gallery');
    expect(Object.keys(measures)).toHaveLength(6 * 5);
    const [one, most] = ['1 images, round 1', '100000 images, round 1'].map((name) => measures[name]!);
    expect(most!.student).toBeGreaterThan(one!.student!);
    expect(most!.student).toBeLessThan(most!.teacher! / 5);
  });

  it('keeps what a teacher makes of its data once for all kinds of attention', () => {
    const kept = join(folder, 'kept-teachers', 'vqa');
    expect(readdirSync(kept).sort()).toEqual(['answers-of-0.5', 'last-layer']);
  });

  it('does nothing again', async () => {
    const before = done.length;
    expect((await reproduce({ ...options(), run })).results).toEqual(measured.results);
    expect(done).toHaveLength(before);
  });

  it('writes tables, verdicts and the attention of teacher and students', async () => {
    const to = join(folder, 'report');
    await writeReproduction(to, measured, folder);
    const text = await readFile(join(to, 'README.md'), 'utf8');
    expect(text).toContain('| Soft labels beat hard ones | – | the whole interval above 0 |');
    expect(text).not.toMatch(/undefined|NaN/);
    expect(await readFile(join(to, 'index.html'), 'utf8')).toContain('href="attention.html"');
    const attention = await readFile(join(to, 'attention.html'), 'utf8');
    expect(attention).toContain('<th scope="row">undistilled student');
    const [, of] = /Of all (\d+) questions [^<]* the other way round: there “undistilled student”/.exec(attention)!;
    expect(of).toBe(
      `${(await readFile(join(folder, 'scenes', 'vqa', 'test-iid.jsonl'), 'utf8')).trim().split('\n').length}`,
    );
    expect(existsSync(join(to, 'outcomes.json'))).toBe(true);
  });
});
