import { gatherByProduct } from '../engine/functions.ts';
import type { Tensor } from '../engine/tensor.ts';
import { imageEncoder, poolTower, textEncoder, textPart } from './dual-encoder.ts';
import type { Modality } from './embeddings.ts';
import { fusePairs, fusionEncoder } from './fusion-encoder.ts';
import type { ImageInput, Inputs, PairedInputs, TextInput } from './inputs.ts';
import { interaction } from './interaction.ts';
import type { Encoded, Paired, Stream } from './outputs.ts';
import { type Params, withDropoutName } from './params.ts';
import { firstRows, type Select, selectImages, selectStream } from './select.ts';
import type { Sizes } from './sizes.ts';

/**
 * Encoders of a model, as a value. A model of your own exports one: see `fusionArchitecture` and `dualArchitecture`.
 */
export interface Architecture {
  /** Name that a model's file keeps. */
  readonly name: string;
  /** Encodes a text with each of its images. → one `Encoded` an image */
  readonly encode: (p: Params, inputs: Inputs, sizes: Sizes) => readonly Encoded[];
  /** Encodes texts and images that are paired twice. Nothing that stands in two pairs is computed twice. */
  readonly encodePairs: (p: Params, inputs: PairedInputs, sizes: Sizes) => Paired;
  /** Parameters that encode texts, the word table among them, to which a language head is tied. */
  readonly textParams: (p: Params) => Params;
  /** Encoders of each modality alone. Only a dual encoder has them: its images can be encoded once and kept. */
  readonly towers?: Towers | undefined;
}

/** The two encoders of a dual encoder. */
export interface Towers {
  readonly text: (p: Params, text: TextInput, sizes: Sizes) => Stream;
  readonly image: (p: Params, image: ImageInput, sizes: Sizes, type?: Modality) => Stream;
  /** Vector that stands for a modality in the interaction f: [batch, width]. */
  readonly pool: (p: Params, modality: 'text' | 'image', stream: Pick<Stream, 'first'>) => Tensor;
}

/** Encodes one text-image pair together; `type` is the image's row of the modality table. */
export type Fusion = (
  p: Params,
  pair: { readonly text: TextInput; readonly image: ImageInput },
  sizes: Sizes,
  type: Modality,
) => Encoded;

/** Architecture of a fusion encoder: one whole pass a pair. `encodePairs` defaults to two passes over all pairs. */
export const fusionArchitecture = (
  name: string,
  fusion: Fusion,
  { encodePairs = encodeTwice(fusion) }: Partial<Pick<Architecture, 'encodePairs'>> = {},
): Architecture => ({
  name,
  encode: (p, { text, images }, sizes) =>
    images.map((image, i) => fusion(imageParams(p, i), { text, image }, sizes, modalityOf(i))),
  encodePairs,
  textParams: (p) => p,
});

const encodeTwice =
  (fusion: Fusion): Architecture['encodePairs'] =>
  (p, { text, image, matchingImages }, sizes) => {
    const pairedWith = (select: Select): Encoded => fusion(p, { text, image: selectImages(image, select) }, sizes, 1);
    return {
      own: pairedWith(firstRows(text.ids.shape[0]!)),
      matching: pairedWith((x) => gatherByProduct(x, matchingImages)),
    };
  };

/** Architecture of a dual encoder: the text once, each image once, and the interaction f over every pair of them. */
export const dualArchitecture = (
  name: string,
  towers: Towers,
  { textParams = textPart }: Partial<Pick<Architecture, 'textParams'>> = {},
): Architecture => ({
  name,
  towers,
  textParams,
  encode: (p, { text, images }, sizes) => {
    const words = encodeTower(p, towers, 'text', towers.text(p, text, sizes));
    return images.map((image, i) => {
      const own = imageParams(p, i);
      return pairOf(p, words, encodeTower(own, towers, 'image', towers.image(own, image, sizes, modalityOf(i))));
    });
  },
  encodePairs: (p, { text, image, matchingImages }, sizes) => {
    const words = encodeTower(p, towers, 'text', towers.text(p, text, sizes));
    const tower = encodeTower(p, towers, 'image', towers.image(p, image, sizes));
    const pairedWith = (select: Select): Encoded =>
      pairOf(p, words, { stream: selectStream(tower.stream, select), pooled: select(tower.pooled) });
    return {
      own: pairedWith(firstRows(text.ids.shape[0]!)),
      matching: pairedWith((x) => gatherByProduct(x, matchingImages)),
    };
  },
});

/** Hidden states of a modality, and the vector that stands for it: [batch, width]. */
interface Tower {
  readonly stream: Stream;
  readonly pooled: Tensor;
}

const encodeTower = (p: Params, { pool }: Towers, modality: 'text' | 'image', stream: Stream): Tower => ({
  stream,
  pooled: pool(p, modality, stream),
});

const pairOf = (p: Params, text: Tower, image: Tower): Encoded => ({
  text: text.stream,
  image: image.stream,
  pair: interaction(p, text.pooled, image.pooled),
});

/** Row of the modality table for the i-th image of an example. */
const modalityOf = (image: number): Modality => (image === 0 ? 1 : 2);

/** Parameters for the i-th image of an example: the second has dropout masks of its own. */
const imageParams = (p: Params, image: number): Params => (image === 0 ? p : withDropoutName(p, `image_${image + 1}`));

/** ViLT (Kim et al. 2021), the fusion encoder. */
export const vilt: Architecture = fusionArchitecture('vilt', fusionEncoder, { encodePairs: fusePairs });

/** DiDE (Wang et al. 2022), the dual encoder. */
export const dide: Architecture = dualArchitecture('dide', {
  text: textEncoder,
  image: imageEncoder,
  pool: poolTower,
});
