import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Folder of Open MPI, where tests have one: `bin/mpirun`, and `lib/libmpi.so.40` or the system's. */
export const mpi = process.env.DIDE_MPI;

/** Why tests of several processes are skipped; undefined where they are not. */
export const withoutMpi: string | undefined =
  mpi === undefined
    ? 'DIDE_MPI names no folder of Open MPI'
    : existsSync(join(mpi, 'bin', 'mpirun'))
      ? undefined
      : `${mpi} has no bin/mpirun`;

/** Lets mpirun start more processes than there are cores, as any user, bound to no core. */
export const allowed = {
  OMPI_ALLOW_RUN_AS_ROOT: '1',
  OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1',
  OMPI_MCA_rmaps_base_oversubscribe: '1',
  PRTE_MCA_rmaps_default_mapping_policy: ':oversubscribe',
};

/** Starts a command in some processes. */
export const mpirun = (count: number, command: readonly string[], options: readonly string[] = []): ChildProcess =>
  spawn(join(mpi!, 'bin', 'mpirun'), ['--bind-to', 'none', ...options, '-n', String(count), ...command], {
    env: { ...process.env, ...allowed },
  });

/** Starts a command in a process of its own, which no launcher knows. */
export const runAlone = ([program, ...given]: readonly string[]): ChildProcess => spawn(program!, given);

/** Waits for the end of a process. → its exit code or signal, and what it printed */
export const endOf = async (
  child: ChildProcess,
): Promise<{ readonly code: number | string | null; readonly out: string; readonly error: string }> => {
  let [out, error] = ['', ''];
  child.stdout!.on('data', (text) => {
    out += text;
  });
  child.stderr!.on('data', (text) => {
    error += text;
  });
  return await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code: signal ?? code, out, error }));
  });
};

/** What mpirun ends with where one of its processes died of a segmentation fault. */
const SEGMENTATION_FAULT = 139;

/**
 * Waits for the end of a command in several processes, which is started again, twice at most, where a process died of a
 * segmentation fault before anything was printed: of 100 processes of Node about one dies so inside of MPI_Init of Open MPI's wheel,
 * without any of our code (docs/scale.md), and a fault of ours would come again.
 */
export const endOfMpirun = async (start: () => ChildProcess): ReturnType<typeof endOf> => {
  for (let again = 0; again < 2; again += 1) {
    const end = await endOf(start());
    if (end.code !== SEGMENTATION_FAULT || end.out !== '') return end;
  }
  return endOf(start());
};

/** Command that runs a child of these tests. */
export const childCommand = (script: URL, ...given: readonly string[]): string[] => [
  process.execPath,
  '--import',
  'tsx',
  script.pathname,
  ...given,
];
