import { expand, gather, reshape, slice, subtract } from '../../engine/ops.ts';
import { type Size, times } from '../../engine/shapes.ts';
import { input, type Tensor } from '../../engine/tensor.ts';
import type { ModelConfig, Purpose } from '../config.ts';
import { type Embedded, embedImage, embedText } from '../embeddings.ts';
import { fuse } from '../fusion-encoder.ts';
import { matchingHead, rankHead } from '../heads.ts';
import { type ImageInput, inputsFor, pairedInputsFor, type TextInput } from '../inputs.ts';
import { createParams, type Params } from '../params.ts';
import { atIndices, selectImages } from '../select.ts';
import type { Sizes } from '../sizes.ts';

/** Inputs of a batch from which a fusion encoder learns to retrieve: images, each with candidate texts. */
export interface CandidateInputs {
  /** Ids and mask are [batch, candidates, words]. */
  readonly text: TextInput;
  readonly image: ImageInput;
}

/** Inputs of a batch with a number of candidate texts an image. */
export const candidateInputs = (sizes: Sizes, candidates: number): CandidateInputs => {
  const shape: readonly Size[] = ['batch', candidates, 'words'];
  const text = { ids: input('words', shape, 'int32'), mask: input('word_mask', shape) };
  return { text, image: inputsFor(sizes).images[0]! };
};

/**
 * Scores of how well each candidate text fits its image (ViLT code): a whole pass for each pair; the image is embedded
 * once and repeated.  → [batch, candidates]
 */
export const rankCandidates = ({ sizes }: Pick<ModelConfig, 'sizes'>, p: Params, inputs: CandidateInputs): Tensor => {
  const { text, image } = inputs;
  const [batch, candidates, length] = text.ids.shape as readonly [Size, number, Size];
  const flat = (x: Tensor): Tensor => reshape(x, [times(batch, candidates), length]);
  const words = embedText(p, { ids: flat(text.ids), mask: flat(text.mask) }, sizes);
  const patches = repeatRows(embedImage(p, image, sizes, 1), candidates);
  return reshape(rankHead(p, fuse(p, { words, patches }, sizes).pair), [batch, candidates]);
};

/** Repeats each example `count` times in a row. */
const repeatRows = ({ x, mask }: Embedded, count: number): Embedded => {
  const repeat = (t: Tensor): Tensor => {
    const [batch, ...rest] = t.shape as readonly [Size, ...Size[]];
    return reshape(expand(reshape(t, [batch, 1, ...rest]), [batch, count, ...rest]), [times(batch, count), ...rest]);
  };
  return { x: repeat(x), mask: repeat(mask) };
};

/** Inputs of pairs that are chosen among the texts and images of a batch. */
export interface ChosenPairs {
  readonly text: TextInput;
  readonly image: ImageInput;
  /** Index of each pair's text: int32 [pairs]. */
  readonly texts: Tensor;
  /** Index of each pair's image: int32 [pairs]. */
  readonly images: Tensor;
}

/** Inputs of chosen pairs, with the names that are fed. */
export const chosenPairs = (sizes: Sizes): ChosenPairs => {
  // texts and images are as many as there are, each
  const [{ text }, { image }] = [inputsFor(sizes), pairedInputsFor(sizes)];
  const indices = (name: string): Tensor => input(name, ['pairs'], 'int32');
  return { text, image, texts: indices('pair_texts'), images: indices('pair_images') };
};

/** Whether a model scores how well a text fits an image: it ranks, or it learnt matching in pre-training. */
export const scoresPairs = ({ purpose, architecture }: Pick<ModelConfig, 'purpose' | 'architecture'>): boolean =>
  !architecture.towers && (purpose.name === 'ranking' || purpose.name === 'pretraining');

/**
 * Scores of how well the texts of chosen pairs fit their images, by a fusion encoder: those of its rank head, or the
 * logit of "matched" less that of "unmatched". A whole pass for each pair.  → [pairs]
 */
export const scorePairs = (
  { architecture, purpose, sizes }: Pick<ModelConfig, 'architecture' | 'purpose' | 'sizes'>,
  p: Params,
  { text, image, texts, images }: ChosenPairs,
): Tensor => {
  const words: TextInput = { ids: gather(text.ids, texts), mask: gather(text.mask, texts) };
  const chosen = { text: words, images: [selectImages(image, atIndices(images))] };
  const { pair } = architecture.encode(p, chosen, sizes)[0]!;
  if (purpose.name === 'ranking') return reshape(rankHead(p, pair), ['pairs']);
  const logits = matchingHead(p, pair);
  return reshape(subtract(slice(logits, 1, 1, 2), slice(logits, 1, 0, 1)), ['pairs']);
};

/** Pair vectors of a fusion encoder: [batch, width]. */
const pairOf = ({ architecture, sizes }: ModelConfig, p: Params): Tensor =>
  architecture.encode(p, inputsFor(sizes), sizes)[0]!.pair;

/**
 * Image-text retrieval by a fusion encoder: a score for each pair, at the cost of a whole pass. It keeps the matching
 * head, from which its rank head began, and never trains it (ViLT code).
 */
export const rankingPurpose: Purpose = {
  name: 'ranking',
  heads: () => ['rank_output', 'itm_score'],
  declare: (config, p) => {
    const pair = pairOf(config, p);
    matchingHead(p, pair);
    rankHead(p, pair);
  },
  graphs: (config) => ({
    pairs: () => {
      const p = createParams();
      return rankHead(p, pairOf(config, p));
    },
  }),
};
