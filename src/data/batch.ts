import type { Numbers } from '../engine/numbers.ts';
import { UserError } from '../errors.ts';
import { writePatches } from '../kernels/patches/patches.ts';
import type { Normalization } from '../kernels/patches/reference.ts';
import type { Pixels } from '../kernels/pixels.ts';
import type { Example } from './example.ts';
import type { PatchMemory } from './memory/patches.ts';
import { choosePatches, type PatchGrid, writePositionWeights } from './patches.ts';

/** An image resized to whole patches. */
export interface PreparedImage extends PatchGrid {
  readonly pixels: Pixels;
  /** Normalisation of its values. Default: -1 to 1. */
  readonly normalization?: Normalization | undefined;
}

/** Sizes of an example that decide how far its batch is padded: its ids, and the number of patches of its images. */
export interface ExampleSketch {
  /** Ids of its text with [CLS] and [SEP], without padding. */
  readonly words: Int32Array;
  readonly images: readonly PatchGrid[];
}

/** An encoded example, as small as it gets: ids, and bytes of pixels. */
export interface EncodedExample extends ExampleSketch {
  readonly id: string;
  readonly images: readonly PreparedImage[];
}

/** Options of collating examples into a batch. */
export interface CollateOptions {
  /** Side of a patch in pixels. */
  readonly patch: number;
  /** Side of the model's position table: 12 for 384-pixel ViLT-B/32. */
  readonly grid: number;
  /**
   * Least length to which texts are padded, in word pieces; 40 repeats ViLT. By default the longest text of the batch.
   */
  readonly padWordsTo?: number | undefined;
  /** Most patches of an image (ViLT's `max_image_len`: 200 in pre-training); all by default. */
  readonly maxPatches?: number | undefined;
  /** Draws the patches of an image that has more than `maxPatches`; without it the first ones are taken. */
  readonly random?: (() => number) | undefined;
  /**
   * `apart` (default): the first images of all examples and their second images have inputs of their own. `together`:
   * they share inputs, the first images of all examples, then the second ones of those that have any.
   */
  readonly pictures?: 'apart' | 'together' | undefined;
  /**
   * Examples of the same batch that others collate, before and after these: the inputs are the rows of the whole batch,
   * padded and drawn as if all were collated here.
   */
  readonly among?: Among | undefined;
  /** Memory of the patches; that of each batch is its own by default. */
  readonly memory?: Pick<PatchMemory, 'take'> | undefined;
}

/** Examples around those that are collated. */
export interface Among {
  readonly before: readonly ExampleSketch[];
  readonly after: readonly ExampleSketch[];
}

/** Inputs of a graph, by name. */
export type Feeds = Record<string, Numbers>;

/**
 * Collates examples, padded to the longest text and the most patches among them; B examples, M words, N patches.
 *
 * - `words` int32 [B, M] and `word_mask` [B, M]
 * - `patches` [B, N, 3 * patch * patch], `patch_mask` [B, N], `patch_positions` [B, N, grid * grid]; the second image
 * of
 *   each example has the same three with `_2` appended. Images together have a B of their own.
 *
 * Masks are 1 for real words and patches. Padding is 0 everywhere. The image's [CLS] is not among the patches; the
 * model adds it.
 *
 * @throws UserError when the examples differ in their number of images, and those are apart.
 */
export const collate = (encoded: readonly EncodedExample[], options: CollateOptions): Feeds => {
  if (encoded.length === 0) throw new Error('collate: no examples: a batch has at least one');
  const { before, after } = options.among ?? { before: [], after: [] };
  const all = [...before, ...encoded, ...after];
  const longest = all.reduce((most, { words }) => Math.max(most, words.length), options.padWordsTo ?? 0);
  const words = collateTexts(
    encoded.map(({ words }) => words),
    longest,
  );
  const images = imagesByPlace(all);
  if (options.pictures === 'together') return { ...words, ...collateImages(images.flat(), options) };
  refuseUneven(encoded, all);
  return Object.assign(
    words,
    ...images.map((some, k) => suffixed(collateImages(some, options), k === 0 ? '' : `_${k + 1}`)),
  );
};

/** The first images of all examples, the second ones, and so on. */
const imagesByPlace = (all: readonly ExampleSketch[]): (PreparedImage | PatchGrid)[][] => {
  const places = all.reduce((most, { images }) => Math.max(most, images.length), 0);
  return Array.from({ length: places }, (_, k) => all.flatMap(({ images }) => images.slice(k, k + 1)));
};

