import { UserError } from '../errors.ts';
import { joinMpi } from './mpi.ts';
import { loadMpi } from './mpi-api.ts';
import { alone, type Processes } from './processes.ts';

/** Variables in which launchers tell a process its number and how many there are, in the order of open_clip. */
const variables = [
  { rank: 'RANK', size: 'WORLD_SIZE' },
  { rank: 'PMI_RANK', size: 'PMI_SIZE' },
  // those of a batch script hold for no process that it starts without srun
  { rank: 'SLURM_PROCID', size: 'SLURM_NTASKS', beside: 'SLURM_STEP_ID' },
  { rank: 'OMPI_COMM_WORLD_RANK', size: 'OMPI_COMM_WORLD_SIZE' },
] as const;

/** Rank of this process and number of all, as a launcher says them. */
export interface Launched {
  readonly rank: number;
  readonly size: number;
  /** Names of the variables that say it. */
  readonly by: string;
}

/** Rank and size as a launcher says them; undefined where none does. @throws UserError where they are no numbers. */
export const launchedBy = (environment: NodeJS.ProcessEnv): Launched | undefined => {
  for (const { rank: r, size: s, ...more } of variables) {
    const [rank, size] = [environment[r], environment[s]];
    if (rank === undefined || size === undefined) continue;
    if ('beside' in more && environment[more.beside] === undefined) continue;
    const launched = { rank: Number(rank), size: Number(size), by: `${r} and ${s}` };
    if (Number.isInteger(launched.size) && launched.rank >= 0 && launched.rank < launched.size) return launched;
    throw new UserError(`${r}=${rank}, ${s}=${size}: this is no process of several: unset both, or start with mpirun`);
  }
  return undefined;
};

/**
 * Opens the processes that a launcher (mpirun, srun) started together with this one; a process alone where none did, and
 * then nothing is loaded.
 *
 * @throws UserError where MPI is not to be had, or knows of other processes than the launcher.
 */
export const openProcesses = async (environment: NodeJS.ProcessEnv = process.env): Promise<Processes> => {
  const launched = launchedBy(environment);
  if (!launched || launched.size === 1) return alone;
  const processes = await joinMpi(await loadMpi(environment));
  if (processes.size === launched.size && processes.rank === launched.rank) return processes;
  throw new UserError(
    `${launched.by} say that this is process ${launched.rank} of ${launched.size}, and Open MPI that it is ${processes.rank} of ${processes.size}: start with Open MPI's own mpirun, or with srun --mpi=pmix`,
  );
};
