import type { Model } from '../checkpoints/model-file.ts';
import { collate, type EncodedExample, type Feeds } from '../data/batch.ts';
import type { Numbers } from '../engine/numbers.ts';
import { generator, keyOf } from '../engine/random.ts';
import { compile } from '../engine/runtime/compile.ts';
import { UserError } from '../errors.ts';
import { openPredictor } from '../inference/open-predictor.ts';
import { cosines } from '../inference/query/vectors.ts';
import type { ModelConfig } from '../model/config.ts';
import type { Sizes } from '../model/sizes.ts';
import { bestOf } from '../tasks/task.ts';
import { logitsGraph } from './export-graphs.ts';

/** Differences between an export and its model over random texts and images. */
export interface ExportReport {
  /** Largest difference of a logit or, of a retriever, of a component of its vectors. */
  readonly difference: number;
  /** Largest absolute value of these numbers, to which the difference is to be compared. */
  readonly largest: number;
  /** Number of questions with the same answer or, of a retriever, of texts with the same best image. */
  readonly agreed: number;
  /** Number of questions or texts. */
  readonly pairs: number;
}

/** Runs an exported file by its name. → its one output, in this shape */
export type RunFile = (file: string, feeds: Feeds, shape: readonly number[]) => Promise<Numbers<Float32Array>>;

interface CompareOptions {
  readonly threads?: number | undefined;
}

/** Number of random texts, which is also that of the images. */
const TEXTS = 4;

/** Number of images that each text is asked of. */
const IMAGES_PER_TEXT = 2;

/**
 * Compares exported files with the model itself, on random inputs.
 *
 * @throws UserError where the model's outputs are not finite.
 */
export const compareExport = (model: Model, run: RunFile, options: CompareOptions): Promise<ExportReport> =>
  model.config.purpose.logits ? compareAnswers(model, run, options) : compareVectors(model, run, options);

const compareVectors = async (model: Model, run: RunFile, options: CompareOptions): Promise<ExportReport> => {
  await using retriever = await openPredictor(model, options);
  const { sizes } = model.config;
  const [feeds, shape] = [collate(randomExamples(sizes), sizes), [TEXTS, retriever.width]];
  const expected = [await retriever.textFeatures(feeds), await retriever.imageFeatures(feeds)] as const;
  const actual = [await run('text.onnx', feeds, shape), await run('image.onnx', feeds, shape)] as const;
  const differences = expected.map((vectors, i) => differenceOf(vectors, actual[i]!));
  return {
    difference: Math.max(...differences.map(({ difference }) => difference)),
    largest: Math.max(...differences.map(({ largest }) => largest)),
    ...agreement(cosines(...expected), cosines(...actual)),
  };
};

const compareAnswers = async (
  { config, weights }: Model,
  run: RunFile,
  options: CompareOptions,
): Promise<ExportReport> => {
  const questions = randomQuestions(config);
  await using session = await compile({ logits: logitsGraph(config) }, { weights, ...options });
  const { logits: expected } = await session.run<'logits'>(collate(questions.pairs, config.sizes));
  const actual = config.architecture.towers
    ? await runParts(config, questions, run)
    : await runWhole(config, questions, run);
  return { ...differenceOf(expected, actual), ...agreement(expected, actual) };
};

const differenceOf = (expected: Numbers, actual: Numbers): Pick<ExportReport, 'difference' | 'largest'> => {
  const differences = expected.data.map((number, i) => Math.abs(number - actual.data[i]!));
  const [difference, largest] = [Math.max(...differences), Math.max(...expected.data.map(Math.abs))];
  if (Number.isFinite(difference)) return { difference, largest };
  throw new UserError("export: the model's outputs are not finite numbers: its weights are damaged");
};

/** Number of rows whose largest number is in the same column. */
const agreement = (expected: Numbers, actual: Numbers): Pick<ExportReport, 'agreed' | 'pairs'> => {
  const best = bestOf(expected);
  return { pairs: best.length, agreed: bestOf(actual).filter((column, i) => column === best[i]).length };
};