const refuseUneven = (encoded: readonly EncodedExample[], all: readonly ExampleSketch[]): void => {
  const first = { id: 'the first example', ...all[0]! };
  for (const { id, images } of encoded) {
    if (images.length === first.images.length) continue;
    const counts = `${first.images.length} in ${first.id}, ${images.length} in ${id}`;
    throw new UserError(`${id}: the number of images differs within a batch: ${counts}: give each example as many.`);
  }
};

const suffixed = (feeds: Feeds, suffix: string): Feeds =>
  Object.fromEntries(Object.entries(feeds).map(([name, numbers]) => [name + suffix, numbers]));

/** Ids of texts, padded to a length, and their mask. */
export const collateTexts = (texts: readonly Int32Array[], length: number): { words: Numbers; word_mask: Numbers } => {
  const shape = [texts.length, length];
  const words = new Int32Array(texts.length * length);
  const mask = new Float32Array(texts.length * length);
  for (const [i, text] of texts.entries()) {
    words.set(text, i * length);
    mask.fill(1, i * length, i * length + text.length);
  }
  return { words: { shape, data: words }, word_mask: { shape, data: mask } };
};

const collateImages = (all: readonly (PreparedImage | PatchGrid)[], options: CollateOptions): Feeds => {
  const { patch, grid, maxPatches, random, memory = unshared } = options;
  const drawn = all.map(({ rows, columns }) => choosePatches(rows * columns, maxPatches, random));
  const most = drawn.reduce((longest, places) => Math.max(longest, places.length), 0);
  const images = all.filter((image) => 'pixels' in image);
  const chosen = drawn.filter((_, i) => 'pixels' in all[i]!);
  const shape = [images.length, most];
  const size = 3 * patch * patch;
  const patches = memory.take(images.length * most * size);
  const mask = zeros(shape);
  const positions = zeros([...shape, grid * grid]);
  for (const [i, image] of images.entries()) {
    const start = i * most;
    const into = patches.subarray(start * size, (start + most) * size);
    writePatches(image.pixels, patch, chosen[i]!, into, image.normalization);
    into.fill(0, chosen[i]!.length * size);
    writePositionWeights(image, grid, chosen[i]!, positions.data.subarray(start * grid * grid));
    mask.data.fill(1, start, start + chosen[i]!.length);
  }
  return {
    patches: { shape: [...shape, size], data: patches },
    patch_mask: mask,
    patch_positions: positions,
  };
};

/** New memory for each batch. */
const unshared: Pick<PatchMemory, 'take'> = { take: (count) => new Float32Array(count) };

const zeros = (shape: readonly number[]): Numbers<Float32Array> => ({
  shape,
  data: new Float32Array(shape.reduce((product, size) => product * size, 1)),
});

/** Options of making targets. */
export interface AnswerOptions {
  /**
   * An answer that is not in the vocabulary: an error (default), or left out, as VQA training does with rare answers.
   */
  readonly outside?: 'refuse' | 'ignore' | undefined;
}

/**
 * Targets of a batch: the score of each answer of the vocabulary, 0 for those that nobody gave. → [B, answers]
 *
 * @throws UserError that names the example, for an answer outside the vocabulary.
 */
export const collateAnswers = (
  examples: readonly Pick<Example, 'id' | 'answers'>[],
  answers: readonly string[],
  { outside = 'refuse' }: AnswerOptions = {},
): Numbers<Float32Array> => {
  const places = new Map(answers.map((answer, place) => [answer, place]));
  const targets = zeros([examples.length, answers.length]);
  for (const [i, example] of examples.entries()) {
    for (const { answer, score } of example.answers) {
      const place = places.get(answer);
      if (place !== undefined) targets.data[i * answers.length + place] = score;
      else if (outside === 'refuse') throw outsideError(example.id, answer, answers);
    }
  }
  return targets;
};

const outsideError = (id: string, answer: string, answers: readonly string[]): UserError => {
  const some = answers.slice(0, 5).join(', ') + (answers.length > 5 ? ', …' : '');
  return new UserError(
    `${id}: the answer ${JSON.stringify(answer)} is not among the ${answers.length} known (${some}): add it to answers.txt, or have such answers ignored.`,
  );
};
