import { expand, reshape } from '../../engine/ops.ts';
import { type Size, times } from '../../engine/shapes.ts';
import { input, type Tensor } from '../../engine/tensor.ts';
import type { ModelConfig, Purpose } from '../config.ts';
import { type Embedded, embedImage, embedText } from '../embeddings.ts';
import { fuse } from '../fusion-encoder.ts';
import { matchingHead, rankHead } from '../heads.ts';
import { type ImageInput, inputsFor, type TextInput } from '../inputs.ts';
import { createParams, type Params } from '../params.ts';
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