/** Random questions: each text with each of its images, and each text and each image once. */
interface Questions {
  readonly pairs: readonly EncodedExample[];
  readonly singles: readonly EncodedExample[];
}

/** Logits of the one file of a fusion encoder: [questions, answers]. */
const runWhole = async ({ sizes, answers }: ModelConfig, { pairs }: Questions, run: RunFile) =>
  await run('model.onnx', collate(pairs, sizes), [pairs.length, answers.length]);

/** Logits of the three files of a dual encoder, which reads each text and each image once: [questions, answers]. */
const runParts = async ({ sizes, answers, images }: ModelConfig, { singles }: Questions, run: RunFile) => {
  const feeds = collate(singles, sizes);
  const shape = [TEXTS, 2 * sizes.width];
  const texts = await run('text.onnx', feeds, shape);
  const places = [1, 2].slice(0, images).map((place) => ({ shape: [TEXTS], data: new Int32Array(TEXTS).fill(place) }));
  const features: Numbers<Float32Array>[] = [];
  for (const image_place of places) features.push(await run('image.onnx', { ...feeds, image_place }, shape));
  const logits = new Float32Array(TEXTS * IMAGES_PER_TEXT * answers.length);
  for (let text = 0; text < TEXTS; text += 1) {
    const { data } = await run('answer.onnx', answerFeeds(texts, features, text), [IMAGES_PER_TEXT, answers.length]);
    logits.set(data, text * data.length);
  }
  return { shape: [TEXTS * IMAGES_PER_TEXT, answers.length], data: logits };
};

const answerFeeds = (
  texts: Numbers<Float32Array>,
  [first, second]: readonly Numbers<Float32Array>[],
  text: number,
): Feeds => ({
  text_shares: rows(texts, [text]),
  image_shares: rows(first!, imagesOf(text)),
  ...(second && { image_shares_2: rows(second, imagesOf(text).map(nextImage)) }),
});

/** Indices of the images that a text is asked of. */
const imagesOf = (text: number): number[] => Array.from({ length: IMAGES_PER_TEXT }, (_, i) => (text + i) % TEXTS);

/** Index of the second image of a pair. */
const nextImage = (image: number): number => (image + 1) % TEXTS;

const rows = ({ shape, data }: Numbers<Float32Array>, indices: readonly number[]): Numbers<Float32Array> => {
  const width = shape[1]!;
  const selected = new Float32Array(indices.length * width);
  for (const [i, row] of indices.entries()) selected.set(data.subarray(row * width, (row + 1) * width), i * width);
  return { shape: [indices.length, width], data: selected };
};

const randomQuestions = ({ sizes, images }: ModelConfig): Questions => {
  const singles = randomExamples(sizes);
  const pairs = singles.flatMap(({ words }, text) =>
    imagesOf(text).map((image) => ({
      id: `${text} of ${image}`,
      words,
      images: [image, nextImage(image)].slice(0, images).map((index) => singles[index]!.images[0]!),
    })),
  );
  return { singles, pairs };
};

/** Random texts of different lengths, each with a random image of another size. */
const randomExamples = (sizes: Sizes): EncodedExample[] => {
  const random = generator(keyOf(0, 'export'));
  const below = (count: number): number => Math.min(count - 1, Math.floor(random() * count));
  return Array.from({ length: TEXTS }, (_, i) => {
    const [rows, columns] = [sizes.grid, Math.max(1, sizes.grid - i)];
    const [width, height] = [columns * sizes.patch, rows * sizes.patch];
    const data = Uint8Array.from({ length: width * height * 3 }, () => below(256));
    const words = Int32Array.from({ length: Math.max(2, sizes.words - 3 * i) }, () => below(sizes.vocabulary));
    return { id: `example ${i}`, words, images: [{ rows, columns, pixels: { width, height, data } }] };
  });
};
