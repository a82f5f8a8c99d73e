import { input, type Tensor } from '../engine/tensor.ts';
import type { Layer } from '../layers/attention.ts';
import type { Sizes } from './sizes.ts';

/** A batch of texts as symbols. */
export interface TextInput {
  /** Ids of word pieces, [CLS] first and [SEP] last: int32 [batch, words]. */
  readonly ids: Tensor;
  /** 1 real, 0 padding: [batch, words]. */
  readonly mask: Tensor;
  /** BERT's segment of each piece, int32 [batch, words]; all of segment 0 where absent. */
  readonly segments?: Tensor;
}

/** A batch of images as symbols. Their [CLS] token is the model's own and is not among the patches. */
export interface ImageInput {
  /** [batch, patches, 3 · patch²]: channel, row, column. */
  readonly patches: Tensor;
  /** 1 real, 0 padding: [batch, patches]. */
  readonly mask: Tensor;
  /** Weights that interpolate the position table at each patch: [batch, patches, grid²]. */
  readonly positions: Tensor;
  /** Row of the modality table. Default: 1 for the first image of a text, 2 for the second. */
  readonly row?: 1 | 2;
}

/** What goes in: a text about one image or more. */
export interface Inputs {
  readonly text: TextInput;
  readonly images: readonly ImageInput[];
}

/** The inputs that a batch of the `data` floor feeds. The second image's names end in `_2`. */
export const inputsFor = ({ patch, grid }: Sizes, { images = 1 }: { readonly images?: number } = {}): Inputs => ({
  text: { ids: input('words', ['batch', 'words'], 'int32'), mask: input('word_mask', ['batch', 'words']) },
  images: Array.from({ length: images }, (_, i) =>
    imageInput(i === 0 ? '' : `_${i + 1}`, 3 * patch * patch, grid * grid),
  ),
});

const imageInput = (suffix: string, pixels: number, cells: number): ImageInput => {
  const patches = `patches${suffix}`;
  return {
    patches: input(patches, ['batch', patches, pixels]),
    mask: input(`patch_mask${suffix}`, ['batch', patches]),
    positions: input(`patch_positions${suffix}`, ['batch', patches, cells]),
  };
};

/** What one modality became: every layer, so that an objective may compare whichever it wants. */
export interface Stream {
  /** 1 real, 0 padding: [batch, tokens], [CLS] included. */
  readonly mask: Tensor;
  readonly embedded: Tensor;
  readonly layers: readonly Layer[];
  /** All tokens after the final LayerNorm: [batch, tokens, width]. */
  readonly last: Tensor;
  /** The first of them, [CLS], alone: [batch, 1, width]. Where nothing asks for the others, they are not computed. */
  readonly first: Tensor;
}

/** Both modalities, encoded together or apart. */
export interface Streams {
  readonly text: Stream;
  readonly image: Stream;
}

/**
 * What comes out, of teacher and student alike: the one contract between models and objectives. What no output needs
 * never reaches the graph.
 */
export interface Encoded extends Streams {
  /** What the head reads: [batch, width]. */
  readonly pair: Tensor;
}

/** What a model makes of its inputs: one `Encoded` an image, and the logits of its head. */
export interface Answered {
  readonly encoded: readonly Encoded[];
  /** [batch, answers]. */
  readonly logits: Tensor;
}
