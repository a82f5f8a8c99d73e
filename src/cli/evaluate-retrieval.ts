import {
  type Example,
  firstImages,
  foundIn,
  type Gallery,
  galleryOf,
  groupScores,
  readingFor,
  scoreGallery,
  type Trained,
  UserError,
} from '../index.ts';
import { type Estimate, estimate } from './bootstrap.ts';
import { given } from './options.ts';
import { openProgress } from './progress.ts';
import { type Cell, grouped, percent, print, tableOf } from './table.ts';

/** What `evaluate` is told where a model retrieves. */
export interface RetrievalEvaluation {
  readonly batch: number;
  readonly gallery?: number;
  readonly predictions?: string;
  readonly submission?: string;
  readonly seed: number;
  readonly threads?: number;
  readonly json?: boolean;
}

/** One line of the report: a measure of a split, over its images, texts or groups. */
interface Line extends Omit<Estimate, 'questions' | 'accuracy'> {
  readonly split: string;
  readonly measure: string;
  readonly queries: number;
  readonly share: number;
}

/**
 * Recall of texts and of images at 1, 5 and 10, and the scores within groups of captions made of the same words.
 *
 * @throws UserError where answers are to be written.
 */
export const evaluateRetrieval = async (
  trained: Trained,
  splits: readonly (readonly [split: string, examples: readonly Example[]])[],
  options: RetrievalEvaluation,
): Promise<void> => {
  if (options.predictions !== undefined || options.submission !== undefined)
    throw new UserError('evaluate: a model that retrieves answers nothing: leave out --predictions and --submission');
  const lines: Line[] = [];
  const sizes: { split: string; images: number; texts: number }[] = [];
  for (const [split, examples] of splits) {
    const gallery = firstImages(galleryOf(examples), options.gallery ?? Number.POSITIVE_INFINITY);
    sizes.push({ split, images: gallery.images.length, texts: gallery.texts.length });
    lines.push(...(await linesOf(trained, [split, gallery], options)));
  }
  const searched = sizes.map(
    ({ split, images, texts }) => `${split}: ${grouped(images)} images and ${grouped(texts)} texts, each of all`,
  );
  print([tableOf(rowsOf(lines)), ...searched].join('\n'), { galleries: sizes, lines }, options);
};

const linesOf = async (
  trained: Trained,
  [split, gallery]: readonly [string, Gallery],
  { batch, seed, threads }: RetrievalEvaluation,
): Promise<Line[]> => {
  using progress = openProgress(`evaluate ${split}`);
  const scores = await scoreGallery(trained, gallery, {
    reading: readingFor(trained.description, { batch, onNotice: progress.say }),
    onProgress: progress.update,
    ...given({ threads }),
  });
  return Object.entries({ ...foundIn(scores, gallery), ...groupScores(scores, gallery) }).map(([measure, found]) => {
    const { questions: queries, accuracy: share, interval } = estimate(found, seed);
    return { split, measure, queries, share, interval };
  });
};

const rowsOf = (lines: readonly Line[]): Cell[][] => [
  ['split', 'measure', 'queries', 'share', '95 % interval'],
  ...lines.map(({ split, measure, queries, share, interval: [low, high] }) => [
    split,
    measure,
    queries,
    percent(share),
    `${percent(low)} to ${percent(high)}`,
  ]),
];
