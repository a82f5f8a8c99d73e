import type { Model } from '../checkpoints/model-file.ts';
import { collate, type EncodedExample, type Feeds } from '../data/batch.ts';
import type { Numbers } from '../engine/numbers.ts';
import { generator, keyOf } from '../engine/random.ts';
import { compile } from '../engine/runtime/session.ts';
import { UserError } from '../errors.ts';
import { cosines, openPredictor } from '../inference/predictor.ts';
import type { ModelConfig } from '../model/config.ts';
import type { Sizes } from '../model/sizes.ts';
import { bestOf } from '../tasks/task.ts';
import { logitsGraph } from './export-graphs.ts';

/** What an export is worth: how far its numbers are from the model's own over texts and images drawn at random. */
export interface ExportReport {
  /** The largest difference of a logit, and the largest logit; of a retriever, of a number of its vectors. */
  readonly difference: number;
  readonly largest: number;
  /** Questions to which both give the same answer, or texts for which both find the same image; how many there were. */
  readonly agreed: number;
  readonly pairs: number;
}

/** Runs an exported file: its name, its inputs, and the shape of its one output. */
export type RunFile = (file: string, feeds: Feeds, shape: readonly number[]) => Promise<Numbers<Float32Array>>;

/** Texts, and as many images; each text is asked of so many of them. */
const [PROBES, ASKED] = [4, 2];

/** Asks the exported files and the model itself the same. @throws UserError where what it says is no number. */
export const compareExport = (trained: Model, run: RunFile, options: CheckOptions): Promise<ExportReport> =>
  trained.config.purpose.logits ? checkedAnswers(trained, run, options) : checkedVectors(trained, run, options);

interface CheckOptions {
  readonly threads?: number | undefined;
}

const checkedVectors = async (trained: Model, run: RunFile, options: CheckOptions): Promise<ExportReport> => {
  await using searcher = await openPredictor(trained, options);
  const { sizes } = trained.config;
  const [feeds, shape] = [collate(noise(sizes), sizes), [PROBES, searcher.width]];
  const wanted = [await searcher.textFeatures(feeds), await searcher.imageFeatures(feeds)] as const;
  const given = [await run('text.onnx', feeds, shape), await run('image.onnx', feeds, shape)] as const;
  const apart = wanted.map((vectors, i) => distance(vectors, given[i]!));
  return {
    difference: Math.max(...apart.map(({ difference }) => difference)),
    largest: Math.max(...apart.map(({ largest }) => largest)),
    ...agreement(cosines(...wanted), cosines(...given)),
  };
};

/** The model answers in one graph. */
const checkedAnswers = async (
  { config, weights }: Model,
  run: RunFile,
  options: CheckOptions,
): Promise<ExportReport> => {
  const questions = questionsOver(config);
  await using session = await compile({ logits: logitsGraph(config) }, { weights, ...options });
  const { logits: wanted } = await session.run<'logits'>(collate(questions.pairs, config.sizes));
  const given = config.architecture.towers
    ? await fromParts(config, questions, run)
    : await fromWhole(config, questions, run);
  return { ...distance(wanted, given), ...agreement(wanted, given) };
};

const distance = (wanted: Numbers, given: Numbers): Pick<ExportReport, 'difference' | 'largest'> => {
  const differences = wanted.data.map((number, i) => Math.abs(number - given.data[i]!));
  const [difference, largest] = [Math.max(...differences), Math.max(...wanted.data.map(Math.abs))];
  if (Number.isFinite(difference)) return { difference, largest };
  throw new UserError('export: what the model says are no numbers: its weights are damaged');
};

const agreement = (wanted: Numbers, given: Numbers): Pick<ExportReport, 'agreed' | 'pairs'> => {
  const best = bestOf(wanted);
  return { pairs: best.length, agreed: bestOf(given).filter((place, i) => place === best[i]).length };
};

interface Questions {
  readonly pairs: readonly EncodedExample[];
  /** Each text with one image: every text and every image once. */
  readonly singles: readonly EncodedExample[];
}

const fromWhole = async ({ sizes, answers }: ModelConfig, { pairs }: Questions, run: RunFile) =>
  await run('model.onnx', collate(pairs, sizes), [pairs.length, answers.length]);

const fromParts = async ({ sizes, answers, images }: ModelConfig, { singles }: Questions, run: RunFile) => {
  const feeds = collate(singles, sizes);
  const wide = [PROBES, 2 * sizes.width];
  const texts = await run('text.onnx', feeds, wide);
  const places = [1, 2]
    .slice(0, images)
    .map((place) => ({ shape: [PROBES], data: new Int32Array(PROBES).fill(place) }));
  const shares: Numbers<Float32Array>[] = [];
  for (const image_place of places) shares.push(await run('image.onnx', { ...feeds, image_place }, wide));
  const logits = new Float32Array(PROBES * ASKED * answers.length);
  for (let text = 0; text < PROBES; text += 1) {
    const given = await run('answer.onnx', asked(texts, shares, text), [ASKED, answers.length]);
    logits.set(given.data, text * given.data.length);
  }
  return { shape: [PROBES * ASKED, answers.length], data: logits };
};

const asked = (
  texts: Numbers<Float32Array>,
  [first, second]: readonly Numbers<Float32Array>[],
  text: number,
): Feeds => ({
  text_shares: rows(texts, [text]),
  image_shares: rows(first!, placesOf(text)),
  ...(second && { image_shares_2: rows(second, placesOf(text).map(after)) }),
});

/** The images that a text is asked of. */
const placesOf = (text: number): number[] => Array.from({ length: ASKED }, (_, i) => (text + i) % PROBES);

const after = (image: number): number => (image + 1) % PROBES;

const rows = ({ shape, data }: Numbers<Float32Array>, places: readonly number[]): Numbers<Float32Array> => {
  const width = shape[1]!;
  const chosen = new Float32Array(places.length * width);
  for (const [i, row] of places.entries()) chosen.set(data.subarray(row * width, (row + 1) * width), i * width);
  return { shape: [places.length, width], data: chosen };
};

/** Texts and pictures of noise, of different lengths and sizes. */
const questionsOver = ({ sizes, images }: ModelConfig): Questions => {
  const singles = noise(sizes);
  const pairs = singles.flatMap(({ words }, text) =>
    placesOf(text).map((image) => ({
      id: `${text} of ${image}`,
      words,
      images: [image, after(image)].slice(0, images).map((place) => singles[place]!.images[0]!),
    })),
  );
  return { singles, pairs };
};

const noise = (sizes: Sizes): EncodedExample[] => {
  const random = generator(keyOf(0, 'export'));
  const below = (many: number): number => Math.min(many - 1, Math.floor(random() * many));
  return Array.from({ length: PROBES }, (_, i) => {
    const [rows, columns] = [sizes.grid, Math.max(1, sizes.grid - i)];
    const [width, height] = [columns * sizes.patch, rows * sizes.patch];
    const data = Uint8Array.from({ length: width * height * 3 }, () => below(256));
    const words = Int32Array.from({ length: Math.max(2, sizes.words - 3 * i) }, () => below(sizes.vocabulary));
    return { id: `probe ${i}`, words, images: [{ rows, columns, pixels: { width, height, data } }] };
  });
};
