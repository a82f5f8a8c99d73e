import { UserError } from '../errors.ts';

/** An array whose memory does not move: V8 keeps small ones inside of objects until their buffer is asked for. */
export const fixed = <T extends ArrayBufferView>(array: T): T => {
  void array.buffer;
  return array;
};

/**
 * Number of bytes that each process gives, and their place among those of all, by rank.
 *
 * @throws UserError where one message is longer than MPI counts.
 */
export const layoutOf = (lengths: readonly number[]) => {
  const counts = Int32Array.from(lengths);
  const places = fixed(new Int32Array(lengths.length));
  for (let rank = 1; rank < lengths.length; rank += 1) places[rank] = places[rank - 1]! + counts[rank - 1]!;
  const total = lengths.reduce((sum, length) => sum + length, 0);
  if (total >= 2 ** 31)
    throw new UserError(`MPI: ${total} bytes at once are more than it counts: give a smaller batch`);
  return { counts: fixed(counts), places, total };
};

/** The bytes of each process among those of all, by rank. */
export const partsOf = (all: Uint8Array, counts: Int32Array, places: Int32Array): Uint8Array[] =>
  [...counts].map((count, rank) => all.subarray(places[rank]!, places[rank]! + count));
