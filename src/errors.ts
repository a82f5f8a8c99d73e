/**
 * Something the user can mend: a file, a flag, a value. The command line prints its message alone and exits with 1;
 * every other error is ours and shows its stack.
 *
 * A message reads `where: what is wrong, with the values: what to do`.
 */
export class UserError extends Error {
  override readonly name = 'UserError';
}

/** A number and what it counts, for messages: `1 shard`, `2 shards`. @param many its plural, where that is irregular. */
export const counted = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;
