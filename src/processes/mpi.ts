import { hostname } from 'node:os';
import { deserialize, serialize } from 'node:v8';
import { UserError } from '../errors.ts';
import { fixed, layoutOf, partsOf } from './message-layout.ts';
import { loadMpi, type MpiApi, type Pointer } from './mpi-api.ts';
import { type Channel, LostProcess, type Processes, type Summed } from './processes.ts';

/** MPI_THREAD_MULTIPLE: the runtime's threads are other ones, but a library that MPI loads may have some, too. */
const THREAD_MULTIPLE = 3;

/** Codes of a process that failed, of one that failed while others wait for it, and of a communicator given up for it. */
const LOST = new Set([75, 76, 77]);

/** Numbers of one call of a sum: 16 MiB, so that the first are added while the last are on their way. */
const BUCKET = 2 ** 22;

/** Milliseconds for which a call that is under way is asked for in every turn of the event loop; then once a millisecond. */
const EAGER = 20;

/** Joins the processes that a launcher of MPI started with this one. @throws UserError where MPI is not to be had. */
export const joinMpi = async (environment?: NodeJS.ProcessEnv): Promise<Processes> => {
  const mpi = await loadMpi(environment);
  check('MPI_Init_thread', mpi.MPI_Init_thread(null, null, THREAD_MULTIPLE, [0]));
  check('MPI_Comm_set_errhandler', mpi.MPI_Comm_set_errhandler(mpi.world, mpi.returnErrors));
  const processes = new MpiProcesses(mpi);
  const machines = await processes.share(hostname());
  processes.neighbours = machines.filter((machine) => machine === hostname()).length;
  return processes;
};

const check = (name: string, code: number): void => {
  if (LOST.has(code)) throw new LostProcess(`${name}: another process is gone`);
  if (code !== 0) throw new UserError(`${name}: MPI failed with code ${code}: see what mpirun prints`);
};

/** Memory of a request under way, 8 bytes outside of V8's heap, where MPI writes at any time. */
const createRequest = (): BigInt64Array => fixed(new BigInt64Array(1));

/** Calls over one communicator. */
class MpiChannel implements Channel {
  readonly #mpi: MpiApi;
  /** Calls that are under way, and with them their arrays. */
  readonly #held = new Set<unknown>();
  readonly communicator: Pointer;
  readonly rank: number;
  readonly size: number;

  constructor(mpi: MpiApi, communicator: Pointer) {
    this.#mpi = mpi;
    this.communicator = communicator;
    const [rank, size] = [[0], [0]];
    check('MPI_Comm_rank', mpi.MPI_Comm_rank(communicator, rank));
    check('MPI_Comm_size', mpi.MPI_Comm_size(communicator, size));
    [this.rank, this.size] = [rank[0]!, size[0]!];
  }

  async sum(arrays: readonly Summed[]): Promise<void> {
    const { inPlace, float, double, add } = this.#mpi;
    const buckets = arrays.flatMap(inBuckets);
    const begun = buckets.map((part) => {
      const type = part instanceof Float64Array ? double : float;
      return (request: BigInt64Array) =>
        this.#mpi.MPI_Iallreduce(inPlace, fixed(part), part.length, type, add, this.communicator, request);
    });
    await this.all('MPI_Iallreduce', begun);
  }

  async gather(own: Uint8Array): Promise<readonly Uint8Array[]> {
    const lengths = new Float64Array(this.size);
    lengths[this.rank] = own.length;
    await this.sum([lengths]);
    const { counts, places, total } = layoutOf([...lengths]);
    const all = fixed(new Uint8Array(total));
    const { byte } = this.#mpi;
    await this.all('MPI_Iallgatherv', [
      (request) =>
        this.#mpi.MPI_Iallgatherv(
          ...[fixed(own), own.length, byte, all, counts, places, byte, this.communicator, request],
        ),
    ]);
    return partsOf(all, counts, places);
  }

  async share<T>(own: T): Promise<readonly T[]> {
    const all = await this.gather(serialize(own));
    return all.map((bytes) => deserialize(bytes) as T);
  }

  async exchange(sent: readonly Uint8Array[]): Promise<readonly Uint8Array[]> {
    const own = layoutOf(sent.map(({ length }) => length));
    const lengths = await this.gather(new Uint8Array(own.counts.buffer));
    const theirs = layoutOf(lengths.map((bytes) => new Int32Array(bytes.slice().buffer)[this.rank]!));
    const [from, to] = [fixed(new Uint8Array(own.total)), fixed(new Uint8Array(theirs.total))];
    for (const [rank, bytes] of sent.entries()) from.set(bytes, own.places[rank]!);
    const { byte } = this.#mpi;
    await this.all('MPI_Ialltoallv', [
      (request) =>
        this.#mpi.MPI_Ialltoallv(
          ...[from, own.counts, own.places, byte, to, theirs.counts, theirs.places, byte, this.communicator, request],
        ),
    ]);
    return partsOf(to, theirs.counts, theirs.places);
  }

  /**
   * Begins calls, and waits until all are over. MPI works on while it is asked how far it is; between, this process
   * reads pictures, and hears signals.
   */
  async all(name: string, begin: readonly ((request: BigInt64Array) => number)[]): Promise<void> {
    // what MPI reads and writes must outlive the call, and a call that failed may still be under way
    this.#held.add(begin);
    const requests = begin.map((one) => {
      const request = createRequest();
      this.#check(name, one(request));
      return request;
    });
    const began = performance.now();
    for (const request of requests) {
      while (!this.#isOver(name, request)) await turn(performance.now() - began < EAGER);
    }
    this.#held.delete(begin);
  }

  #isOver(name: string, request: BigInt64Array): boolean {
    const flag = [0];
    this.#check(name, this.#mpi.MPI_Test(request, flag, null));
    return flag[0] !== 0;
  }

  /** Where a process is lost, a collective that was about to send to it may fail with any code (MPI_ERR_OTHER). */
  #check(name: string, code: number): void {
    if (code !== 0 && this.#hasLost()) throw new LostProcess(`${name}: another process is gone`);
    check(name, code);
  }

  #hasLost(): boolean {
    const { mitigation } = this.#mpi;
    if (!mitigation) return false;
    const [isRevoked, failed, count] = [[0], [null] as Pointer[], [0]];
    check('MPIX_Comm_is_revoked', mitigation.MPIX_Comm_is_revoked(this.communicator, isRevoked));
    check('MPIX_Comm_get_failed', mitigation.MPIX_Comm_get_failed(this.communicator, failed));
    check('MPI_Group_size', mitigation.MPI_Group_size(failed[0], count));
    return isRevoked[0] !== 0 || count[0]! > 0;
  }
}

