import { UserError } from '../errors.ts';

/** Array that is summed over processes. */
export type Summed = Float32Array | Float64Array;

/**
 * Collective calls among processes: each process makes the same ones in the same order, and each is over once all have
 * made it. Processes are numbered by their `rank`, from 0.
 *
 * @throws LostProcess by every call where another process is gone.
 */
export interface Channel {
  /** Adds up arrays of equal lengths, element by element, in place: afterwards each process has the sums. */
  sum(arrays: readonly Summed[]): Promise<void>;
  /** → the bytes that each process gave, by rank; they may differ in length */
  gather(own: Uint8Array): Promise<readonly Uint8Array[]>;
  /** → the values that each process gave, copied as structured clones are, by rank */
  share<T>(own: T): Promise<readonly T[]>;
  /** Sends bytes to each process, by rank. → the bytes that each sent to this one, by rank */
  exchange(sent: readonly Uint8Array[]): Promise<readonly Uint8Array[]>;
}

/**
 * The processes that do one piece of work together, as one of them sees it. A process alone is a world of one, in which
 * every call is over at once.
 */
export interface Processes extends Channel, AsyncDisposable {
  /** Number of this process, from 0. It falls where processes of lower rank are lost. */
  readonly rank: number;
  /** Number of processes. It falls where some are lost. */
  readonly size: number;
  /** Number of processes on this one's machine, itself among them, when they began. */
  readonly neighbours: number;
  /** Calls whose order is apart from that of the others: for work that runs beside, such as loading. */
  readonly aside: Channel;
  /** Whether all processes that are left say so; the same answer for each, even where one is lost meanwhile. */
  agree(isSo: boolean): Promise<boolean>;
  /** Ends the calls that are under way, of all processes: where one is lost, others may wait for it, or for this one. */
  giveUp(): void;
  /** Goes on among the processes that are left. @throws Error where the engine cannot. */
  recover(): Promise<void>;
}

/** Option of work that several processes may do together. */
export interface ProcessOptions {
  /** Processes that share the work, as `openProcesses` finds them. Default: this one alone. */
  readonly processes?: Processes | undefined;
}

/** Thrown where another process is gone: `recover` goes on with the others. */
export class LostProcess extends UserError {
  /** @param call what this process waited for. */
  constructor(call: string) {
    super(`${call}: another process is gone: give the same command again; a training goes on with --resume`);
  }
}

const aloneChannel: Channel = {
  sum: async () => {},
  gather: async (own) => [own],
  share: async (own) => [own],
  exchange: async (sent) => sent,
};

/** A process alone. */
export const alone: Processes = {
  ...aloneChannel,
  rank: 0,
  size: 1,
  neighbours: 1,
  aside: aloneChannel,
  agree: async (isSo) => isSo,
  giveUp: () => {},
  recover: async () => {
    throw new Error('processes: one alone has none to lose');
  },
  [Symbol.asyncDispose]: async () => {},
};

/** Numbers of each process as one list, in the order of the ranks. */
export const gatherNumbers = async (channel: Channel, own: Int32Array): Promise<readonly Int32Array[]> => {
  const all = await channel.gather(new Uint8Array(own.buffer, own.byteOffset, own.byteLength));
  return all.map((bytes) => new Int32Array(bytes.slice().buffer));
};
