import {
  firstImages,
  foundIn,
  type Gallery,
  galleryOf,
  groupScores,
  preprocessorFor,
  type ScoredGallery,
  scoreRetrieval,
} from '../../../data.ts';
import { type Example, type Model, UserError } from '../../../index.ts';
import { countsText, type openTolerance, type SplitCounts } from '../../options/data.ts';
import type { PictureFlags } from '../../options/pictures.ts';
import { type Measure, measuresOf, measuresTable } from '../../terminal/measures.ts';
import { printableLine } from '../../terminal/printable.ts';
import { openProgress } from '../../terminal/progress.ts';
import { groupedCount, print } from '../../terminal/table.ts';
import { type Compared, type CompareFlags, comparedScores, comparedTable } from './compare.ts';

/** Options of `evaluate` for a model that retrieves. */
export interface RetrievalEvaluation extends PictureFlags, CompareFlags {
  readonly batch: number;
  readonly gallery?: number | undefined;
  readonly predictions?: string | undefined;
  readonly submission?: string | undefined;
  readonly seed: number;
  readonly threads?: number | undefined;
  readonly json?: boolean | undefined;
  /** Counts images that cannot be read. */
  readonly tolerance: ReturnType<typeof openTolerance>;
}

/** A split as it was found. */
export interface FoundSplit {
  readonly split: string;
  readonly examples: readonly Example[];
}

/**
 * Computes recall of texts and of images at 1, 5 and 10, and the scores within groups of captions made of the same
 * words.
 *
 * @throws UserError where answers are to be written.
 */
export const evaluateRetrieval = async (
  trained: Model,
  splits: readonly FoundSplit[],
  options: RetrievalEvaluation,
): Promise<void> => {
  if (options.predictions !== undefined || options.submission !== undefined)
    throw new UserError('evaluate: a model that retrieves answers nothing: leave out --predictions and --submission');
  const lines: Measure[] = [];
  const sizes: { split: string; images: number; texts: number }[] = [];
  const counts: RetrievalCounts[] = [];
  const compared: Compared[] = [];
  for (const [i, { split, examples }] of splits.entries()) {
    const all = galleryOf(examples);
    const asked = firstImages(all, options.gallery ?? Number.POSITIVE_INFINITY);
    const { scores, ...gallery } = await scored(trained, [split, asked], options);
    sizes.push({ split, images: gallery.images.length, texts: gallery.texts.length });
    counts.push(countsOf(options.tolerance.counts()[i]!, { all, asked, scored: gallery }));
    const found = { ...foundIn(scores, gallery), ...groupScores(scores, gallery) };
    lines.push(...measuresOf(split, found, options.seed));
    if (options.compare) compared.push(...(await comparedGallery(trained, [split, asked], { ...options, found })));
  }
  const searched = sizes.map(({ split, images, texts }) =>
    printableLine(`${split}: ${groupedCount(images, 'image')} and ${groupedCount(texts, 'text')}, each of all`),
  );
  const { failures, leftOut, lines: told } = options.tolerance;
  const incomplete = counts.filter(({ found, used }) => used < found);
  const numbers = incomplete.map((one) => printableLine(`${one.split}: ${countsText(one)}`));
  const tables = [measuresTable(lines), ...(compared.length === 0 ? [] : [`\n${comparedTable(compared)}\n`])];
  const text = [...tables, ...searched, ...numbers, ...told()].join('\n');
  const comparison = options.compare ? compared : undefined;
  print(text, { galleries: sizes, lines, comparison, counts, leftOut: leftOut(), unreadable: failures() }, options);
};

/** The measures of a gallery in float32, beside those that were found in another precision. */
const comparedGallery = async (
  trained: Model,
  [split, gallery]: readonly [string, Gallery],
  options: RetrievalEvaluation & { readonly found: Readonly<Record<string, readonly number[]>> },
): Promise<Compared[]> => {
  const exact: Model = { ...trained, precision: 'float32' };
  const tolerance = { preprocessor: { ...options.tolerance.preprocessor, onUnreadable: () => {} } };
  const { scores, ...read } = await scored(exact, [split, gallery], { ...options, tolerance });
  const before: Readonly<Record<string, readonly number[]>> = {
    ...foundIn(scores, read),
    ...groupScores(scores, read),
  };
  return Object.entries(options.found).map(([measure, after]) =>
    comparedScores({ split, measure }, [before[measure]!, after], options),
  );
};

/** Numbers of texts of a split, and of those that `--gallery` leaves out. */
interface RetrievalCounts extends SplitCounts {
  readonly beyond: number;
}

const countsOf = (
  { split, found, badRows, missing, incomplete }: SplitCounts,
  { all, asked, scored }: FoundTexts,
): RetrievalCounts => ({
  ...{ split, found, used: scored.texts.length, badRows, missing, incomplete },
  repeated: found - badRows - missing - incomplete - all.texts.length,
  unreadable: asked.texts.length - scored.texts.length,
  beyond: all.texts.length - asked.texts.length,
});

/** The texts of a split, those to be asked, and those whose pictures could be read. */
type FoundTexts = Readonly<Record<'all' | 'asked' | 'scored', HasTexts>>;

type HasTexts = Pick<Gallery, 'texts'>;

const scored = async (
  trained: Model,
  [split, gallery]: readonly [string, Gallery],
  how: Omit<RetrievalEvaluation, 'tolerance'> & {
    readonly tolerance: Pick<RetrievalEvaluation['tolerance'], 'preprocessor'>;
  },
): Promise<ScoredGallery> => {
  const { batch, threads, tolerance, pictures, maxMegapixels } = how;
  using progress = openProgress(`evaluate ${split}`);
  return await scoreRetrieval(trained, gallery, {
    preprocessor: preprocessorFor(trained.config, {
      ...{ batch, pictures, maxMegapixels, onWarning: progress.warn },
      ...tolerance.preprocessor,
    }),
    onProgress: progress.update,
    threads,
  });
};
