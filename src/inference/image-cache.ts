import { join } from 'node:path';
import { z } from 'zod';
import type { PictureStyle } from '../data/pictures/options.ts';
import type { Numbers } from '../engine/numbers.ts';
import { UserError } from '../errors.ts';
import { writeAtomically } from '../files/atomic-write.ts';
import { readError } from '../files/disk-errors.ts';
import { parseJson } from '../files/json.ts';
import { openCurrent } from '../files/replace-together.ts';
import { retrievalPurpose } from '../model/purposes/retrieval.ts';
import type { Columns } from './cache-columns.ts';
import { readEntries } from './cache-entries.ts';
import { cacheFiles, type Entry } from './cache-index.ts';
import { readRows } from './cache-rows.ts';
import { checkEncodesImages, type Predictor } from './predictor.ts';
import { sizeRuleOf } from './preprocessor.ts';

const aboutSchema = z.strictObject({
  format: z.literal(1),
  /** `identity()` of the student that encoded the images. */
  student: z.string(),
  /** Task of that student, for people. */
  task: z.string(),
  /** Resizing of the images, in pixels. */
  preprocessing: z.strictObject({
    resize: z.templateLiteral(['pillow-', z.string()]),
    shortest: z.number(),
    multiple: z.number(),
    /** Absent where they are read as ViLT reads them, as in all caches of earlier versions. */
    pictures: z.literal('as-shown').optional(),
  }),
  /** Row of the modality table with which the images were encoded. */
  modality: z.literal(1),
  /** Numbers in a row. */
  width: z.number().int().positive(),
  /** Random name that the files have together, another one after each time that rows were moved. */
  stamp: z.string().optional(),
});

/** Manifest of a cache, `cache.json`. */
export type About = Readonly<z.infer<typeof aboutSchema>>;

/** Cached images, and their features. */
export interface Block {
  /** Paths of the images below the folder that was cached. */
  readonly paths: readonly string[];
  readonly entries: readonly Entry[];
  /** [entries, width] */
  readonly features: Numbers<Float32Array>;
}

/** Cache of the images that a student has encoded, as it was when it was opened. It holds no file open. */
export interface ImageCache {
  readonly folder: string;
  readonly about: About;
  /** Number of images. */
  readonly size: number;
  /** In the order of their rows. */
  readonly entries: readonly Entry[];
  /**
   * Yields every image, at most `rows` at a time (default 4096), so that a cache may be larger than the memory. The
   * features of a block are overwritten by those of the next.
   *
   * @throws UserError where its rows have been moved since it was opened, or cannot be read.
   */
  blocks(rows?: number): AsyncGenerator<Block, void, undefined>;
}

/** Attempts at reading a cache whose files are replaced at the same time, which takes moments and is rare. */
const ATTEMPTS = 10;

/**
 * Opens a cache of images. Others may be writing it: it is read as it was at one time.
 *
 * @throws UserError where the folder is no cache, or one that this version does not read, or where a part of it is
 *   missing or cut short.
 */
export const openImageCache = async (folder: string): Promise<ImageCache> => {
  for (let attempt = 1; ; attempt += 1) {
    const about = await aboutIn(folder);
    const columns = await readEntries(folder, about).catch((error: unknown) => error);
    const isLast = attempt === ATTEMPTS || (await aboutIn(folder)).stamp === about.stamp;
    if (isLast && 'rows' in (columns as object)) return cacheOf(folder, about, columns as Columns);
    if (isLast) throw columns;
  }
};

const aboutIn = async (folder: string): Promise<About> => {
  const about = await readAbout(folder);
  if (about) return about;
  throw new UserError(
    `${folder}: it is no image cache, for it has no ${cacheFiles.about}: cache a folder of images first`,
  );
};

