import { gatherFew } from '../engine/functions.ts';
import { concat } from '../engine/ops.ts';
import type { Tensor } from '../engine/tensor.ts';
import { imageEncoder, selectTower, textEncoder, textPart } from './dual-encoder.ts';
import type { Modality } from './embeddings.ts';
import type { Answered, Encoded, Inputs, Paired, PairedInputs } from './encoded.ts';
import { fusePairs, fusionEncoder } from './fusion-encoder.ts';
import { interaction } from './interaction.ts';
import { classifier } from './linear.ts';
import { type Params, withDropoutName } from './params.ts';
import { firstRows, type Select } from './select.ts';
import type { Sizes } from './sizes.ts';

/** A model is a value: its name, and how it encodes a text with each of its images. A new teacher exports one of these. */
export interface Architecture {
  readonly name: string;
  readonly encode: (p: Params, inputs: Inputs, sizes: Sizes) => readonly Encoded[];
  /** How it encodes texts and images that are paired twice: nothing that stands in two pairs is computed twice. */
  readonly encodePairs: (p: Params, inputs: PairedInputs, sizes: Sizes) => Paired;
  /** Where the parameters stand that encode its texts: with its table of words, to which a language head is tied. */
  readonly texts: (p: Params) => Params;
}

/** The fusion encoder: one whole pass an image. */
export const vilt: Architecture = {
  name: 'vilt',
  encode: (p, { text, images }, sizes) =>
    images.map((image, i) => fusionEncoder(seeing(p, i), { text, image }, sizes, rowOf(i))),
  encodePairs: fusePairs,
  texts: (p) => p,
};

/** The dual encoder: the text once, each image once, and f over every pair of them. */
export const dide: Architecture = {
  name: 'dide',
  encode: (p, { text, images }, sizes) => {
    const words = textEncoder(p, text, sizes);
    return images.map((image, i) => {
      const patches = imageEncoder(seeing(p, i), image, sizes, rowOf(i));
      return { text: words, image: patches, pair: interaction(p, words.pooled, patches.pooled) };
    });
  },
  encodePairs: (p, { text, image, matchingImages }, sizes) => {
    const words = textEncoder(p, text, sizes);
    const tower = imageEncoder(p, image, sizes);
    const pairedWith = (rows: Select): Encoded => {
      const patches = selectTower(tower, rows);
      return { text: words, image: patches, pair: interaction(p, words.pooled, patches.pooled) };
    };
    const own = firstRows(text.ids.shape[0]!);
    return { own: pairedWith(own), matching: pairedWith((x) => gatherFew(x, matchingImages)) };
  },
  texts: textPart,
};

const rowOf = (image: number): Modality => (image === 0 ? 1 : 2);

/** The second image's dropout has masks of its own. */
const seeing = (p: Params, image: number): Params => (image === 0 ? p : withDropoutName(p, `image_${image + 1}`));

/** The head of a task: its name before `_classifier`, and how many answers it has. */
export interface Head {
  readonly task: string;
  readonly answers: number;
}

/** What a model answers: its head over the pairs, side by side where there is more than one image. */
export const answered = (
  model: Architecture,
  p: Params,
  inputs: Inputs,
  { sizes, head }: { readonly sizes: Sizes; readonly head: Head },
): Answered => {
  const encoded = model.encode(p, inputs, sizes);
  return {
    encoded,
    logits: headOver(
      p,
      encoded.map(({ pair }) => pair),
      { sizes, head },
    ),
  };
};

/** [batch, width] an image -> logits [batch, answers]. */
export const headOver = (
  p: Params,
  pairs: readonly Tensor[],
  { sizes, head }: { readonly sizes: Sizes; readonly head: Head },
): Tensor => classifier(p.within(`${head.task}_classifier`), concat(pairs, 1), [2 * sizes.width, head.answers]);
