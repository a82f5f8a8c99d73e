import { expand, reshape } from '../../engine/ops.ts';
import { type Size, times } from '../../engine/shapes.ts';
import { input, type Tensor } from '../../engine/tensor.ts';
import { imageStream, textStream } from '../dual-encoder.ts';
import { type Embedded, embedImage, embedText } from '../embeddings.ts';
import { type ImageInput, type Inputs, inputsFor, type Streams, type TextInput } from '../encoded.ts';
import { fuse } from '../fusion-encoder.ts';
import { type Contrast, contrastOf, rankHead, similarity } from '../heads.ts';
import type { Params } from '../params.ts';
import type { Sizes } from '../sizes.ts';

/** What a dual encoder makes of a batch of images and texts that are to find each other. */
export interface Retrieved extends Streams {
  /** How alike every image and every text of the batch are, scaled: [images, texts]. */
  readonly similarity: Tensor;
  /** What they are compared by. */
  readonly contrast: Contrast;
}

/** Retrieval by a dual encoder: no interaction and no pooler, a similarity is a dot product of projected [CLS] vectors. */
export const retrieved = (
  p: Params,
  { text, images }: Inputs,
  { sizes, space }: { readonly sizes: Sizes; readonly space: number },
): Retrieved => {
  const streams = { text: textStream(p, text, sizes), image: imageStream(p, images[0]!, sizes) };
  const contrast = contrastOf(p, streams, space);
  return { ...streams, contrast, similarity: similarity(contrast) };
};

/** A batch as a fusion encoder learns to retrieve from it: images, each with texts that may be its own. */
export interface CandidateInputs {
  /** Ids and mask are [batch, candidates, words]. */
  readonly text: TextInput;
  readonly image: ImageInput;
}

/** The inputs of a batch with so many candidate texts an image. */
export const candidateInputs = (sizes: Sizes, candidates: number): CandidateInputs => {
  const shape: readonly Size[] = ['batch', candidates, 'words'];
  const text = { ids: input('words', shape, 'int32'), mask: input('word_mask', shape) };
  return { text, image: inputsFor(sizes).images[0]! };
};

/**
 * How well each candidate text fits its image (ViLT code): a whole pass for each pair; the image is embedded once and
 * repeated.  → scores [batch, candidates]
 */
export const ranked = (p: Params, { text, image }: CandidateInputs, sizes: Sizes): Tensor => {
  const [batch, candidates, length] = text.ids.shape as readonly [Size, number, Size];
  const flat = (x: Tensor): Tensor => reshape(x, [times(batch, candidates), length]);
  const words = embedText(p, { ids: flat(text.ids), mask: flat(text.mask) }, sizes);
  const patches = repeated(embedImage(p, image, sizes, 1), candidates);
  return reshape(rankHead(p, fuse(p, { words, patches }, sizes).pair), [batch, candidates]);
};

/** Each example so many times in a row. */
const repeated = ({ x, mask }: Embedded, count: number): Embedded => {
  const repeat = (t: Tensor): Tensor => {
    const [batch, ...rest] = t.shape as readonly [Size, ...Size[]];
    return reshape(expand(reshape(t, [batch, 1, ...rest]), [batch, count, ...rest]), [times(batch, count), ...rest]);
  };
  return { x: repeat(x), mask: repeat(mask) };
};
