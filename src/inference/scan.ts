import type { Numbers } from '../engine/numbers.ts';
import { alone, type Processes } from '../processes/processes.ts';
import { encodeText } from './encode-text.ts';
import { aboutOf, allPlaces, type ImageCache } from './image-cache.ts';
import type { KeptFeatures } from './kept-features.ts';
import { checkCompares, type Predictor } from './predictor.ts';
import { indexOfAnswer } from './query/answer-names.ts';
import type { WantedAnswers } from './scan-sessions.ts';
import { checkStudent, rowsOf } from './store/manifest.ts';
import { scanTogether } from './together/scan-together.ts';

/** A question for every cached image or, of a student of retrieval, a text that images are compared with. */
export interface ScanQuestion {
  readonly text: string;
  /** Answer whose probability is wanted. Default: each image's most probable one. */
  readonly answer?: string | undefined;
}

/** Scores of some cached images, for each of the questions. */
export interface ScanBlock {
  /** Places of the images in the cache, [count]: image i is `cache.pathAt(places[i])`. */
  readonly places: Uint32Array;
  /** Probabilities between 0 and 1 or, of a student of retrieval, cosines between -1 and 1: [questions, count]. */
  readonly scores: Float64Array;
  /** Indices of the answers among the student's, [questions, count]; empty of a student of retrieval. */
  readonly answers: Uint32Array;
}

/** Options of `scan`. */
export interface ScanOptions {
  /** Places of the images to look at, ascending, where not all are of interest: others are not read. Default: all. */
  readonly only?: Uint32Array | undefined;
  /** Receives what was done to a text, a sentence each: cut short, a word unknown. */
  readonly onWarning?: ((message: string) => void) | undefined;
  /** Processes that scan together, each a part: each is given all blocks. Default: this one alone. */
  readonly processes?: Processes | undefined;
}

/**
 * Pairs of a question and an image that are computed together: few enough for a core's second-level cache, and so many that
 * starting a computation costs nothing beside it.
 */
const PAIRS = 1024;
/** Fewest images that are computed together, whatever the number of questions. */
const FEWEST = 16;
/** Images that are read together. */
const READ = 4096;

/**
 * Asks questions of every cached image, or compares every image with texts, and yields the scores block by block, in the
 * order of the cache, while the scan goes on: the file is read, each core computes a block, and the caller has the one
 * before. A consumer that leaves early ends it.
 *
 *   for await (const { places, scores } of scan(student, cache, [{ text: 'is there a dog?', answer: 'yes' }]))
 *     for (const [i, place] of places.entries()) if (scores[i]! > 0.9) console.log(cache.pathAt(place));
 *
 * @throws UserError where a text is empty, the cache is another student's, or an answer is none of its answers.
 */
export async function* scan(
  student: Predictor,
  images: ImageCache,
  questions: readonly ScanQuestion[],
  { processes = alone, ...options }: ScanOptions = {},
): AsyncGenerator<ScanBlock, void, undefined> {
  const own = (only: ScanOptions['only']) => scanHere(student, images, questions, { ...options, only });
  if (processes.size === 1) yield* own(options.only);
  else yield* scanTogether(options.only ?? allPlaces(images.size), processes, own);
}

async function* scanHere(
  student: Predictor,
  images: ImageCache,
  questions: readonly ScanQuestion[],
  { only, onWarning }: Omit<ScanOptions, 'processes'>,
): AsyncGenerator<ScanBlock, void, undefined> {
  const { config, threads } = student;
  if (!config.purpose.logits) checkCompares(student);
  checkStudent(images.folder, images.about, aboutOf(student));
  const asked = await askedOf(student, questions, onWarning);
  const { bytes: rowBytes, kept } = rowsOf(images.about);
  // of a small cache, each core gets as many
  const share = Math.ceil((only?.length ?? images.size) / threads);
  const most = Math.max(FEWEST, Math.min(share, Math.floor(PAIRS / asked.texts.shape[0]!)));
  const underWay: Promise<ScanBlock>[] = [];
  try {
    // one that each core computes, and the next, so that no core waits for the one that the caller takes first
    const atOnce = 2 * threads;
    // blocks that are under way may lie in as many pieces as this, and must not be read over
    const buffers = 2 + Math.ceil((atOnce * most) / READ);
    for await (const { places, bytes } of images.keptBlocks({ rows: READ, only, buffers })) {
      for (let first = 0; first < places.length; first += most) {
        const some = places.subarray(first, first + most);
        const rows = bytes.subarray(first * rowBytes, (first + some.length) * rowBytes);
        const block = scored(student, asked, { places: some, features: kept(rows) });
        block.catch(() => undefined);
        underWay.push(block);
        if (underWay.length > atOnce) yield await underWay.shift()!;
      }
    }
    while (underWay.length > 0) yield await underWay.shift()!;
  } finally {
    await Promise.all(underWay.map((block) => block.catch(() => undefined)));
  }
}

