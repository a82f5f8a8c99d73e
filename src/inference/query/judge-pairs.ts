import type { Numbers } from '../../engine/numbers.ts';
import { UserError } from '../../errors.ts';
import { probabilityOf } from '../../tasks/task.ts';
import { encodeText } from '../encode-text.ts';
import { aboutOf, type ImageCache } from '../image-cache.ts';
import { checkJudgesPairs, type Predictor } from '../predictor.ts';
import type { ImageFilter } from '../store/image-filter.ts';
import { checkStudent } from '../store/manifest.ts';
import { indexOfAnswer } from './answer-names.ts';
import { filterImages } from './filter.ts';
import { openSelection } from './selection.ts';
import { vectorsAt } from './vectors.ts';

/** Two images of which a statement is judged together. */
export interface JudgedPair {
  /** Paths of the first (left) and the second (right) image. */
  readonly images: readonly [first: string, second: string];
  /** The caches that they are in; only where several are asked as one. */
  readonly caches?: readonly [first: string, second: string] | undefined;
  /** The answer whose probability this is: `True`, unless another was asked for. */
  readonly answer: string;
  readonly probability: number;
}

/** Options of `reason`. The filter is of the first images, and of the second ones unless `second` says otherwise. */
export interface ReasonOptions extends ImageFilter {
  /**
   * `all` (default): each first image with each second one, but not with itself. `consecutive`: each image with the next
   * one by path.
   */
  readonly pairs?: 'all' | 'consecutive' | undefined;
  /** Filter of the second images, for pairs of two sets. Default: that of the first. */
  readonly second?: ImageFilter | undefined;
  /** Cache of the second images. Default: that of the first. */
  readonly secondImages?: ImageCache | undefined;
  /** Number of pairs to return; so many are held, not all. Default 100. */
  readonly top?: number | undefined;
  /** Least probability of a pair that is returned. Default: any. */
  readonly atLeast?: number | undefined;
  /** Answer whose probability is returned. Default `True`. */
  readonly answer?: string | undefined;
  /** Threads of a model that is not open yet. Default: the processors that this process may use. */
  readonly threads?: number | undefined;
  /** Receives a sentence for each thing to know: a word of the statement unknown, images that have no date. */
  readonly onWarning?: ((message: string) => void) | undefined;
  /** Receives the number of pairs that are done, and of all that are judged. */
  readonly onProgress?: ((done: number, of: number) => void) | undefined;
}

/** First images whose halves are held; the second ones are read again for each such block. */
const FIRST = 512;
/** Second images of a block. */
const SECOND = 512;
/** Pairs that are judged together. */
const PAIRS = 4096;

/** Judges pairs with a student that is open, as `reason` says. @throws UserError as it. */
export const judgePairs = async (
  student: Predictor,
  images: ImageCache,
  statement: string,
  options: ReasonOptions,
): Promise<JudgedPair[]> => {
  checkJudgesPairs(student);
  const { top = 100, atLeast = 0, answer = 'True', secondImages = images, onWarning } = options;
  if (!(top >= 1)) throw new UserError(`the top ${top} pairs: ask for at least 1`);
  const index = indexOfAnswer(answer, student.config);
  for (const { folder, about } of [images, secondImages]) checkStudent(folder, about, aboutOf(student));
  const text = await student.textFeatures(encodeText(student, statement, { onWarning }));
  const comparison = byProbability(images, secondImages);
  const found = openSelection<PairCandidate>(top, comparison);
  const judging: Judging = {
    sets: setsOf(images, options),
    halves: (set, places, place) => halvesOf(student, text, { images: set, places }, place),
    judge: async (pairs, sums) => {
      const logits = await student.pairLogits(sums);
      for (const [i, [first, second]] of pairs.entries()) {
        const score = probabilityOf(logits, [i, index], student.config.scoring);
        if (score >= atLeast) found.add({ first, second, score });
      }
    },
    onProgress: options.onProgress,
  };
  await (options.pairs === 'consecutive' ? judgeConsecutive : judgeAll)(judging);
  return found.sorted().map(({ first, second, score }) => ({
    images: [images.pathAt(first), secondImages.pathAt(second)],
    ...cachesOf(images, secondImages, [first, second]),
    answer,
    probability: score,
  }));
};

/** The caches of a pair, where one of its sets is several caches. */
const cachesOf = (
  images: ImageCache,
  secondImages: ImageCache,
  [first, second]: readonly [number, number],
): Pick<JudgedPair, 'caches'> => {
  const isOfSeveral = images.cacheAt !== undefined || secondImages.cacheAt !== undefined;
  const cacheOf = (set: ImageCache, place: number): string => set.cacheAt?.(place) ?? set.folder;
  return isOfSeveral ? { caches: [cacheOf(images, first), cacheOf(secondImages, second)] } : {};
};

interface PairCandidate {
  /** Places in the caches. */
  readonly first: number;
  readonly second: number;
  readonly score: number;
}

const byProbability = (firsts: ImageCache, seconds: ImageCache) => {
  const byPath = ({ pathAt }: ImageCache, a: number, b: number): number => {
    // two caches may have images of one path
    if (a === b || pathAt(a) === pathAt(b)) return a - b;
    return pathAt(a) < pathAt(b) ? -1 : 1;
  };
  return (a: PairCandidate, b: PairCandidate): number =>
    b.score - a.score || byPath(firsts, a.first, b.first) || byPath(seconds, a.second, b.second);
};