const turn = (isEager: boolean): Promise<void> =>
  new Promise((resolve) => (isEager ? setImmediate(resolve) : setTimeout(resolve, 1)));

const inBuckets = (array: Summed): Summed[] =>
  Array.from({ length: Math.ceil(array.length / BUCKET) }, (_, i) => array.subarray(i * BUCKET, (i + 1) * BUCKET));

/** The processes of a world, and after some are lost the others. */
class MpiProcesses implements Processes {
  neighbours = 1;
  readonly #mpi: MpiApi;
  #own: MpiChannel;
  #aside: MpiChannel;
  #hasLost = false;

  constructor(mpi: MpiApi) {
    this.#mpi = mpi;
    this.#own = this.#duplicate(mpi.world);
    this.#aside = this.#duplicate(mpi.world);
  }

  get rank(): number {
    return this.#own.rank;
  }

  get size(): number {
    return this.#own.size;
  }

  get aside(): Channel {
    return this.#aside;
  }

  sum(arrays: readonly Summed[]): Promise<void> {
    return this.#own.sum(arrays);
  }

  gather(own: Uint8Array): Promise<readonly Uint8Array[]> {
    return this.#own.gather(own);
  }

  share<T>(own: T): Promise<readonly T[]> {
    return this.#own.share(own);
  }

  exchange(sent: readonly Uint8Array[]): Promise<readonly Uint8Array[]> {
    return this.#own.exchange(sent);
  }

  async agree(isSo: boolean): Promise<boolean> {
    const { mitigation } = this.#mpi;
    if (!mitigation) {
      const against = Float64Array.of(isSo ? 0 : 1);
      await this.sum([against]);
      return against[0] === 0;
    }
    const flag = fixed(Int32Array.of(isSo ? 1 : 0));
    const begin = (request: BigInt64Array): number =>
      mitigation.MPIX_Comm_iagree(this.#own.communicator, flag, request);
    // the flag holds, lost processes or not: the next call tells of them
    await this.#own.all('MPIX_Comm_iagree', [begin]).catch((error: unknown) => {
      if (!(error instanceof LostProcess)) throw error;
    });
    return flag[0] === 1;
  }

  giveUp(): void {
    for (const { communicator } of [this.#own, this.#aside]) this.#mpi.mitigation?.MPIX_Comm_revoke(communicator);
  }

  async recover(): Promise<void> {
    const { mitigation } = this.#mpi;
    if (!mitigation) throw new Error('processes: this MPI cannot go on without a process');
    this.giveUp();
    const left: Pointer[] = [null];
    check('MPIX_Comm_shrink', mitigation.MPIX_Comm_shrink(this.#own.communicator, left));
    this.#own = new MpiChannel(this.#mpi, left[0]);
    this.#aside = this.#duplicate(left[0]);
    this.#hasLost = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // it may wait for the lost ones for ever; an mpirun that tolerates faults takes an end without it
    if (this.#hasLost) return;
    check('MPI_Finalize', this.#mpi.MPI_Finalize());
  }

  #duplicate(communicator: Pointer): MpiChannel {
    const copy: Pointer[] = [null];
    check('MPI_Comm_dup', this.#mpi.MPI_Comm_dup(communicator, copy));
    return new MpiChannel(this.#mpi, copy[0]);
  }
}
