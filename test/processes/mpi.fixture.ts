import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
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

/** Whether processes go on where one is lost: Open MPI from version 5 on, whose mpirun also ends them without waiting. */
export const isFaultTolerant: boolean =
  !withoutMpi &&
  /Open MPI\) ([5-9]|\d\d)/.test(execFileSync(join(mpi!, 'bin', 'mpirun'), ['--version'], { encoding: 'utf8' }));

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

/** Command that runs a child of these tests. */
export const childCommand = (script: URL, ...given: readonly string[]): string[] => [
  process.execPath,
  '--import',
  'tsx',
  script.pathname,
  ...given,
];
