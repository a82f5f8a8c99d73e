import { Option } from 'commander';
import { linesOf } from '../../../files/lines/read-lines.ts';
import { UserError } from '../../../index.ts';
import { count } from '../options.ts';

/** Options of verbs whose work may be done in pieces, by other processes and elsewhere. */
export interface PieceFlags {
  readonly list?: number | true | undefined;
  readonly pieces?: string | undefined;
  readonly merge?: readonly string[] | undefined;
}

/** Heading of the options. */
export const GROUP = 'In pieces, by other processes and on other machines:';

/** Options that name the pieces, do some of them, and make one result of what was done. @param what a piece is */
export const pieceOptions = ({ list, pieces, merge }: Readonly<Record<keyof PieceFlags, Option>>): Option[] => {
  const others = { list: ['pieces', 'merge'], pieces: ['list', 'merge'], merge: ['list', 'pieces'] } as const;
  return Object.entries({ list, pieces, merge }).map(([name, option]) =>
    option.conflicts([...others[name as keyof typeof others], ...(name === 'merge' ? [] : ['json'])]).helpGroup(GROUP),
  );
};

/** `--pieces`. @param names what is named, one a line */
export const piecesOption = (names: string): Option =>
  new Option('--pieces <file>', `${names}, one a line (-: standard input); prints a line of JSON for each`);

/** `--merge`. */
export const mergeOption = (description: string): Option =>
  new Option('--merge <file>', `${description} (-: standard input); may be repeated`).argParser(
    (file: string, before: readonly string[] | undefined) => [...(before ?? []), file],
  );

/** `--list` with a number. */
export const listOption = (flags: string, description: string): Option =>
  flags.includes('[') ? count(flags, description) : new Option(flags, description);

/** @throws UserError where work in pieces is asked for of several processes of MPI, which share it themselves. */
export const checkAlone = (
  { list, pieces, merge, spark }: PieceFlags & { readonly spark?: string | undefined },
  size: number,
): void => {
  if (size > 1 && (list ?? pieces ?? merge ?? spark) !== undefined)
    throw new UserError('--list, --pieces, --merge and --spark are for a process of its own: start one without mpirun');
};

/** Names in a file, one a line; empty lines are skipped. */
export async function* namesIn(file: string): AsyncGenerator<string, void, undefined> {
  for await (const line of linesOf(file)) {
    const name = line.replace(/\r$/, '');
    if (name !== '') yield name;
  }
}

/** The lines of several files, one after the other. */
export async function* linesInAll(files: readonly string[]): AsyncGenerator<string, void, undefined> {
  for (const file of files) yield* linesOf(file);
}
