import { describe, expect, it } from 'vitest';
import { launchedBy, openProcesses } from './launched.ts';

describe('what a launcher says of a process', () => {
  it.each([
    ['mpirun', { OMPI_COMM_WORLD_RANK: '1', OMPI_COMM_WORLD_SIZE: '4' }],
    ['srun', { SLURM_PROCID: '1', SLURM_NTASKS: '4', SLURM_STEP_ID: '0' }],
    ['torchrun', { RANK: '1', WORLD_SIZE: '4' }],
    ['Hydra', { PMI_RANK: '1', PMI_SIZE: '4' }],
  ])('is read of %s', (_, environment) => {
    expect(launchedBy(environment)).toMatchObject({
      rank: 1,
      size: 4,
      by: Object.keys(environment).slice(0, 2).join(' and '),
    });
  });

  it('is nothing without one, nor in a batch script of Slurm, which starts the process without srun', () => {
    expect(launchedBy({})).toBeUndefined();
    expect(launchedBy({ RANK: '0' })).toBeUndefined();
    expect(launchedBy({ SLURM_PROCID: '0', SLURM_NTASKS: '4' })).toBeUndefined();
  });

  it.each([
    ['4', '4'],
    ['-1', '4'],
    ['one', '4'],
  ])('is refused where it is no process of several: %s of %s', (RANK, WORLD_SIZE) => {
    expect(() => launchedBy({ RANK, WORLD_SIZE })).toThrow(`RANK=${RANK}, WORLD_SIZE=4: this is no process of several`);
  });
});

describe('processes', () => {
  it('are one alone where nobody started others, and MPI is not looked for', async () => {
    const processes = await openProcesses({ DIDE_MPI: '/nowhere' });
    expect([processes.rank, processes.size]).toEqual([0, 1]);
    expect(await processes.gather(Uint8Array.of(1))).toEqual([Uint8Array.of(1)]);
  });

  it('say where MPI was looked for, and how to have it', async () => {
    const environment = { DIDE_MPI: '/nowhere', RANK: '0', WORLD_SIZE: '2', LD_LIBRARY_PATH: '' };
    await expect(openProcesses(environment)).rejects.toThrow(/nowhere.lib.libmpi\..*: install Open MPI 4\.1 or 5/s);
  });
});
