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
import { type Measured, measured, measuresTable } from './measured.ts';
import { given } from './options.ts';
import { openProgress } from './progress.ts';
import { grouped, print } from './table.ts';

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
  const lines: Measured[] = [];
  const sizes: { split: string; images: number; texts: number }[] = [];
  for (const [split, examples] of splits) {
    const gallery = firstImages(galleryOf(examples), options.gallery ?? Number.POSITIVE_INFINITY);
    sizes.push({ split, images: gallery.images.length, texts: gallery.texts.length });
    lines.push(...(await linesOf(trained, [split, gallery], options)));
  }
  const searched = sizes.map(
    ({ split, images, texts }) => `${split}: ${grouped(images)} images and ${grouped(texts)} texts, each of all`,
  );
  print([measuresTable(lines), ...searched].join('\n'), { galleries: sizes, lines }, options);
};

const linesOf = async (
  trained: Trained,
  [split, gallery]: readonly [string, Gallery],
  { batch, seed, threads }: RetrievalEvaluation,
): Promise<Measured[]> => {
  using progress = openProgress(`evaluate ${split}`);
  const scores = await scoreGallery(trained, gallery, {
    reading: readingFor(trained.description, { batch, onNotice: progress.say }),
    onProgress: progress.update,
    ...given({ threads }),
  });
  return measured(split, { ...foundIn(scores, gallery), ...groupScores(scores, gallery) }, seed);
};
