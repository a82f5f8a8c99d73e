import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkpointPath, type Job, weightsPath } from './job.ts';
import { keepResult, readResult } from './result-file.ts';
import { doJob, runJobs } from './run-jobs.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dide-jobs-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const order: string[] = [];
beforeEach(() => void order.splice(0));

/** A job that leaves weights and a result, and records its order. */
const jobOf = (id: string, needs: readonly string[] = []): Job => ({
  id,
  needs,
  cost: 10,
  execute: async ({ onProgress }) => {
    order.push(id);
    onProgress({ done: 5, of: 10, note: 'half' });
    const path = weightsPath(folder, id);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, 'weights');
    return { measures: { validation: { accuracy: 0.123456789 } } };
  },
});

const options = (workers = 2) => ({
  folder,
  workers,
  run: (job: Job, onProgress: Parameters<typeof doJob>[2]) => doJob(job, { folder, encoder: 'none' }, onProgress),
  onProgress: () => {},
});

describe('jobs', () => {
  it('are done once what they need is there, in the order in which they stand', async () => {
    const jobs = [jobOf('last', ['middle', 'first']), jobOf('middle', ['first']), jobOf('first')];
    expect(await runJobs(jobs, options())).toBe(true);
    expect(order).toEqual(['first', 'middle', 'last']);
  });

  it('are kept, and never done again', async () => {
    const jobs = [jobOf('a'), jobOf('b')];
    await runJobs(jobs, options());
    expect((await readResult(folder, 'a')).measures).toEqual({ validation: { accuracy: 0.123457 } });
    expect(await runJobs(jobs, options())).toBe(true);
    expect(order).toEqual(['a', 'b']);
  });

  it('are done again where somebody needs weights that are gone', async () => {
    await runJobs([jobOf('teacher')], options());
    await rm(weightsPath(folder, 'teacher'));
    await runJobs([jobOf('teacher'), jobOf('student', ['teacher'])], options());
    expect(order).toEqual(['teacher', 'teacher', 'student']);
    const { measures, again } = await readResult(folder, 'teacher');
    expect(again).toEqual(measures);
    expect((await readResult(folder, 'student')).again).toBeUndefined();
  });

  it('are done again to the end where they were stopped while they were done again', async () => {
    await runJobs([jobOf('teacher')], options());
    await writeFile(checkpointPath(folder, 'teacher'), 'half of a training');
    await runJobs([jobOf('teacher'), jobOf('student', ['teacher'])], options());
    expect(order).toEqual(['teacher', 'teacher', 'student']);
    expect(existsSync(checkpointPath(folder, 'teacher'))).toBe(false);
  });

  it('are done a second time where that is asked for, with what they begin from, and never a third time', async () => {
    const jobs = [jobOf('stage-1/a'), jobOf('student/stage-1', ['stage-1/a']), jobOf('student/other', ['stage-1/a'])];
    await runJobs(jobs, options());
    order.length = 0;
    expect(await runJobs(jobs, { ...options(), again: 'stage-1' })).toBe(true);
    expect(order).toEqual(['stage-1/a', 'student/stage-1']);
    const { measures, again } = await readResult(folder, 'student/stage-1');
    expect(again).toEqual(measures);
    await runJobs(jobs, { ...options(), again: 'stage-1' });
    expect(order).toHaveLength(2);
  });

  it('that are timed have the machine for themselves, after what they need is trained again', async () => {
    const together: string[] = [];
    const underWay = new Set<string>();
    const slowly = (job: Job): Job => ({
      ...job,
      execute: async (context) => {
        underWay.add(job.id);
        together.push([...underWay].join(' + '));
        await new Promise((resolve) => setTimeout(resolve, 5));
        const result = await job.execute(context);
        underWay.delete(job.id);
        return result;
      },
    });
    await runJobs([jobOf('teacher')], options());
    await rm(weightsPath(folder, 'teacher'));
    const timed = { ...jobOf('timed', ['teacher']), isAlone: true };
    await runJobs([jobOf('teacher'), jobOf('a'), jobOf('b'), timed, jobOf('c')].map(slowly), options());
    expect(together.filter((ids) => ids.includes('timed'))).toEqual(['timed']);
    expect(together).toContain('teacher + a');
    expect(order.slice(-2)).toEqual(['timed', 'c']);
  });

  it('are left for the next time once the time is up', async () => {
    expect(await runJobs([jobOf('a')], { ...options(), until: Date.now() - 1 })).toBe(false);
    expect(order).toEqual([]);
  });

  it('are not begun once it is to stop, even where none was under way at that moment', async () => {
    const stop = new AbortController();
    const told = { ...options(1), signal: stop.signal };
    const run: typeof told.run = async (...args) => {
      await told.run(...args);
      stop.abort();
    };
    const jobs = [jobOf('first'), jobOf('second')];
    await expect(runJobs(jobs, { ...told, run })).rejects.toThrow('This operation was aborted');
    expect(order).toEqual(['first']);
    expect((await readResult(folder, 'first')).id).toBe('first');
    await expect(runJobs(jobs, told)).rejects.toThrow('This operation was aborted');
    expect(order).toEqual(['first']);
  });

  it('keep what others have measured where one of them fails', async () => {
    const failing = { ...jobOf('failing'), execute: () => Promise.reject(new Error('no')) };
    await expect(runJobs([jobOf('good'), failing, jobOf('never', ['failing'])], options())).rejects.toThrow('no');
    expect(order).toEqual(['good']);
    expect((await readResult(folder, 'good')).id).toBe('good');
  });

  it('say how far they are together', async () => {
    const said: string[] = [];
    await runJobs([jobOf('a'), jobOf('b')], {
      ...options(1),
      onProgress: ({ done, of, note }) => said.push(`${done}/${of} ${note}`),
    });
    expect(said).toEqual([
      '5/20 0 of 2 jobs · a · half',
      '10/20 1 of 2 jobs · a',
      '15/20 1 of 2 jobs · b · half',
      '20/20 2 of 2 jobs · b',
    ]);
  });

  it('whose file is damaged say what to do', async () => {
    await keepResult(folder, { id: 'a', measures: {} });
    await writeFile(join(folder, 'pieces', 'a.json'), '{"id": "a"');
    await expect(readResult(folder, 'a')).rejects.toThrow('remove it, and the job is run again');
  });
});
