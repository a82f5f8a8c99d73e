import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkPrecision } from '../../src/cli/options/device.ts';
import { loadModel } from '../../src/index.ts';
import { best, failing, finetuneFrom, inProcess, jsonOf, placeForTests } from './cli.fixture.ts';

const place = placeForTests();
const int8 = ['--precision', 'int8', '--threads', '1'];

describe('--precision int8', () => {
  it('is compared with float32 by evaluate: both accuracies, their difference with its interval, equal answers', async () => {
    const { student, data } = place();
    const args = ['evaluate', best(student), '--data', data, ...int8, '--compare'];
    const { lines, comparison } = await jsonOf(...args);
    const [one] = comparison;
    expect(comparison).toHaveLength(1);
    expect(one).toMatchObject({ split: 'validation', measure: 'accuracy', of: lines[0].questions });
    expect(one.int8).toBeCloseTo(lines[0].accuracy, 10);
    expect(one.difference).toBeCloseTo(one.int8 - one.float32, 10);
    expect(one.interval[0]).toBeLessThanOrEqual(one.difference);
    expect(one.interval[1]).toBeGreaterThanOrEqual(one.difference);
    expect(one.same).toBeGreaterThan(0.8);
    const [exact] = (await jsonOf('evaluate', best(student), '--data', data, '--threads', '1')).lines;
    expect(one.float32).toBeCloseTo(exact.accuracy, 10);
    const { stdout } = await inProcess(args);
    expect(stdout).toMatch(/float32 +int8 +difference +95 % interval +the same/);
  });

  it('is needed for --compare, and is of processors alone', async () => {
    const { root, student, data } = place();
    const args = ['evaluate', best(student), '--data', data];
    expect(await failing(root, ...args, '--compare')).toBe(
      '--compare: it compares another precision with float32: give --precision int8',
    );
    process.env.DIDE_DEVICE = 'webgpu';
    try {
      expect(() => checkPrecision('int8')).toThrow(/int8.*webgpu/);
      expect(() => checkPrecision('float32')).not.toThrow();
    } finally {
      delete process.env.DIDE_DEVICE;
    }
  });

  it('of the encoder makes a cache that is asked in int8 alone', async () => {
    const { root, student, data } = place();
    const to = join(root, 'int8.cache');
    const images = join(data, 'images', 'validation');
    await jsonOf('cache', best(student), images, '--to', to, '--encoder-precision', 'int8', '--threads', '1');
    const asking = ['ask', best(student), 'is there a red circle ?', '--cache', to];
    expect(await failing(root, ...asking)).toMatch(/encoded in int8.*--precision int8/);
    expect((await jsonOf(...asking, ...int8)).found).toBeGreaterThan(0);
    expect((await inProcess(['inspect', to])).stdout).toMatch(/student +[0-9a-f]{12} in int8/);
  });

  it('of a teacher is part of what a run is, and of what is kept of a teacher', async () => {
    const { root, teacher, data } = place();
    const out = join(root, 'taught');
    const args = finetuneFrom('--teacher', best(teacher), '--data', data, '--out', out, '--updates', '2');
    await jsonOf(...args, '--teacher-precision', 'int8');
    expect((await loadModel(best(out))).config.recipe).toMatchObject({ teacherPrecision: 'int8' });
    expect(await failing(root, ...args, '--resume')).toMatch(/teacherPrecision was int8, now not given/);
    expect(
      await failing(
        root,
        ...finetuneFrom('--from-scratch', '--data', data, '--out', out, '--teacher-precision', 'int8'),
      ),
    ).toMatch(/there is no teacher/);
  });
});
