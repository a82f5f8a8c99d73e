import { describe, expect, it } from 'vitest';
import type { Ending } from './ending.child.ts';
import { faultTolerant } from './kills.ts';
import { childCommand, endOf, isFaultTolerant, mpirun, withoutMpi } from './mpi.fixture.ts';

const run = (count: number, how: Ending, options: readonly string[] = []) =>
  endOf(mpirun(count, childCommand(new URL('ending.child.ts', import.meta.url), how), options));

describe.skipIf(withoutMpi)('several processes', () => {
  it.each<[string, Ending, string]>([
    ['fails', 'fails', 'its disk is full'],
    ['leaves the loop early', 'leaves', 'all must leave a loop after the same update'],
  ])('end with an error that says why where one %s', { timeout: 120_000 }, async (_, how, why) => {
    const { code, error } = await run(3, how);
    expect(code).not.toBe(0);
    expect(error).toContain(why);
    expect(error).toMatch(/MPI_Iallreduce: process 1 has ended, and process [02] waits for it/);
  });

  it.runIf(isFaultTolerant)(
    'go on where one is lost while those that are left make channels of their own',
    {
      timeout: 120_000,
    },
    async () => {
      const { code, out, error } = await run(4, 'lost-twice', faultTolerant);
      expect(code, error).toBe(0);
      expect(out.trim().split('\n').sort()).toEqual(['0 was there, with 2 of 2', '2 was there, with 2 of 2']);
    },
  );
});