const cacheOf = (folder: string, about: About, columns: Columns): ImageCache => {
  let entries: readonly Entry[] | undefined;
  return {
    folder,
    about,
    size: columns.size,
    get entries() {
      entries ??= some(columns.size, 0, columns.entryAt);
      return entries;
    },
    blocks: (rows = 4096) => readBlocks(folder, about, { columns, rows }),
  };
};

const some = <T>(count: number, first: number, at: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => at(first + i));

async function* readBlocks(
  folder: string,
  { width, stamp }: About,
  { columns, rows }: { readonly columns: Columns; readonly rows: number },
): AsyncGenerator<Block, void, undefined> {
  if (columns.size === 0) return;
  const path = join(folder, cacheFiles.vectors);
  await using handle = await openCurrent(path);
  if (!handle) throw new UserError(`${path}: it is missing, and with it the numbers of the images: ${COPY}`);
  if ((await aboutIn(folder)).stamp !== stamp)
    throw new UserError(`${folder}: it was made anew or made smaller since it was opened: open it again`);
  for await (const { first, count, data } of readRows(handle, columns.rows, { width, atOnce: rows, path })) {
    yield {
      get paths() {
        return some(count, first, columns.pathAt);
      },
      get entries() {
        return some(count, first, columns.entryAt);
      },
      features: { shape: [count, width], data },
    };
  }
}

const COPY = 'copy the whole folder, or cache the images again';

/** How the pictures of a cache were read. */
export const picturesOf = ({ preprocessing }: About): PictureStyle => preprocessing.pictures ?? 'as-vilt';

/** Manifest of a student's cache. @throws UserError where the model cannot encode images alone. */
export const aboutOf = (student: Predictor, pictures: PictureStyle = 'as-shown'): About => {
  checkEncodesImages(student);
  const { shortest, multiple, filter = 'bicubic' } = sizeRuleOf(student.config);
  return {
    format: 1,
    student: student.identity(),
    task: student.config.task,
    preprocessing: { resize: `pillow-${filter}`, shortest, multiple, ...(pictures === 'as-shown' ? { pictures } : {}) },
    modality: 1,
    width: student.width,
  };
};

/**
 * Checks that a cache is a student's own.
 *
 * @throws UserError that names both students, or their tasks where one of them searches.
 */
export const checkStudent = (folder: string, cached: About, now: About): void => {
  if (cached.student === now.student) return;
  const [made, wanted] = [cached, now].map(({ task }) => (task === retrievalPurpose.goal.name ? 'searched' : 'asked'));
  if (made !== wanted) {
    throw new UserError(
      `${folder}: it was made to be ${made}, by a student of ${cached.task}, and is to be ${wanted}, by one of ${now.task}: make a cache with this one`,
    );
  }
  throw new UserError(
    `${folder}: it was made by student ${said(cached)}, and this is student ${said(now)}: use that one, or make a cache with this one`,
  );
};

const said = ({ student, task, width, preprocessing }: About): string =>
  `${student.slice(0, 12)} (${task}, rows of ${width}, pictures of ${preprocessing.shortest} pixels)`;

/** Reads the manifest of a folder; undefined where there is none. @throws UserError where it is not ours. */
export const readAbout = async (folder: string): Promise<About | undefined> => {
  const path = join(folder, cacheFiles.about);
  await using handle = await openCurrent(path).catch((error: unknown) => {
    throw readError(path, error);
  });
  if (!handle) return undefined;
  const parsed = aboutSchema.safeParse(parseJson(await handle.readFile('utf8')));
  if (parsed.success) return parsed.data;
  throw new UserError(
    `${path}: it is not one that this version reads: make the cache again:\n${z.prettifyError(parsed.error)}`,
  );
};

/** Writes the manifest of a cache. @throws UserError where the disk refuses. */
export const writeAbout = (folder: string, about: About): Promise<void> =>
  writeAtomically(join(folder, cacheFiles.about), (append) =>
    append(Buffer.from(`${JSON.stringify(about, null, 2)}\n`)),
  );
