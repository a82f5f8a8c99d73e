import { hostname } from 'node:os';
import { Farewells } from './farewells.ts';
import { fixed } from './message-layout.ts';
import type { MpiApi, Pointer } from './mpi-api.ts';
import { check, checkOver, hasLost, MpiChannel } from './mpi-channel.ts';
import { type Channel, LostProcess, type Processes, type Summed } from './processes.ts';

/** MPI_THREAD_MULTIPLE: the runtime's threads are other ones, but a library that MPI loads may have some, too. */
const THREAD_MULTIPLE = 3;

/**
 * Joins the processes that a launcher of MPI started with this one.
 *
 * @param mpi Open MPI's library, in which nothing is initialised yet.
 * @throws UserError where MPI fails.
 */
export const joinMpi = async (mpi: MpiApi): Promise<Processes> => {
  check('MPI_Init_thread', mpi.MPI_Init_thread(null, null, THREAD_MULTIPLE, [0]));
  check('MPI_Comm_set_errhandler', mpi.MPI_Comm_set_errhandler(mpi.world, mpi.returnErrors));
  const processes = new MpiProcesses(mpi);
  const machines = await processes.share(hostname());
  processes.neighbours = machines.filter((machine) => machine === hostname()).length;
  return processes;
};

/** The processes of a world, and after some are lost the others. */
class MpiProcesses implements Processes {
  neighbours = 1;
  readonly #mpi: MpiApi;
  #own: MpiChannel;
  #aside: MpiChannel;
  readonly #farewells: Farewells;

  constructor(mpi: MpiApi) {
    this.#mpi = mpi;
    const farewells = new Farewells(mpi, this.#duplicate(mpi.world));
    const waiting = (channel: number) => (name: string, call: number) => farewells.checkFor(name, { channel, call });
    this.#own = this.#duplicate(mpi.world, waiting(0));
    this.#aside = this.#duplicate(mpi.world, waiting(1));
    this.#farewells = farewells;
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
    for (let isWhole = false; !isWhole; ) {
      this.giveUp();
      const left: Pointer[] = [null];
      check('MPIX_Comm_shrink', mitigation.MPIX_Comm_shrink(this.#own.communicator, left));
      this.#own = new MpiChannel(this.#mpi, left[0]);
      isWhole = await this.agree(this.#openAside());
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // MPI may wait for a lost one for ever; an mpirun that tolerates faults takes an end without it
    if (hasLost(this.#mpi, this.#mpi.world)) return;
    if (!(await this.#farewells.exchange([this.#own.calls, this.#aside.calls]))) return;
    check('MPI_Finalize', this.#mpi.MPI_Finalize());
  }

  /** Opens the channel aside among those that are left. → whether all were still there, as far as is known here */
  #openAside(): boolean {
    try {
      this.#aside = this.#duplicate(this.#own.communicator);
      return true;
    } catch (error) {
      if (!(error instanceof LostProcess)) throw error;
      // others may wait in the same call for this process
      this.giveUp();
      return false;
    }
  }

  #duplicate(communicator: Pointer, onWaiting?: ConstructorParameters<typeof MpiChannel>[2]): MpiChannel {
    const copy: Pointer[] = [null];
    checkOver(this.#mpi, communicator, 'MPI_Comm_dup', this.#mpi.MPI_Comm_dup(communicator, copy));
    return new MpiChannel(this.#mpi, copy[0], onWaiting);
  }
}
