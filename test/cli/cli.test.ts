import { appendFileSync, cpSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { best, failing, finetuneFrom, inProcess, interruptedOnce, jsonOf, placeForTests } from './cli.fixture.ts';

const place = placeForTests();
let root: string;
let data: string;
let teacher: string;
let student: string;
beforeAll(() => {
  ({ root, data, teacher, student } = place());
});

describe('a journey through the command line', () => {
  it('writes a data set that says how it was made', async () => {
    expect(readdirSync(data).sort()).toEqual(
      [
        'README.md',
        'answers.txt',
        'images',
        'scenes.json',
        'test-comp.jsonl',
        'test-iid.jsonl',
        'train.jsonl',
        'validation.jsonl',
      ].sort(),
    );
    expect(readFileSync(join(data, 'README.md'), 'utf8')).toContain('dide scenes');
  });

  it('trains a teacher, and has nothing left to do when it is resumed', async () => {
    const args = finetuneFrom('--from-scratch', '--data', data, '--out', teacher, '--resume');
    const again = await jsonOf(...args);
    expect(again).toMatchObject({ model: 'vilt', updates: 0, best: { update: expect.any(Number) } });
  });

  it('judges a model by split and kind, and writes what it answered', async () => {
    const path = join(root, 'predictions.jsonl');
    const args = ['--data', data, '--split', 'validation,test-comp', '--predictions', path, '--threads', '1'];
    const { lines } = await jsonOf('evaluate', best(student), ...args);
    const whole = lines.filter(({ kind }: { kind?: string | undefined }) => kind === undefined);
    expect(whole.map(({ split, questions }: { split: string; questions: number }) => [split, questions])).toEqual([
      ['validation', 16],
      ['test-comp', 16],
    ]);
    for (const { accuracy, interval } of lines) {
      expect(interval[0]).toBeLessThanOrEqual(accuracy);
      expect(interval[1]).toBeGreaterThanOrEqual(accuracy);
    }
    const predictions = readFileSync(path, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(predictions).toHaveLength(32);
    expect(predictions[0]).toMatchObject({
      split: 'validation',
      id: 'validation.jsonl:1',
      predicted: expect.any(String),
    });
  });

  it('caches images once, and asks them', async () => {
    const cache = join(root, 'cache');
    const images = join(data, 'images', 'test-iid');
    const first = await jsonOf('cache', best(student), images, '--to', cache, '--threads', '1');
    expect(first).toMatchObject({ images: 16, encoded: 16, kept: 0 });
    const { stdout } = await inProcess([
      'ask',
      best(student),
      'is there a red circle?',
      '--cache',
      cache,
      '--top',
      '3',
    ]);
    expect(stdout.split('\n').filter((line) => /^0000\d\d\.png {2}\S+ +0\.\d{3}$/.test(line))).toHaveLength(3);
    expect(stdout).toContain('and 13 more images');
    expect(await failing(root, 'ask', best(student), '  ', '--cache', cache)).toMatch(/^question: the text is empty/);
    expect(await jsonOf('inspect', cache)).toMatchObject({ kind: 'cache', images: 16 });
  });

  it('keeps what is cached when it is interrupted, and goes on from there', async () => {
    const folder = join(root, 'many');
    for (let i = 0; i < 6; i += 1) cpSync(join(data, 'images'), join(folder, `${i}`), { recursive: true });
    // The same picture twice would be encoded once.
    for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }))
      if (name.endsWith('.png')) appendFileSync(join(folder, name), name);
    const to = join(root, 'interrupted');
    const index = join(to, 'index.jsonl');
    const args = ['cache', best(student), folder, '--to', to, '--threads', '1', '--batch', '1'];
    const { code, stdout, stderr } = await interruptedOnce(
      () => existsSync(index) && readFileSync(index).length > 0,
      args,
    );
    expect({ code, stdout }, stderr).toEqual({ code: 130, stdout: '' });
    const [, done] = /Stopped after (\d+) of 576 images, which are kept in /.exec(stderr)!;
    expect(readdirSync(to).filter((name) => /lock|tmp/.test(name))).toEqual([]);
    const { encoded, kept } = await jsonOf(...args);
    expect(kept).toBeGreaterThanOrEqual(Number(done));
    expect(encoded + kept).toBe(576);
  }, 60_000);

  it('suggests commands that a shell reads as they are meant, and computes with the cores there are', async () => {
    const folder = join(root, 'Bilder für alle');
    cpSync(join(data, 'images', 'test-iid'), folder, { recursive: true });
    const to = join(root, "what's new");
    const { stdout, stderr } = await inProcess(['cache', best(student), folder, '--to', to, '--threads', '99999']);
    expect(stdout).toContain(`Next: dide ask ${best(student)} "…" --cache '${root}/what'\\''s new'`);
    expect(stderr).toMatch(/^--threads 99999: this process has \d+ cores?, and no more threads are used\n$/);
    expect((await jsonOf('inspect', data)).train).toMatch(/^dide finetune --from-scratch --task vqa --data \//);
  });

  it('says what a run and a data folder hold', async () => {
    const { files } = await jsonOf('inspect', student);
    expect(files[best(student)]).toMatchObject({ kind: 'model', description: { model: 'dide', task: 'vqa' } });
    expect(files[join(student, 'last.safetensors')]).toMatchObject({ kind: 'checkpoint', progress: { update: 4 } });
    const { splits } = await jsonOf('inspect', data);
    const count = { split: 'test-iid', found: 16, rows: 16, images: 16, texts: 8, answered: 16 };
    expect(splits).toContainEqual({ ...count, missing: 0, badRows: 0, incomplete: 0, repeated: 0, leftOut: [] });
  });

  it('stops after the update under way when it is interrupted, and says how to go on', async () => {
    const out = join(root, 'stopped');
    const args = finetuneFrom(
      '--from-scratch',
      '--data',
      data,
      '--out',
      out,
      '--updates',
      '3000',
      '--checkpoint-every',
      '1',
    );
    const curves = join(out, 'metrics.jsonl');
    const isTraining = (): boolean => existsSync(curves) && readFileSync(curves, 'utf8').split('\n').length >= 4;
    const { code, stderr, stdout } = await interruptedOnce(isTraining, args);
    expect(code, stderr).toBe(130);
    expect(stdout).toBe('');
    const [, done, saved] =
      /Stopped after update (\d+) of 3000; .*last.safetensors holds update (\d+)\. To go on: .*--resume/.exec(stderr)!;
    expect(saved).toBe(done);
  });
});
