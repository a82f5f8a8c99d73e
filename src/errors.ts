/**
 * Something the user can mend: a file, a flag, a value. The command line prints its message alone and exits with 1;
 * every other error is ours and shows its stack.
 *
 * A message reads `where: what is wrong, with the values: what to do`. What it lists, such as all tensors that do not fit,
 * stands in further lines. Names of others may hold line ends of their own, so that only `lines` tells where one ends.
 */
export class UserError extends Error {
  override readonly name = 'UserError';
  /** The lines of the message, the first included. */
  readonly lines: readonly string[];

  /** @param list further lines, each of which is part of the message. */
  constructor(message: string, { list = [], ...options }: ErrorOptions & { readonly list?: readonly string[] } = {}) {
    const lines = [message, ...list];
    super(lines.join('\n'), options);
    this.lines = lines;
  }
}

/** A number and what it counts, for messages: `1 shard`, `2 shards`. @param many its plural, where that is irregular. */
export const counted = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;
