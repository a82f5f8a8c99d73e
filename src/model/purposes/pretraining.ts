import { gather, reshape } from '../../engine/ops.ts';
import { volume } from '../../engine/shapes.ts';
import { input, type Tensor } from '../../engine/tensor.ts';
import type { Goal, ModelConfig, Purpose } from '../config.ts';
import { wordTable } from '../embeddings.ts';
import { type Contrast, contrastOf, languageHead, matchingHead, ownDecoder, similarity } from '../heads.ts';
import { type PairedInputs, pairedInputsFor, type TextInput } from '../inputs.ts';
import type { Answered, Encoded } from '../outputs.ts';
import { type Params, withDropoutName } from '../params.ts';
import { atIndices, firstRows, type Select, selectImages } from '../select.ts';
import type { Sizes } from '../sizes.ts';
import { answerGraphs } from './answering.ts';
import { spaceOf } from './retrieval.ts';

/** Inputs of a pre-training batch: texts, each paired with two images, and the texts again with words masked. */
export interface PretrainingInputs extends PairedInputs {
  readonly masked: TextInput;
  /** Indices of the masked words, in the texts laid end to end: int32 [masked]. */
  readonly places: Tensor;
}

/** Inputs of a pre-training batch, with the names that are fed. */
export const pretrainingInputs = (sizes: Sizes): PretrainingInputs => {
  const paired = pairedInputsFor(sizes);
  return {
    ...paired,
    masked: { ...paired.text, ids: input('masked_words', ['batch', 'words'], 'int32') },
    places: input('masked_places', ['masked'], 'int32'),
  };
};

/** Outputs of a model for a pre-training batch. */
export interface Pretrained {
  /** Each text with its own image; absent where only the pairs of matching are computed. */
  readonly own?: Encoded | undefined;
  /** Each text with its ITM image, and whether they belong together: logits [batch, 2]. */
  readonly matching: Answered;
  /** Scaled similarity of every image and every text of the batch, [images, texts]; of a dual encoder. */
  readonly similarity?: Tensor | undefined;
  /** Vectors that are compared, and the temperature; of a dual encoder. */
  readonly contrast?: Contrast | undefined;
  /** Logits of each masked word: [masked, vocabulary]. */
  readonly words: Tensor;
}

/** Options of `forwardPretraining`. */
export interface PretrainedOptions {
  /** Pairs that are computed: those of matching, or each text's own too (default). Contrast needs both. */
  readonly pairs?: 'both' | 'matching' | undefined;
  /** Size of the space in which a dual encoder compares images and texts. Default: the model's width. */
  readonly space?: number | undefined;
}

/**
 * Outputs of stage 1 (Wang et al. 2022, §3.3). A fusion encoder pays a whole pass for each different pair, and one more
 * for its masked words; a dual encoder reads each text and each image once, sees no image for its masked words, and has
 * a space in which images and texts are compared.
 */
export const forwardPretraining = (
  config: Pick<ModelConfig, 'architecture' | 'sizes' | 'decoder'>,
  p: Params,
  inputs: PretrainingInputs,
  { pairs = 'both', space = spaceOf(config) }: PretrainedOptions = {},
): Pretrained => {
  const { architecture, sizes, decoder = 'tied' } = config;
  const { text, image, masked, places } = inputs;
  const encode = (params: Params, words: TextInput, select: Select): Encoded =>
    architecture.encode(params, { text: words, images: [selectImages(image, select)] }, sizes)[0]!;
  const isDual = architecture.towers !== undefined;
  const paired = isDual || pairs === 'both' ? architecture.encodePairs(p, inputs, sizes) : undefined;
  const matching = paired?.matching ?? encode(p, text, atIndices(inputs.matchingImages));
  const { last } = encode(withDropoutName(p, 'masked'), masked, firstRows(text.ids.shape[0]!)).text;
  const table = decoder === 'own' ? ownDecoder(p, sizes) : wordTable(architecture.textParams(p), sizes);
  const rows = reshape(last, [volume(last.shape.slice(0, 2)), sizes.width]);
  const contrast = isDual && paired ? contrastOf(p, paired.own, { space }) : undefined;
  return {
    own: paired?.own,
    matching: { encoded: [matching], logits: matchingHead(p, matching.pair) },
    words: languageHead(p, gather(rows, places), table, sizes),
    contrast,
    similarity: contrast && similarity(contrast),
  };
};

/** Answers of matching, in the order of its head. */
export const MATCHING = ['unmatched', 'matched'] as const;

/**
 * Pre-training on images with captions: matching, masked words and, of a dual encoder, contrast. It answers whether a
 * text fits its image.
 */
export const pretrainingPurpose: Purpose & { readonly goal: Goal } = {
  name: 'pretraining',
  goal: { name: 'pretraining', images: 1, scoring: 'softmax', answers: async () => MATCHING },
  heads: () => ['itm_score', 'mlm_score', 'itc'],
  declare: (config, p) => {
    forwardPretraining(config, p, pretrainingInputs(config.sizes));
  },
  logits: (_, p, [pair]) => matchingHead(p, pair!),
  graphs: (config) => answerGraphs(config),
};
