import { z } from 'zod';
import type { PictureStyle } from '../../data/pictures/options.ts';
import { UserError } from '../../errors.ts';
import { retrievalPurpose } from '../../model/purposes/retrieval.ts';
import { parted } from '../identity.ts';
import { type Precision, type RowFormat, rowFormatOf } from './row-format.ts';

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
  /** Number that features are kept as; absent of float32, as in all caches of earlier versions. */
  precision: z.enum(['float16', 'int8']).optional(),
  /** Cost of the precision in answers, measured on the first images that were last encoded together. */
  cost: z.strictObject({ images: z.number(), questions: z.number(), mean: z.number(), largest: z.number() }).optional(),
  /** Random name that the files have together, another one after each time that rows were moved. */
  stamp: z.string().optional(),
});

/** Manifest of a cache, `cache.json`. */
export type About = Readonly<z.infer<typeof aboutSchema>>;

/** Checks a manifest that was read. @throws UserError where it is not ours. */
export const parseAbout = (value: unknown, path: string): About => {
  const parsed = aboutSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new UserError(`${path}: it is not one that this version reads: make the cache again:`, {
    list: z.prettifyError(parsed.error).split('\n'),
  });
};

/** Style in which the pictures of a cache were read. */
export const picturesOf = ({ preprocessing }: About): PictureStyle => preprocessing.pictures ?? 'as-vilt';

/**
 * Checks that a cache is a student's own.
 *
 * @throws UserError that names both students, or their tasks where one of them searches.
 */
export const checkStudent = (folder: string, cached: About, now: About): void => {
  if (cached.student === now.student) return;
  const [before, after] = [parted(cached.student), parted(now.student)];
  if (before.weights === after.weights)
    throw new UserError(
      `${folder}: its images were encoded in ${before.precision}, and the student computes in ${after.precision}: let it compute in ${before.precision} (${before.precision === 'int8' ? '--precision int8, of dide cache --encoder-precision int8' : 'without --precision'}), or make a cache in ${after.precision}`,
    );
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
  `${student.slice(0, 12)}${parted(student).precision === 'int8' ? ' in int8' : ''} (${task}, rows of ${width}, pictures of ${preprocessing.shortest} pixels)`;

/** Number that the features of a cache are kept as. */
export const precisionOf = ({ precision }: Pick<About, 'precision'>): Precision => precision ?? 'float32';

/** Format of the rows of a cache. */
export const rowsOf = (about: Pick<About, 'precision' | 'width'>): RowFormat =>
  rowFormatOf(precisionOf(about), about.width);
