import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { PictureStyle } from '../data/pictures/options.ts';
import type { Numbers } from '../engine/numbers.ts';
import { UserError } from '../errors.ts';
import { readStoreIndex } from '../files/append-store.ts';
import { parseJson, readTextIfThere } from '../files/json.ts';
import { readInto } from '../files/read-exactly.ts';
import { retrievalPurpose } from '../model/purposes/retrieval.ts';
import { cacheFiles, type Entry, entriesOf, storeLayout } from './cache-index.ts';
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
    resize: z.literal('pillow-bicubic'),
    shortest: z.number(),
    multiple: z.number(),
    /** Absent where they are read as ViLT reads them, as in all caches of earlier versions. */
    pictures: z.literal('as-shown').optional(),
  }),
  /** Row of the modality table with which the images were encoded. */
  modality: z.literal(1),
  /** Numbers in a row. */
  width: z.number().int().positive(),
});

/** Manifest of a cache, `cache.json`. */
export type About = Readonly<z.infer<typeof aboutSchema>>;

/** Cached images, and their features. */
export interface Block {
  readonly entries: readonly Entry[];
  /** [entries, width] */
  readonly features: Numbers<Float32Array>;
}

/** Cache of the images that a student has encoded, as it was when it was opened. It holds no file open. */
export interface ImageCache {
  readonly folder: string;
  readonly about: About;
  /** In the order of their rows. */
  readonly entries: readonly Entry[];
  /**
   * Yields every image, at most `rows` at a time (default 4096), so that a cache may be larger than the memory. The
   * features of a block are overwritten by those of the next.
   */
  blocks(rows?: number): AsyncGenerator<Block, void, undefined>;
}

/**
 * Opens a cache of images.
 *
 * @throws UserError where the folder is no cache, or one that this version does not read.
 */
export const openImageCache = async (folder: string): Promise<ImageCache> => {
  const about = await readAbout(folder);
  if (!about)
    throw new UserError(
      `${folder}: it is no image cache, for it has no ${cacheFiles.about}: cache a folder of images first`,
    );
  const { lines } = await readStoreIndex(storeLayout(folder, about.width));
  const entries = [...entriesOf(lines).values()].sort((a, b) => a.row - b.row);
  const vectors = join(folder, cacheFiles.vectors);
  return {
    folder,
    about,
    entries,
    blocks: (rows = 4096) => readBlocks(vectors, { entries, width: about.width, rows }),
  };
};

/** How the pictures of a cache were read. */
export const picturesOf = ({ preprocessing }: About): PictureStyle => preprocessing.pictures ?? 'as-vilt';

/** Manifest of a student's cache. @throws UserError where the model cannot encode images alone. */
export const aboutOf = (student: Predictor, pictures: PictureStyle = 'as-shown'): About => {
  checkEncodesImages(student);
  const { shortest, multiple } = sizeRuleOf(student.config.sizes);
  return {
    format: 1,
    student: student.identity(),
    task: student.config.task,
    preprocessing: { resize: 'pillow-bicubic', shortest, multiple, ...(pictures === 'as-shown' ? { pictures } : {}) },
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
  const text = await readTextIfThere(path);
  if (text === undefined) return undefined;
  const parsed = aboutSchema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw new UserError(
    `${path}: it is not one that this version reads: make the cache again:\n${z.prettifyError(parsed.error)}`,
  );
};

interface Wanted {
  readonly entries: readonly Entry[];
  readonly width: number;
  readonly rows: number;
}

async function* readBlocks(vectors: string, { entries, width, rows }: Wanted): AsyncGenerator<Block, void, undefined> {
  if (entries.length === 0) return;
  const handle = await open(vectors);
  const buffer = new Float32Array(Math.min(rows, entries.length) * width);
  try {
    for (let start = 0; start < entries.length; start += rows) {
      const some = entries.slice(start, start + rows);
      await readRows({ handle, path: vectors }, some, new Uint8Array(buffer.buffer, 0, some.length * width * 4));
      yield { entries: some, features: { shape: [some.length, width], data: buffer.subarray(0, some.length * width) } };
    }
  } finally {
    await handle.close();
  }
}

/** Reads rows in rising order, each run of neighbours at once. */
const readRows = async (
  { handle, path }: { readonly handle: FileHandle; readonly path: string },
  entries: readonly Entry[],
  into: Uint8Array,
): Promise<void> => {
  const rowBytes = into.length / entries.length;
  for (let start = 0, end = 1; start < entries.length; start = end, end += 1) {
    while (entries[end]?.row === entries[end - 1]!.row + 1) end += 1;
    const begin = entries[start]!.row * rowBytes;
    await readInto(handle, into.subarray(start * rowBytes, end * rowBytes), { begin, path });
  }
};
