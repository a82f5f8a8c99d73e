import { openSync, writeSync } from 'node:fs';
import type { Command } from 'commander';
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
  // once, and before those that count who listens
  if (processes.size > 1 && processes.rank === 0) process.prependOnceListener('SIGTERM', sayEnded);
  try {
    await work(processes);
  } catch (error) {
    if (processes.size === 1 || !(error instanceof UserError)) throw error;
    throw new UserError(`process ${processes.rank} of ${processes.size}: ${error.message}`, { cause: error });
  }
  await processes[Symbol.asyncDispose]();
};

/**
 * Says on the terminal why all processes end. mpirun answers Ctrl-C by SIGTERM and, a moment later, SIGKILL, and prints nothing
 * that they write to it from then on.
 */
const sayEnded = (): void => {
  try {
    writeSync(openSync('/dev/tty', 'w'), `\n${ENDED}\n`);
  } catch {
    // started without a terminal, as by a queue, whose log has the signal
  }
};

const ENDED =
  'Stopped: a signal ends all processes. What is on the disk is whole: the same command goes on, a training with --resume.';

/** Options of a verb in several processes, each of which computes on its share of the cores where no number is given. */
export const sharing = <O extends { readonly threads?: number | undefined }>(options: O, processes: Processes) => ({
  ...options,
  processes,
  threads: options.threads ?? (processes.size > 1 ? usualThreads(processes) : undefined),
});

/** The words of the command line after `dide`, as they were given. */
export const wordsOf = ({ parent }: Command): readonly string[] =>
  (parent as (Command & { readonly rawArgs?: readonly string[] }) | null)?.rawArgs?.slice(2) ?? [];
