import { answeredBy } from '../checkpoints/pretrained.ts';
import { isRetrieving, retrievedBy } from '../checkpoints/retrieving.ts';
import { input, type Tensor } from '../engine/tensor.ts';
import { headOver } from '../model/architecture.ts';
import type { Description } from '../model/config.ts';
import { imageEncoder, textEncoder } from '../model/dual-encoder.ts';
import { inputsFor } from '../model/encoded.ts';
import { imageShare, interactionOfShares, textShare } from '../model/interaction.ts';
import { createParams } from '../model/params.ts';

/** What is exported of a model: the outputs of each file, by its name. */
export type ExportGraphs = Readonly<Record<string, Readonly<Record<string, Tensor>>>>;

/**
 * A dual encoder is exported in the parts that one uses apart, text, image and answer, or text and image where it
 * retrieves; a fusion encoder, which sees both together, whole.
 */
export const exportGraphs = (description: Description): ExportGraphs => {
  if (description.model === 'vilt') return { model: { logits: wholeOf(description) } };
  return isRetrieving(description) ? vectorsOf(description) : partsOf(description);
};

/** Where texts and images lie in the space in which they are compared, vectors of length 1. */
const vectorsOf = (description: Description): ExportGraphs => {
  const { contrast } = retrievedBy(description, createParams(), inputsFor(description.sizes));
  return { text: { text_vector: contrast.text }, image: { image_vector: contrast.image } };
};

/** A model from its inputs to its logits, in one graph. */
export const wholeOf = (description: Description): Tensor =>
  answeredBy(description, createParams(), inputsFor(description.sizes, { images: description.images })).logits;

const partsOf = ({ sizes, task, answers, images: count }: Description): ExportGraphs => {
  const p = createParams();
  const { text, images } = inputsFor(sizes);
  const wide = 2 * sizes.width;
  const texts = input('text_shares', [1, wide]);
  const shares = ['image_shares', 'image_shares_2'].slice(0, count).map((name) => input(name, ['images', wide]));
  const pairs = shares.map((share) => interactionOfShares(p, texts, share));
  // one file for both of NLVR2's images, each of which is told whether it is the first or the second
  const row = count === 1 ? 1 : input('image_place', ['batch'], 'int32');
  return {
    text: { text_shares: textShare(p, textEncoder(p, text, sizes).pooled) },
    image: { image_shares: imageShare(p, imageEncoder(p, images[0]!, sizes, row).pooled) },
    answer: { logits: headOver(p, pairs, { sizes, head: { task, answers: answers.length } }) },
  };
};
