import { z } from '@hono/zod-openapi';
import { date, imagePath, MOST_RESULTS, probability, score, text } from './schemas.ts';

/** Most globs, folders or conditions of a request. */
const MOST_PARTS = 32;

const glob = z.string().min(1).max(1024);
/** A parameter that may be given again. */
const several = <T extends z.ZodType>(schema: T) =>
  z.preprocess((value) => (typeof value === 'string' ? [value] : value), schema);

const moment = z.string().min(4).max(16);

/** Which cached images are looked at; everything that is named must hold. */
export const filterFields = {
  paths: z
    .array(glob)
    .max(MOST_PARTS)
    .optional()
    .openapi({ description: 'Globs of paths, one of which must fit; one that begins with ! leaves out.' }),
  folder: z
    .array(z.string().max(1024))
    .max(MOST_PARTS)
    .optional()
    .openapi({ description: 'Folders below that of the images, with everything in them.' }),
  from: moment.optional().openapi({ description: 'First year, month, day or minute: 2024, 2024-07, 2024-07-14 …' }),
  to: moment.optional().openapi({ description: 'Last year, month, day or minute, the whole of it.' }),
  minBytes: z.number().min(0).optional().openapi({ description: 'Least size of the file.' }),
  maxBytes: z.number().min(0).optional().openapi({ description: 'Largest size of the file.' }),
};

/** Filter in the address of a request, where there is less room. */
export const filterQuery = {
  ...filterFields,
  paths: several(z.array(z.string().min(1).max(255)).max(8).optional()),
  folder: several(z.array(z.string().max(255)).max(8).optional()),
  minBytes: z.coerce.number().min(0).optional(),
  maxBytes: z.coerce.number().min(0).optional(),
};

const order = z.enum(['ascending', 'descending']).optional().openapi({
  description: 'Default: the best first, the newest first, paths from A to Z.',
});

/** In what order images are returned, and which of them, by probability. */
export const rankingFields = {
  top: z
    .int()
    .min(1)
    .max(MOST_RESULTS)
    .default(10)
    .openapi({ description: 'Most results; the first ones of the order.' }),
  atLeast: probability.optional().openapi({ description: 'Least probability of what is returned.' }),
  sort: z.enum(['probability', 'date', 'path']).optional(),
  order,
  nearDuplicates: z.number().min(0).max(2).optional().openapi({
    description: 'Largest cosine distance of images that are named with the first of them; 0: equal files.',
  }),
};

/** Ranking by the score of a search. */
export const scoreRankingFields = {
  ...rankingFields,
  atLeast: z.number().min(-1).max(1).optional().openapi({ description: 'Least score of what is returned.' }),
  sort: z.enum(['score', 'date', 'path']).optional(),
};

/** A further question, and the answer that counts: `yes` unless it is named. */
export const condition = z
  .union([text, z.strictObject({ question: text, answer: z.string().min(1).max(1000).optional() })])
  .openapi('Condition', {
    description: 'A question; where another answer than yes counts, with it: QUESTION = ANSWER.',
  });

const conditions = z.array(condition).max(MOST_PARTS).optional();

/** A question of all cached images, and what is asked with it. */
export const questionFields = {
  question: text,
  answer: z.string().min(1).max(1000).nullable().optional().openapi({
    description: 'Answer whose probability counts; null: the most probable of each image. Default: yes, or that.',
  }),
  and: conditions.openapi({ description: 'Questions whose probabilities are multiplied with it.' }),
  not: conditions.openapi({ description: 'Questions for which 1 less the probability is.' }),
};

const ranked = {
  image: imagePath,
  date,
  duplicates: z
    .array(imagePath)
    .readonly()
    .optional()
    .openapi({ description: 'Its near-duplicates, where they are grouped.' }),
};

export const imageAnswer = z.object({ ...ranked, answer: z.string(), probability }).openapi('ImageAnswer');
export const foundImage = z.object({ ...ranked, score }).openapi('FoundImage');
export const judgement = z.enum(['entailment', 'neutral', 'contradiction']).openapi('Judgement');
export const judgedImage = z
  .object({ ...ranked, judgement, entailment: probability, neutral: probability, contradiction: probability })
  .openapi('JudgedImage');
export const judgedPair = z
  .object({ images: z.tuple([imagePath, imagePath]).readonly(), answer: z.string(), probability })
  .openapi('JudgedPair');

/** Number of images that were asked. */
export const askedImages = z.int().openapi({ description: 'Images that the filter let through.' });
