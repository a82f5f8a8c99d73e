/**
 * Something the user can mend: a file, a flag, a value. The command line prints its message alone and exits with 1;
 * every other error is ours and shows its stack.
 *
 * A message reads `where: what is wrong, with the values: what to do`.
 */
export class UserError extends Error {
  override readonly name = 'UserError';
}