/** Questions, ready to be asked of blocks of images. */
interface Asked {
  /** Features of the texts, each once: [texts, width]. */
  readonly texts: Numbers<Float32Array>;
  /** Text of each question, as an index. */
  readonly textOf: readonly number[];
  /** Column of the logits that each question wants; undefined for the largest. */
  readonly columnOf: readonly (number | undefined)[];
  /** Answers that are computed, where not all. */
  readonly wanted: WantedAnswers | undefined;
}

const askedOf = async (
  student: Predictor,
  questions: readonly ScanQuestion[],
  onWarning: ScanOptions['onWarning'],
): Promise<Asked> => {
  const { config, width } = student;
  const wanted = questions.map(({ answer }) => (answer === undefined ? undefined : indexOfAnswer(answer, config)));
  const different = [...new Set(questions.map(({ text }) => text))];
  const data = new Float32Array(different.length * width);
  for (const [i, text] of different.entries()) {
    // one by one: padded beside a longer text, the last bits of a sum may differ
    const features = await student.textFeatures(encodeText(student, text, { onWarning }));
    data.set(features.data, i * width);
  }
  const texts = { shape: [different.length, width], data };
  const textOf = questions.map(({ text }) => different.indexOf(text));
  // the question for the largest needs all logits, and so does a softmax, but for the odds of one answer
  const some = [...new Set(wanted)];
  const as = config.scoring === 'softmax' ? 'odds' : 'logits';
  const needsAll = some.includes(undefined) || (as === 'odds' && some.length > 1);
  if (needsAll || !config.purpose.logits) return { texts, textOf, columnOf: wanted, wanted: undefined };
  const chosen = { shape: [some.length], data: Int32Array.from(some as number[]) };
  return { texts, textOf, columnOf: wanted.map((answer) => some.indexOf(answer)), wanted: { chosen, as } };
};

/** Places of some images, and what is kept of them. */
interface Images {
  readonly places: Uint32Array;
  readonly features: KeptFeatures;
}

const scored = async (student: Predictor, asked: Asked, { places, features }: Images): Promise<ScanBlock> => {
  const { config } = student;
  const { texts, textOf, columnOf, wanted } = asked;
  const count = places.length;
  const result = await student.scanFeatures(texts, features, wanted);
  const scores = new Float64Array(textOf.length * count);
  const answers = new Uint32Array(config.purpose.logits ? scores.length : 0);
  for (const [question, text] of textOf.entries()) {
    const into = question * count;
    if (!config.purpose.logits) {
      scores.set(result.data.subarray(text * count, (text + 1) * count), into);
      continue;
    }
    const columns = result.shape[1]!;
    const probability = wanted?.as === 'odds' ? evenOf : config.scoring === 'sigmoid' ? sigmoidOf : softmaxOf;
    const column = columnOf[question];
    for (let i = 0; i < count; i += 1) {
      const row = [(text * count + i) * columns, columns] as const;
      const best = column ?? largestOf(result.data, row);
      answers[into + i] = wanted ? wanted.chosen.data[best]! : best;
      scores[into + i] = probability(result.data, row, best);
    }
  }
  return { places, scores, answers };
};

/** A row of logits: its first index, and its length. */
type Row = readonly [start: number, length: number];

/** Column of the largest number of a row, the first of equal ones. */
const largestOf = (data: Float32Array, [start, length]: Row): number => {
  let best = 0;
  for (let i = 1; i < length; i += 1) if (data[start + i]! > data[start + best]!) best = i;
  return best;
};

/** Probability from the odds against it. */
const evenOf = (data: Float32Array, [start]: Row, column: number): number => 1 / (1 + data[start + column]!);

const sigmoidOf = (data: Float32Array, [start]: Row, column: number): number =>
  1 / (1 + Math.exp(-data[start + column]!));

const softmaxOf = (data: Float32Array, [start, length]: Row, column: number): number => {
  const logit = data[start + column]!;
  let sum = 0;
  for (let i = 0; i < length; i += 1) sum += Math.exp(data[start + i]! - logit);
  return 1 / sum;
};