/** Images of one side of the pairs. */
interface ImageSet {
  readonly images: ImageCache;
  readonly places: Uint32Array;
}

interface Judging {
  readonly sets: { readonly first: ImageSet; readonly second: ImageSet };
  readonly halves: (set: ImageCache, places: Uint32Array, place: 'first' | 'second') => Promise<Numbers<Float32Array>>;
  readonly judge: (pairs: readonly (readonly [number, number])[], sums: Numbers) => Promise<void>;
  readonly onProgress?: ((done: number, of: number) => void) | undefined;
}

const setsOf = (images: ImageCache, options: ReasonOptions): Judging['sets'] => {
  const { pairs, second = options, secondImages = images, onWarning } = options;
  const isOther = secondImages !== images || second !== options;
  if (pairs === 'consecutive' && isOther)
    throw new UserError('consecutive pairs are of one set: leave out the second one, or judge all pairs');
  const setOf = (set: ImageCache, { paths, folder, from, to, minBytes, maxBytes }: ImageFilter): ImageSet => {
    const { only } = filterImages(set, { paths, folder, from, to, minBytes, maxBytes, onWarning });
    return { images: set, places: only ?? Uint32Array.from({ length: set.size }, (_, place) => place) };
  };
  const first = setOf(images, options);
  return { first, second: isOther ? setOf(secondImages, second) : first };
};

/** Halves of the head's first layer of images at places in any order. */
const halvesOf = async (
  predictor: Predictor,
  text: Numbers,
  { images, places }: ImageSet,
  place: 'first' | 'second',
): Promise<Numbers<Float32Array>> => {
  const both = await vectorsAt(images, places);
  const width = images.about.width / 2;
  const data = new Float32Array(places.length * width);
  for (let i = 0; i < places.length; i += 1) {
    const begin = i * 2 * width + (place === 'first' ? 0 : width);
    data.set(both.subarray(begin, begin + width), i * width);
  }
  return await predictor.pairHalves(text, { shape: [places.length, width], data }, place);
};

const judgeAll = async ({ sets: { first, second }, halves, judge, onProgress }: Judging): Promise<void> => {
  const of = first.places.length * second.places.length;
  let done = 0;
  for (let i = 0; i < first.places.length; i += FIRST) {
    const firsts = first.places.subarray(i, i + FIRST);
    const left = await halves(first.images, firsts, 'first');
    for (let j = 0; j < second.places.length; j += SECOND) {
      const seconds = second.places.subarray(j, j + SECOND);
      const right = await halves(second.images, seconds, 'second');
      for (const rows of pairsOf(firsts.length, seconds.length)) {
        const isSame = ([a, b]: Pair): boolean => first.images === second.images && firsts[a] === seconds[b];
        const kept = rows.filter((pair) => !isSame(pair));
        if (kept.length > 0)
          await judge(
            kept.map(([a, b]) => [firsts[a]!, seconds[b]!] as const),
            sumsOf(left, right, kept),
          );
        done += rows.length;
        onProgress?.(done, of);
      }
    }
  }
};

type Pair = readonly [number, number];

/** All pairs of m and n rows, some at a time. */
function* pairsOf(m: number, n: number): Generator<Pair[], void, undefined> {
  const rows = Math.max(1, Math.floor(PAIRS / n));
  for (let begin = 0; begin < m; begin += rows) {
    const count = Math.min(rows, m - begin);
    yield Array.from({ length: count * n }, (_, i) => [begin + Math.floor(i / n), i % n] as const);
  }
}

const judgeConsecutive = async ({ sets: { first }, halves, judge, onProgress }: Judging): Promise<void> => {
  const { images, places } = first;
  const paths = new Map(Array.from(places, (place) => [place, images.pathAt(place)]));
  const sorted = places.toSorted((a, b) => {
    if (paths.get(a) === paths.get(b)) return a - b;
    return paths.get(a)! < paths.get(b)! ? -1 : 1;
  });
  const of = Math.max(0, sorted.length - 1);
  for (let i = 0; i < of; i += SECOND) {
    const some = sorted.subarray(i, Math.min(i + SECOND + 1, sorted.length));
    const count = some.length - 1;
    const left = await halves(images, some.subarray(0, count), 'first');
    const right = await halves(images, some.subarray(1), 'second');
    const rows = Array.from({ length: count }, (_, row) => [row, row] as const);
    await judge(
      rows.map(([row]) => [some[row]!, some[row + 1]!] as const),
      sumsOf(left, right, rows),
    );
    onProgress?.(i + count, of);
  }
};

/** Sums of the halves of pairs of rows: [pairs, width]. */
const sumsOf = (left: Numbers, right: Numbers, pairs: readonly Pair[]): Numbers<Float32Array> => {
  const width = left.shape[1]!;
  const data = new Float32Array(pairs.length * width);
  for (const [i, [a, b]] of pairs.entries()) {
    for (let k = 0; k < width; k += 1) data[i * width + k] = left.data[a * width + k]! + right.data[b * width + k]!;
  }
  return { shape: [pairs.length, width], data };
};
