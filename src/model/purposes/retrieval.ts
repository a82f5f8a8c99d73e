import { gemm } from '../../engine/ops.ts';
import { input, type Tensor } from '../../engine/tensor.ts';
import type { Goal, ModelConfig, Purpose } from '../config.ts';
import { type Contrast, contrastOf, similarity } from '../heads.ts';
import { type Inputs, inputsFor } from '../inputs.ts';
import { keptFeatures } from '../kept.ts';
import type { Streams } from '../outputs.ts';
import { createParams, type Params } from '../params.ts';

/** Outputs of a dual encoder for a batch of images and texts that are to find each other. */
export interface Retrieved extends Streams {
  /** Scaled similarity of every image and every text of the batch: [images, texts]. */
  readonly similarity: Tensor;
  /** Vectors of both, the temperature and, where the model scores by sigmoid, the bias. */
  readonly contrast: Contrast;
}

/** Size of the space in which images and texts are compared: the width of the model (VLMo code). */
export const spaceOf = ({ sizes }: Pick<ModelConfig, 'sizes'>): number => sizes.width;

/**
 * Encodes a batch for retrieval: no interaction and no pooler, a similarity is the dot product of projected [CLS]
 * vectors.
 *
 * @throws Error where the architecture has no towers.
 */
export const retrieve = (
  config: Pick<ModelConfig, 'sizes' | 'architecture'> & Partial<Pick<ModelConfig, 'scoring'>>,
  p: Params,
  { text, images }: Inputs,
  space = spaceOf(config),
): Retrieved => {
  const { sizes, architecture, scoring } = config;
  if (!architecture.towers) throw new Error(`retrieve: ${architecture.name} encodes no image without a text`);
  const { towers } = architecture;
  const streams = { text: towers.text(p, text, sizes), image: towers.image(p, images[0]!, sizes) };
  const contrast = contrastOf(p, streams, { space, projection: sizes.projection, scoring });
  return { ...streams, contrast, similarity: similarity(contrast) };
};

/** Image-text retrieval by a dual encoder: images and texts become vectors of length 1. */
export const retrievalPurpose: Purpose & { readonly goal: Goal } = {
  name: 'retrieval',
  goal: { name: 'retrieval', images: 1, scoring: 'softmax', answers: async () => [] },
  heads: () => ['itc'],
  declare: (config, p) => {
    retrieve(config, p, inputsFor(config.sizes));
  },
  graphs: (config) => {
    const vectors = (): Contrast => retrieve(config, createParams(), inputsFor(config.sizes)).contrast;
    return {
      features: {
        width: spaceOf(config),
        text: () => vectors().text,
        image: () => vectors().image,
        scan: (kept) =>
          gemm(input('text_shares', ['texts', spaceOf(config)]), keptFeatures(kept, spaceOf(config)), [
            'as-is',
            'transposed',
          ]),
      },
    };
  },
};
