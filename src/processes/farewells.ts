import { UserError } from '../errors.ts';
import { fixed } from './message-layout.ts';
import type { MpiApi } from './mpi-api.ts';
import { check, createRequest, hasLost, type MpiChannel, turn } from './mpi-channel.ts';

const ANY_SOURCE = -1;
const TAG = 0;

/**
 * Farewells of processes that end. Each says to all others of how many calls of each channel it was a part, so that one
 * that waits for it in a further call ends with an error instead of waiting for ever: where a process ends with an error
 * that the others do not have, or leaves a loop before them.
 */
export class Farewells {
  readonly #mpi: MpiApi;
  /** Channel of these messages alone. */
  readonly #own: MpiChannel;
  /** Numbers of calls, by the rank of the process that said them. */
  readonly #heard = new Map<number, Float64Array>();
  /** Messages that were sent, which MPI reads until the end. */
  readonly #sent: unknown[] = [];

  constructor(mpi: MpiApi, own: MpiChannel) {
    this.#mpi = mpi;
    this.#own = own;
  }

  /** @throws UserError where a process has ended without the call of this number, from 1, of a channel. */
  checkFor(name: string, { channel, call }: { readonly channel: number; readonly call: number }): void {
    this.#hear();
    for (const [rank, calls] of this.#heard) {
      if (calls[channel]! >= call) continue;
      throw new UserError(
        `${name}: process ${rank} has ended, and process ${this.#own.rank} waits for it: see what process ${rank} says; all must leave a loop after the same update`,
      );
    }
  }

  /**
   * Says farewell with the calls of each channel, and waits for the farewells of all others.
   *
   * @returns false where a process is lost, which says none.
   */
  async exchange(calls: readonly number[]): Promise<boolean> {
    const { rank, size, communicator } = this.#own;
    const numbers = fixed(Float64Array.from(calls));
    for (let other = 0; other < size; other += 1) {
      if (other === rank) continue;
      const request = createRequest();
      this.#sent.push([numbers, request]);
      const to = [numbers, numbers.length, this.#mpi.double, other, TAG, communicator, request];
      const code = this.#mpi.MPI_Isend(...to);
      if (code !== 0 && hasLost(this.#mpi, communicator)) return false;
      check('MPI_Isend', code);
    }
    while (this.#heard.size < size - 1) {
      this.#hear();
      if (hasLost(this.#mpi, communicator)) return false;
      await turn(false);
    }
    return true;
  }

  /** Receives the farewells that have come. */
  #hear(): void {
    const { communicator } = this.#own;
    for (;;) {
      const [flag, status] = [[0], fixed(new Int32Array(6))];
      const code = this.#mpi.MPI_Iprobe(ANY_SOURCE, TAG, communicator, flag, status);
      // the calls that wait tell of it themselves
      if (code !== 0 && hasLost(this.#mpi, communicator)) return;
      check('MPI_Iprobe', code);
      if (flag[0] === 0) return;
      // Open MPI's status begins with the rank of the sender
      const [source] = status;
      const numbers = fixed(new Float64Array(2));
      check('MPI_Recv', this.#mpi.MPI_Recv(numbers, 2, this.#mpi.double, source, TAG, communicator, null));
      this.#heard.set(source!, numbers);
    }
  }
}
