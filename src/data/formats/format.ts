import { readdirSync, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join } from 'node:path';
import type { Example } from '../example.ts';
import type { BadRowOptions } from '../records/bad-rows.ts';
import type { RecordShape } from '../records/shape.ts';

/** Options of reading the examples of a split. */
export interface ReadOptions extends BadRowOptions {
  /** An annotation whose image is not there: an error (default), or passed over with a warning. */
  readonly missing?: 'refuse' | 'skip' | undefined;
  /** Called with each thing that was left out, a sentence each. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/** The examples to read: what their records look like, and their split. */
export interface DatasetQuery extends Pick<ReadOptions, 'missing' | 'badRows' | 'onLeftOut'> {
  readonly records: RecordShape;
  /** `train`, `validation`, `test`, or a split's own name in its layout: `rest_val`, `test-dev2015`, `test1`. */
  readonly split: string;
}

/** The examples of a split, and what was found beside them. */
export interface Dataset {
  /** The layout and its files: `VQAv2 JSON (v2_OpenEnded_mscoco_val2014_questions.json, …)`. */
  readonly layout: string;
  readonly examples: Example[];
  /** The answers in the order of the classifier, where the layout fixes them. */
  readonly answers?: readonly string[] | undefined;
  /** Notices of what was left out, a sentence each. */
  readonly notices: readonly string[];
}

/** A layout of files on disk. */
export interface Format {
  readonly name: string;
  /**
   * Names of the only record shapes that it holds, where it is the layout of published sets; absent where its rows may
   * have any.
   */
  readonly serves?: readonly string[] | undefined;
  /** The files that it looks for, for the error that nothing was found. */
  readonly looksFor: (query: DatasetQuery) => readonly string[];
  /** Its examples, or undefined where the folder has another layout. @throws UserError where the layout is damaged. */
  readonly open: (path: string, query: DatasetQuery) => Promise<Dataset | undefined>;
  /** The answers in the order of the classifier, where this layout, and not its examples, says them. */
  readonly answers?: ((path: string) => Promise<readonly string[] | undefined>) | undefined;
}

/** The name of a split in a layout; a name that the table lacks is the layout's own. */
export const splitIn = (table: Readonly<Record<string, readonly string[]>>, split: string): readonly string[] =>
  table[split] ?? [split];

/**
 * Looks for files. Each folder is listed once, since a set has 100,000 images in one. A name whose accents are composed
 * otherwise than on the disk (NFC, NFD: a Mac decomposes them) is found, too.
 */
export const createFinder = (root: string) => {
  const listed = new Map<string, ReadonlyMap<string, string>>();
  const namesBy = (folder: string): ReadonlyMap<string, string> => {
    const known = listed.get(folder);
    if (known) return known;
    const names = namesIn(folder);
    const all = new Map([...names.map((name) => [name.normalize(), name]), ...names.map((name) => [name, name])] as [
      string,
      string,
    ][]);
    listed.set(folder, all);
    return all;
  };
  /** The path as it is on the disk; undefined where it is not there. */
  const onDisk = (path: string): string | undefined => {
    const [folder, name] = [dirname(path), basename(path)];
    const names = namesBy(folder);
    const found = names.get(name) ?? names.get(name.normalize());
    if (found !== undefined) return found === name ? path : join(folder, found);
    // only a folder whose name is composed otherwise can hold it still
    if (names.size > 0 || folder === path || isAscii(folder)) return undefined;
    const other = onDisk(folder);
    return other === undefined || other === folder ? undefined : onDisk(join(other, name));
  };
  /** The first of these paths, relative to the root, that is there, joined to the root. */
  return (candidates: readonly string[]): string | undefined => {
    for (const path of candidates) {
      const found = onDisk(isAbsolute(path) ? path : join(root, path));
      if (found !== undefined) return found;
    }
    return undefined;
  };
};

const isAscii = (text: string): boolean => /^[\x20-\x7e]*$/.test(text);

/** The names in a folder, sorted; none where it cannot be listed. */
export const namesIn = (folder: string): string[] => {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
};

/** Whether a layout can hold records of a shape. */
export const isServing = ({ serves }: Format, { name }: RecordShape): boolean => serves?.includes(name) ?? true;

/**
 * A notice of the files of a table that are not there, by the names of the others: `train-00000-of-00003.parquet` is
 * one of three.
 */
export const partsNotices = (files: readonly string[]): string[] => {
  const sets = new Map<string, { readonly of: number; readonly parts: Set<number> }>();
  for (const file of files) {
    const [, stem, part, of] = /^(.*)-(\d{5})-of-(\d{5})\b/.exec(file) ?? [];
    if (stem === undefined) continue;
    const set = sets.get(`${stem} ${of}`) ?? { of: Number(of), parts: new Set() };
    set.parts.add(Number(part));
    sets.set(`${stem} ${of}`, set);
  }
  return [...sets].flatMap(([name, { of, parts }]) => {
    const lacking = Array.from({ length: of }, (_, part) => part).filter((part) => !parts.has(part));
    if (lacking.length === 0) return [];
    const [stem] = name.split(/ \d+$/) as [string];
    const [is, whose] = lacking.length === 1 ? ['is', 'its'] : ['are', 'their'];
    return [
      `${stem}: ${lacking.length} of its ${of} files ${is} not there, the first is number ${lacking[0]}: ${whose} rows are left out.`,
    ];
  });
};

/** Whether there is a file of this path, and not a folder. */
export const isFile = (path: string): boolean => {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
};

/**
 * A name of each file for errors and ids: its path inside the folder that was given, or, where it is in none, its own
 * name with as many of its folders before it as tell it from the others.
 */
export const shortNames = (paths: readonly string[], root: string): ReadonlyMap<string, string> => {
  const folder = join(root, '/');
  if (paths.every((path) => path.startsWith(folder)))
    return new Map(paths.map((path) => [path, path.slice(folder.length)]));
  const all = [...new Set(paths)];
  const name = (path: string, depth: number): string => path.split('/').slice(-depth).join('/');
  const names = new Map<string, string>();
  for (let depth = 1; names.size < all.length; depth += 1) {
    const left = all.filter((path) => !names.has(path));
    const counts = new Map<string, number>();
    for (const path of all) counts.set(name(path, depth), (counts.get(name(path, depth)) ?? 0) + 1);
    for (const path of left) if (counts.get(name(path, depth)) === 1) names.set(path, name(path, depth));
  }
  return names;
};
