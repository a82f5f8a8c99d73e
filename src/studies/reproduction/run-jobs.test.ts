import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkpointOf, type Job, keepResult, readResult, weightsOf } from './job.ts';
import { doJob, runJobs } from './run-jobs.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dide-pieces-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const order: string[] = [];
beforeEach(() => void order.splice(0));

/** A piece that leaves weights and an outcome, and says when it was done. */
const pieceOf = (id: string, needs: readonly string[] = []): Job => ({
  id,
  needs,
  cost: 10,
  run: async ({ onProgress }) => {
    order.push(id);
    onProgress({ done: 5, of: 10, note: 'half' });
    const path = weightsOf(folder, id);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, 'weights');
    return { measures: { validation: { accuracy: 0.123456789 } } };
  },
});

const options = (workers = 2) => ({
  folder,
  workers,
  run: (piece: Job, onProgress: Parameters<typeof doJob>[2]) => doJob(piece, folder, onProgress),
  onProgress: () => {},
});

describe('pieces', () => {
  it('are done once what they need is there, in the order in which they stand', async () => {
    const pieces = [pieceOf('last', ['middle', 'first']), pieceOf('middle', ['first']), pieceOf('first')];
    expect(await runJobs(pieces, options())).toBe(true);
    expect(order).toEqual(['first', 'middle', 'last']);
  });

  it('are kept, and never done again', async () => {
    const pieces = [pieceOf('a'), pieceOf('b')];
    await runJobs(pieces, options());
    expect((await readResult(folder, 'a')).measures).toEqual({ validation: { accuracy: 0.123457 } });
    expect(await runJobs(pieces, options())).toBe(true);
    expect(order).toEqual(['a', 'b']);
  });

  it('are done again where somebody needs weights that are gone', async () => {
    await runJobs([pieceOf('teacher')], options());
    await rm(weightsOf(folder, 'teacher'));
    await runJobs([pieceOf('teacher'), pieceOf('student', ['teacher'])], options());
    expect(order).toEqual(['teacher', 'teacher', 'student']);
    const { measures, again } = await readResult(folder, 'teacher');
    expect(again).toEqual(measures);
    expect((await readResult(folder, 'student')).again).toBeUndefined();
  });

  it('are done again to the end where they were stopped while they were done again', async () => {
    await runJobs([pieceOf('teacher')], options());
    await writeFile(checkpointOf(folder, 'teacher'), 'half of a training');
    await runJobs([pieceOf('teacher'), pieceOf('student', ['teacher'])], options());
    expect(order).toEqual(['teacher', 'teacher', 'student']);
    expect(existsSync(checkpointOf(folder, 'teacher'))).toBe(false);
  });

  it('are done a second time where that is asked for, with what they begin from, and never a third time', async () => {
    const pieces = [
      pieceOf('stage-1/a'),
      pieceOf('student/stage-1', ['stage-1/a']),
      pieceOf('student/other', ['stage-1/a']),
    ];
    await runJobs(pieces, options());
    order.length = 0;
    expect(await runJobs(pieces, { ...options(), again: 'stage-1' })).toBe(true);
    expect(order).toEqual(['stage-1/a', 'student/stage-1']);
    const { measures, again } = await readResult(folder, 'student/stage-1');
    expect(again).toEqual(measures);
    await runJobs(pieces, { ...options(), again: 'stage-1' });
    expect(order).toHaveLength(2);
  });

  it('that are timed have the machine for themselves, after what they need is trained again', async () => {
    const together: string[] = [];
    const underWay = new Set<string>();
    const slowly = (piece: Job): Job => ({
      ...piece,
      run: async (context) => {
        underWay.add(piece.id);
        together.push([...underWay].join(' + '));
        await new Promise((resolve) => setTimeout(resolve, 5));
        const outcome = await piece.run(context);
        underWay.delete(piece.id);
        return outcome;
      },
    });
    await runJobs([pieceOf('teacher')], options());
    await rm(weightsOf(folder, 'teacher'));
    const timed = { ...pieceOf('timed', ['teacher']), isAlone: true };
    await runJobs([pieceOf('teacher'), pieceOf('a'), pieceOf('b'), timed, pieceOf('c')].map(slowly), options());
    expect(together.filter((ids) => ids.includes('timed'))).toEqual(['timed']);
    expect(together).toContain('teacher + a');
    expect(order.slice(-2)).toEqual(['timed', 'c']);
  });

  it('are left for the next time once the time is up', async () => {
    expect(await runJobs([pieceOf('a')], { ...options(), until: Date.now() - 1 })).toBe(false);
    expect(order).toEqual([]);
  });

  it('are not begun once it is to stop, even where none was under way at that moment', async () => {
    const stop = new AbortController();
    const told = { ...options(1), signal: stop.signal };
    const run: typeof told.run = async (...args) => {
      await told.run(...args);
      stop.abort();
    };
    const pieces = [pieceOf('first'), pieceOf('second')];
    await expect(runJobs(pieces, { ...told, run })).rejects.toThrow('This operation was aborted');
    expect(order).toEqual(['first']);
    expect((await readResult(folder, 'first')).id).toBe('first');
    await expect(runJobs(pieces, told)).rejects.toThrow('This operation was aborted');
    expect(order).toEqual(['first']);
  });

  it('keep what others have measured where one of them fails', async () => {
    const failing = { ...pieceOf('failing'), run: () => Promise.reject(new Error('no')) };
    await expect(runJobs([pieceOf('good'), failing, pieceOf('never', ['failing'])], options())).rejects.toThrow('no');
    expect(order).toEqual(['good']);
    expect((await readResult(folder, 'good')).id).toBe('good');
  });

  it('say how far they are together', async () => {
    const said: string[] = [];
    await runJobs([pieceOf('a'), pieceOf('b')], {
      ...options(1),
      onProgress: ({ done, of, note }) => said.push(`${done}/${of} ${note}`),
    });
    expect(said).toEqual([
      '5/20 0 of 2 pieces · a · half',
      '10/20 1 of 2 pieces · a',
      '15/20 1 of 2 pieces · b · half',
      '20/20 2 of 2 pieces · b',
    ]);
  });

  it('whose file is damaged say what to do', async () => {
    await keepResult(folder, { id: 'a', measures: {} });
    await writeFile(join(folder, 'pieces', 'a.json'), '{"id": "a"');
    await expect(readResult(folder, 'a')).rejects.toThrow('remove it, and the piece is done again');
  });
});
