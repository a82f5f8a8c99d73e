import { isUtf8 } from 'node:buffer';
import type { Dirent, Stats } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';
import { UserError } from '../errors.ts';
import { mapConcurrent } from './map-concurrent.ts';
import type { PassedOver } from './passed-over.ts';

/** A file that was found below a folder. */
export interface FoundFile {
  /** Path below the folder, with `/` between its parts. */
  readonly path: string;
  readonly bytes: number;
  /** Time of the last change, in milliseconds since 1970. */
  readonly modified: number;
}

/** Everything below a folder: what is wanted, and what is passed over. */
export interface Walked {
  /** Sorted by path. */
  readonly files: readonly FoundFile[];
  /** Sorted by path. */
  readonly passedOver: readonly PassedOver[];
}

/** Options of `walk`. */
export interface WalkOptions {
  /** Whether a file of this path is wanted. */
  readonly isWanted: (path: string) => boolean;
  /** A folder that is no part of what is walked, such as the one that is written. */
  readonly except?: string | undefined;
  /** Ends the walk by throwing the reason of its abortion. */
  readonly signal?: AbortSignal | undefined;
}

/** Files whose states are asked for at once. */
const CONCURRENCY = 16;

/**
 * Finds all files below a folder. Links are followed, to folders, too; each folder is read once, whatever leads there,
 * and under its own path where it has one.
 *
 * @throws UserError where the folder itself cannot be read.
 */
export const walk = async (folder: string, options: WalkOptions): Promise<Walked> => {
  const now = await beginWalk(folder, options);
  for (const next of inTurn(now.own, now.linked)) {
    options.signal?.throwIfAborted();
    await enter(now, next);
  }
  const states = await mapConcurrent(now.found, (path) => stateOf(folder, path, options.signal), CONCURRENCY);
  const files = states.flatMap((one) => ('bytes' in one ? [one] : []));
  const passedOver = [...now.passedOver, ...states.flatMap((one) => ('reason' in one ? [one] : []))];
  return { files: files.sort(byPath), passedOver: passedOver.sort(byPath) };
};

const byPath = (a: { readonly path: string }, b: { readonly path: string }): number => (a.path < b.path ? -1 : 1);

/** A folder that is to be read, and whether a link leads there. */
interface Folder {
  /** Path below the walked folder. */
  readonly path: string;
  readonly isLinked: boolean;
}

/** A walk under way. */
interface Walk extends Pick<WalkOptions, 'isWanted'> {
  readonly folder: string;
  /** The folder without links on its way. */
  readonly root: string;
  /** Folders that were read, or are not to be, without links on their way. */
  readonly seen: Set<string>;
  readonly excepted: string | undefined;
  /** Folders to read: those that links lead to come last, so that a folder is read under its own path. */
  readonly own: Folder[];
  readonly linked: Folder[];
  readonly found: string[];
  readonly passedOver: PassedOver[];
}

const beginWalk = async (folder: string, { isWanted, except }: WalkOptions): Promise<Walk> => ({
  folder,
  isWanted,
  root: await realpath(folder).catch((error: unknown) => refuse(folder, error)),
  seen: new Set(),
  excepted: except === undefined ? undefined : await realpath(except).catch(() => undefined),
  own: [{ path: '', isLinked: false }],
  linked: [],
  found: [],
  passedOver: [],
});

const enter = async (now: Walk, { path, isLinked }: Folder): Promise<void> => {
  const real = await realpath(join(now.folder, path)).catch(() => undefined);
  if (real !== undefined && real === now.excepted) return;
  if (isLinked && real !== undefined && isWithin(now.root, real)) return pass(now, path, 'above');
  if (real !== undefined && now.seen.has(real)) return pass(now, path, 'again');
  if (real !== undefined) now.seen.add(real);
  const entries = await entriesIn(now, path);
  if (!entries) return pass(now, path, 'folder');
  for (const entry of entries) {
    const name = entry.name.toString();
    await sort(now, path === '' ? name : `${path}/${name}`, entry);
  }
};

/** The entries of a folder, names as bytes; undefined where it cannot be read. */
const entriesIn = async ({ folder }: Walk, path: string): Promise<Dirent<Buffer>[] | undefined> => {
  try {
    const entries = await readdir(join(folder, path), { withFileTypes: true, encoding: 'buffer' });
    return entries.sort((a, b) => Buffer.compare(a.name, b.name));
  } catch (error) {
    return path === '' ? refuse(folder, error) : undefined;
  }
};

/** Adds an entry to the folders to read, the files that were found, or what is passed over. */
const sort = async (now: Walk, path: string, entry: Dirent<Buffer>): Promise<void> => {
  if (!isUtf8(entry.name)) return pass(now, path, 'encoding');
  if (entry.isDirectory()) return void now.own.push({ path, isLinked: false });
  if (!entry.isSymbolicLink()) return sortFile(now, path, entry);
  const stats = await stat(join(now.folder, path)).catch(() => undefined);
  if (!stats) return pass(now, path, 'gone');
  if (stats.isDirectory()) return void now.linked.push({ path, isLinked: true });
  sortFile(now, path, stats);
};

const sortFile = (now: Walk, path: string, kind: Pick<Stats, 'isFile'>): void => {
  if (!kind.isFile()) pass(now, path, 'special');
  else if (now.isWanted(path)) now.found.push(path);
  else pass(now, path, 'name');
};

const pass = ({ passedOver }: Walk, path: string, reason: PassedOver['reason']): void =>
  void passedOver.push({ path, reason });

/** Takes from the first list until it is empty, then one from the second; both may grow meanwhile. */
function* inTurn(first: Folder[], second: Folder[]): Generator<Folder, void, undefined> {
  for (let next = first.shift() ?? second.shift(); next; next = first.shift() ?? second.shift()) yield next;
}

/** Whether a path is a folder or lies below it. */
const isWithin = (path: string, folder: string): boolean => {
  const way = relative(folder, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
};

const refuse = (folder: string, error: unknown): never => {
  const { code } = error as NodeJS.ErrnoException;
  const why =
    code === 'ENOTDIR' ? 'it is no folder: give a folder' : `this folder cannot be read (${code}): check the path`;
  throw new UserError(`${folder}: ${why}`, { cause: error });
};

const stateOf = async (folder: string, path: string, signal?: AbortSignal): Promise<FoundFile | PassedOver> => {
  signal?.throwIfAborted();
  const stats = await stat(join(folder, path)).catch(() => undefined);
  return stats ? { path, bytes: stats.size, modified: stats.mtimeMs } : { path, reason: 'file' };
};
