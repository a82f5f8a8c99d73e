import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeNano } from '../fixtures/nano.ts';
import { lastOf, randomKills, trainAndKill, updatesOf } from './kills.ts';
import { childCommand, endOf, isFaultTolerant, mpirun, runAlone, withoutMpi } from './mpi.fixture.ts';
import type { RunOrder } from './run.child.ts';

const home = mkdtempSync(join(tmpdir(), 'processes-resume-'));
const data = join(home, 'scenes');
afterAll(() => rmSync(home, { recursive: true, force: true }));

const UPDATES = 12;
const folderOf = (name: string): string => join(home, name);
const orderOf = (name: string, batch: number): RunOrder => ({ data, folder: folderOf(name), batch, updates: UPDATES });
const all = Array.from({ length: UPDATES }, (_, i) => i + 1);

const run = async (processes: number, order: RunOrder) => {
  const command = childCommand(new URL('run.child.ts', import.meta.url), JSON.stringify(order));
  const end = await endOf(processes === 1 ? runAlone(command) : mpirun(processes, command));
  expect(end.code, end.error).toBe(0);
  return end;
};

/** Weights within 1e-5 of those of another run, but for the biases of keys, which no output depends on. */
const expectClose = async (name: string, other: string): Promise<void> => {
  const [one, two] = [await lastOf(folderOf(name)), await lastOf(folderOf(other))];
  expect(one.update).toBe(UPDATES);
  for (const [key, { data: weights }] of two.weights) {
    const third = weights.length / 3;
    const isUnseen = (i: number): boolean => key.endsWith('attn.qkv.bias') && i >= third && i < 2 * third;
    const apart = (weights as Float32Array).reduce(
      (most, x, i) => (isUnseen(i) ? most : Math.max(most, Math.abs(x - one.weights.get(key)!.data[i]!))),
      0,
    );
    expect(apart, key).toBeLessThan(1e-5);
  }
};

describe.skipIf(withoutMpi)('a run of two processes', () => {
  const [peaceful, stopped, fewer, lost, left, last] = ['peaceful', 'stopped', 'fewer', 'lost', 'left', 'last'];
  beforeAll(async () => {
    await writeNano(data);
    await run(2, orderOf(peaceful, 4));
    await run(2, { ...orderOf(stopped, 4), stopAfter: 5 });
    cpSync(folderOf(stopped), folderOf(fewer), { recursive: true });
  }, 600_000);

  it('ends with the same bits where it was stopped and goes on in two', { timeout: 600_000 }, async () => {
    await run(2, orderOf(stopped, 4));
    const [one, two] = [stopped, peaceful].map((name) => readFileSync(join(folderOf(name), 'last.safetensors')));
    expect(one!.equals(two!)).toBe(true);
    expect(updatesOf(folderOf(stopped))).toEqual(all);
  });

  it('keeps its batches and their order where it goes on in one, and says so', { timeout: 600_000 }, async () => {
    const { error } = await run(1, orderOf(fewer, 4));
    expect(error).toContain('it ran on 2 processes and goes on with 1: batches stay of 8 examples, in the same order');
    expect(updatesOf(folderOf(fewer))).toEqual(all);
    await expectClose(fewer, peaceful);
  });

  it('ends within a minute where one is killed, with an error, and goes on from its checkpoint', {
    timeout: 600_000,
  }, async () => {
    const order = orderOf(lost, 4);
    const end = await trainAndKill(2, order, [{ rank: 1, after: 4, later: 20 }], []);
    expect(end.killed).toBe(1);
    expect(end.code).not.toBe(0);
    expect(end.millisecondsToEnd).toBeLessThan(60_000);
    expect(end.error + end.out).toMatch(/exited on\s+signal 9 \(Killed\)/);
    const { update } = await lastOf(folderOf(lost));
    expect(update).toBeGreaterThan(0);
    await run(2, order);
    const [one, two] = [lost, peaceful].map((name) => readFileSync(join(folderOf(name), 'last.safetensors')));
    expect(one!.equals(two!)).toBe(true);
  });

  it.runIf(isFaultTolerant)(
    'goes on with those that are left, as if all had stayed',
    { timeout: 600_000 },
    async () => {
      const kills = randomKills(3, 4, UPDATES);
      const end = await trainAndKill(4, orderOf(left, 2), kills);
      const where = JSON.stringify(kills);
      expect(end.killed, where).toBe(3);
      expect(end.code, `${where}\n${end.error}`).toBe(0);
      expect(updatesOf(folderOf(left)), where).toEqual(all);
      await expectClose(left, peaceful);
    },
  );

  it.runIf(isFaultTolerant)(
    'keeps the last update where the process that writes is killed before it has',
    {
      timeout: 600_000,
    },
    async () => {
      const end = await trainAndKill(4, { ...orderOf(last, 2), diesValidating: UPDATES }, []);
      expect(end.code, end.error).toBe(0);
      expect(updatesOf(folderOf(last))).toEqual(all);
      await expectClose(last, peaceful);
    },
  );
});
