import { UserError } from '../../index.ts';
import { openProcesses, type Processes, usualThreads } from '../../training.ts';

/**
 * Runs a verb in each of the processes that mpirun or srun started; in one that was started alone, as it is. The first
 * of them prints. One that fails ends without leaving the others, so that the launcher ends them, too.
 *
 * @throws UserError that names the process.
 */
export const inProcesses = async (work: (processes: Processes) => Promise<void>): Promise<void> => {
  const processes = await openProcesses();
  try {
    await work(processes);
  } catch (error) {
    if (processes.size === 1 || !(error instanceof UserError)) throw error;
    throw new UserError(`process ${processes.rank} of ${processes.size}: ${error.message}`, { cause: error });
  }
  await processes[Symbol.asyncDispose]();
};

/** Options of a verb in several processes, each of which computes on its share of the cores where no number is given. */
export const sharing = <O extends { readonly threads?: number | undefined }>(options: O, processes: Processes) => ({
  ...options,
  processes,
  threads: options.threads ?? (processes.size > 1 ? usualThreads(processes) : undefined),
});
