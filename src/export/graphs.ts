import { answeredBy } from '../checkpoints/pretrained.ts';
import { isRetrieving, retrievedBy } from '../checkpoints/retrieving.ts';
import { input, type Tensor } from '../engine/tensor.ts';
import { headOver } from '../model/architecture.ts';
import type { ModelConfig } from '../model/config.ts';
import { imageEncoder, textEncoder } from '../model/dual-encoder.ts';
import { inputsFor } from '../model/encoded.ts';
import { imageFeatures, interactionOfFeatures, textFeatures } from '../model/interaction.ts';
import { createParams } from '../model/params.ts';

/** What is exported of a model: the outputs of each file, by its name. */
export type ExportGraphs = Readonly<Record<string, Readonly<Record<string, Tensor>>>>;

/**
 * A dual encoder is exported in the parts that one uses apart, text, image and answer, or text and image where it
 * retrieves; a fusion encoder, which sees both together, whole.
 */
export const exportGraphs = (config: ModelConfig): ExportGraphs => {
  if (config.model === 'vilt') return { model: { logits: wholeOf(config) } };
  return isRetrieving(config) ? vectorsOf(config) : partsOf(config);
};

/** Where texts and images lie in the space in which they are compared, vectors of length 1. */
const vectorsOf = (config: ModelConfig): ExportGraphs => {
  const { contrast } = retrievedBy(config, createParams(), inputsFor(config.sizes));
  return { text: { text_vector: contrast.text }, image: { image_vector: contrast.image } };
};

/** A model from its inputs to its logits, in one graph. */
export const wholeOf = (config: ModelConfig): Tensor =>
  answeredBy(config, createParams(), inputsFor(config.sizes, { images: config.images })).logits;

const partsOf = ({ sizes, task, answers, images: count }: ModelConfig): ExportGraphs => {
  const p = createParams();
  const { text, images } = inputsFor(sizes);
  const wide = 2 * sizes.width;
  const texts = input('text_shares', [1, wide]);
  const shares = ['image_shares', 'image_shares_2'].slice(0, count).map((name) => input(name, ['images', wide]));
  const pairs = shares.map((share) => interactionOfFeatures(p, texts, share));
  // one file for both of NLVR2's images, each of which is told whether it is the first or the second
  const row = count === 1 ? 1 : input('image_place', ['batch'], 'int32');
  return {
    text: { text_shares: textFeatures(p, textEncoder(p, text, sizes).pooled) },
    image: { image_shares: imageFeatures(p, imageEncoder(p, images[0]!, sizes, row).pooled) },
    answer: { logits: headOver(p, pairs, { sizes, head: { task, answers: answers.length } }) },
  };
};
