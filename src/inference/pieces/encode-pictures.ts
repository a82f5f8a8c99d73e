import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Model } from '../../checkpoints/model-file.ts';
import type { PictureOptions } from '../../data/pictures/options.ts';
import { bytesOf } from '../../engine/numbers.ts';
import { UserError } from '../../errors.ts';
import { inWindows } from '../../files/lines/in-windows.ts';
import type { FoundFile } from '../../files/walk.ts';
import { type FileState, inspectImages } from '../file-states.ts';
import { aboutOf } from '../image-cache.ts';
import { openPredictor } from '../open-predictor.ts';
import type { Predictor } from '../predictor.ts';
import { sizeRuleOf } from '../size-rule.ts';
import { backendOf } from '../store/backends.ts';
import { picturesOf } from '../store/manifest.ts';
import { openEncoding } from '../together/encoding.ts';

const fileSchema = {
  /** Path below the folder. */
  picture: z.string(),
  bytes: z.number(),
  modified: z.number(),
  /** Hash of the student's image encoder, and how it was given the picture. */
  by: z.string(),
};

/** Entry of a picture that was encoded, or the reason why it cannot be. */
export const encodedSchema = z.union([
  z.object({
    ...fileSchema,
    taken: z.number().nullable(),
    sha256: z.string(),
    /** Its features, float32 of the lowest byte first, in base64. */
    features: z.base64(),
  }),
  z.object({ ...fileSchema, unreadable: z.string() }),
]);

/** A picture that was encoded, or why it cannot be. */
export type EncodedPicture = z.infer<typeof encodedSchema>;

/** Options of `encodePictures`. */
export interface EncodePicturesOptions extends PictureOptions {
  /** The cache that they are for, which says how its pictures are read where it is there already. */
  readonly to?: string | undefined;
  /** Images that are encoded together. Default 16. */
  readonly batch?: number | undefined;
  /** Threads to compute with. Default: the processors that this process may use. */
  readonly threads?: number | undefined;
  /** Receives a sentence about every picture that cannot be read. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/**
 * Encodes pictures, on any machine that sees their folder: a record each, of JSON, which `cacheImages` takes (`encoded`) in place
 * of encoding them.
 *
 *   for await (const picture of encodePictures(student, 'photos', names)) console.log(JSON.stringify(picture));
 *
 * @param names paths below the folder, with `/` between their parts.
 * @throws UserError where the model is no dual encoder, or a picture is no file there.
 */
export async function* encodePictures(
  student: Model,
  folder: string,
  names: AsyncIterable<string> | Iterable<string>,
  options: EncodePicturesOptions = {},
): AsyncGenerator<EncodedPicture, void, undefined> {
  const { to, batch = 16, threads, maxMegapixels, onWarning } = options;
  await using predictor = await openPredictor(student, { threads });
  const there = to === undefined ? undefined : await (await backendOf(to)).readAbout(to);
  const pictures = options.pictures ?? (there ? picturesOf(there) : 'as-shown');
  const by = encoderOf(predictor, { pictures });
  const cached = { entries: new Map(), withBytes: () => undefined };
  const rule = sizeRuleOf(predictor.config);
  const looking = { folder, rule, cached, compare: 'time', pictures, maxMegapixels, window: 4 * batch } as const;
  await using encoding = openEncoding({ student: predictor, looking, batch });
  for await (const some of inWindows(names, looking.window)) {
    const files = await Promise.all(some.map((name) => fileOf(folder, name)));
    for await (const window of inspectImages(files, looking)) {
      for (const one of window.filter((state) => state.kind === 'unreadable')) {
        onWarning?.(`passed over: ${one.failure.message}`);
        const { path: picture, ...file } = files.find(({ path }) => path === one.path)!;
        yield { picture, ...file, by, unreadable: one.failure.message };
      }
      const fresh = window.filter((state): state is NewState => state.kind === 'new');
      for await (const made of encoding.encode(fresh)) {
        const { width } = predictor;
        for (const [i, { path: picture, taken = null, ...file }] of made.files.entries()) {
          const features = inBase64(made.features.subarray(i * width, (i + 1) * width));
          yield { picture, ...file, taken, by, features };
        }
      }
    }
  }
}

type NewState = Extract<FileState, { kind: 'new' }>;

/** Name of an image encoder, and of how it is given pictures: a hash of the manifest that its cache has. */
export const encoderOf = (student: Predictor, { pictures }: Required<Pick<PictureOptions, 'pictures'>>): string =>
  createHash('sha256')
    .update(JSON.stringify(aboutOf(student, { pictures })))
    .digest('hex')
    .slice(0, 16);

const inBase64 = (numbers: Float32Array): string => Buffer.from(bytesOf(numbers)).toString('base64');

/** The file of a name. @throws UserError where it is not there. */
const fileOf = async (folder: string, path: string): Promise<FoundFile> => {
  const stats = await stat(join(folder, path)).catch(() => undefined);
  if (stats?.isFile()) return { path, bytes: stats.size, modified: stats.mtimeMs };
  throw new UserError(
    `${join(folder, path)}: there is no such file: give paths below ${folder}, as --list prints them`,
  );
};
