import { deserialize, serialize } from 'node:v8';
import { UserError } from '../errors.ts';
import { fixed, layoutOf, partsOf } from './message-layout.ts';
import type { MpiApi, Pointer } from './mpi-api.ts';
import { type Channel, LostProcess, type Summed } from './processes.ts';

/** Codes of a process that failed, of one that failed while others wait for it, and of a communicator given up for it. */
const LOST = new Set([75, 76, 77]);

/** Numbers of one call of a sum: 16 MiB, so that the first are added while the last are on their way. */
const BUCKET = 2 ** 22;

/** Milliseconds for which a call that is under way is asked for in every turn of the event loop; then once a millisecond. */
const EAGER = 20;

/** Throws what a code of MPI says. @throws LostProcess where another process is gone, UserError where MPI failed. */
export const check = (name: string, code: number): void => {
  if (LOST.has(code)) throw new LostProcess(name);
  if (code !== 0) throw new UserError(`${name}: MPI failed with code ${code}: see what mpirun prints`);
};

/** Whether a process of a communicator is lost, as far as is known here; false where this MPI does not tell. */
export const hasLost = ({ mitigation }: MpiApi, communicator: Pointer): boolean => {
  if (!mitigation) return false;
  const [isRevoked, failed, count] = [[0], [null] as Pointer[], [0]];
  check('MPIX_Comm_is_revoked', mitigation.MPIX_Comm_is_revoked(communicator, isRevoked));
  check('MPIX_Comm_get_failed', mitigation.MPIX_Comm_get_failed(communicator, failed));
  check('MPI_Group_size', mitigation.MPI_Group_size(failed[0], count));
  check('MPI_Group_free', mitigation.MPI_Group_free(failed));
  return isRevoked[0] !== 0 || count[0]! > 0;
};

/**
 * Throws what a code of a call over a communicator says. Where a process is lost, a call that was about to send to it may
 * fail with any code (MPI_ERR_OTHER).
 *
 * @throws LostProcess where another process is gone, UserError where MPI failed.
 */
export const checkOver = (mpi: MpiApi, communicator: Pointer, name: string, code: number): void => {
  if (code !== 0 && hasLost(mpi, communicator)) throw new LostProcess(name);
  check(name, code);
};

/** Memory of a request under way, 8 bytes outside of V8's heap, where MPI writes at any time. */
export const createRequest = (): BigInt64Array => fixed(new BigInt64Array(1));

/** Calls over one communicator. */
export class MpiChannel implements Channel {
  readonly #mpi: MpiApi;
  /** Calls that are under way, and with them their arrays. */
  readonly #held = new Set<unknown>();
  readonly communicator: Pointer;
  readonly rank: number;
  readonly size: number;
  /** Number of calls that this process was a part of. */
  calls = 0;
  readonly #onWaiting: (name: string, call: number) => void;

  /** @param onWaiting is told of a call, and its number from 1, that others have not made yet; what it throws ends it. */
  constructor(mpi: MpiApi, communicator: Pointer, onWaiting: (name: string, call: number) => void = () => {}) {
    this.#mpi = mpi;
    this.communicator = communicator;
    this.#onWaiting = onWaiting;
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
    this.calls += 1;
    const call = this.calls;
    const began = performance.now();
    for (const request of requests) {
      while (!this.#isOver(name, request)) {
        const isEager = performance.now() - began < EAGER;
        if (!isEager) this.#onWaiting(name, call);
        await turn(isEager);
      }
    }
    this.#held.delete(begin);
  }

  #isOver(name: string, request: BigInt64Array): boolean {
    const flag = [0];
    this.#check(name, this.#mpi.MPI_Test(request, flag, null));
    return flag[0] !== 0;
  }

  #check(name: string, code: number): void {
    checkOver(this.#mpi, this.communicator, name, code);
  }
}

/** Lets other work of this process go on: for a turn of the event loop where it `isEager`, otherwise for a millisecond. */
export const turn = (isEager: boolean): Promise<void> =>
  new Promise((resolve) => (isEager ? setImmediate(resolve) : setTimeout(resolve, 1)));

const inBuckets = (array: Summed): Summed[] =>
  Array.from({ length: Math.ceil(array.length / BUCKET) }, (_, i) => array.subarray(i * BUCKET, (i + 1) * BUCKET));
