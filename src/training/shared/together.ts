import { createHash } from 'node:crypto';
import { bytesOf, type Weights } from '../../engine/numbers.ts';
import { UserError } from '../../errors.ts';
import { LostProcess, type Processes } from '../../processes/processes.ts';

/**
 * Does work with all processes; where some are lost meanwhile, again with those that are left. All that are left come to
 * the same end, whenever each of them noticed.
 *
 * @param prepare what must be done before the work is done again.
 */
export const together = async <T>(
  processes: Processes,
  work: () => Promise<T>,
  prepare: () => Promise<void>,
): Promise<T> => {
  for (;;) {
    const done = await unlessLost(async () => ({ result: await work() }));
    if (!done) processes.giveUp();
    if ((await processes.agree(done !== undefined)) && done) return done.result;
    for (let isReady = false; !isReady; ) {
      await processes.recover();
      const prepared = await unlessLost(async () => ({ result: await prepare() }));
      isReady = await processes.agree(prepared !== undefined);
    }
  }
};

const unlessLost = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
  try {
    return await work();
  } catch (error) {
    if (error instanceof LostProcess) return undefined;
    throw error;
  }
};

/** @throws UserError where processes begin with other weights than the first, or after another update. */
export const checkSameStart = async (processes: Processes, update: number, weights: Weights): Promise<void> => {
  if (processes.size === 1) return;
  const hash = createHash('sha256').update(String(update));
  for (const [name, { data }] of weights) hash.update(name).update(bytesOf(data));
  const own = new Uint8Array(8 + 32);
  new DataView(own.buffer).setFloat64(0, update);
  own.set(hash.digest(), 8);
  const all = await processes.gather(own);
  const other = all.findIndex((bytes) => !Buffer.from(bytes).equals(Buffer.from(all[0]!)));
  if (other < 0) return;
  const updateOf = (rank: number): number => new DataView(all[rank]!.slice().buffer).getFloat64(0);
  const what =
    updateOf(other) === updateOf(0)
      ? 'with other weights than process 0'
      : `after update ${updateOf(other)}, and process 0 after update ${updateOf(0)}`;
  throw new UserError(
    `train: process ${other} would begin ${what}: models and the folder of the run must be on a disk that all processes see`,
  );
};
