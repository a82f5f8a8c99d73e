import type { TransformerSizes } from './attention.ts';

/** Sizes of a model, without its head. */
export interface Sizes extends TransformerSizes {
  readonly width: number;
  /** Side of a square patch, in pixels. */
  readonly patch: number;
  /** Side of the position table, in patches; other image sizes interpolate it. */
  readonly grid: number;
  /** Epsilon of the LayerNorm over word embeddings: BERT's 1e-12. */
  readonly textEpsilon: number;
  /** Shortest side to which an image is resized, in pixels. */
  readonly image: number;
  /** Rows of the word table. */
  readonly vocabulary: number;
  /** Rows of the word position table: the longest text, with its [CLS] and [SEP]. */
  readonly words: number;
  /** Rows of the modality table: text, image and, for NLVR2, the second image. */
  readonly types: number;
  /**
   * Transformers of a dual encoder: one for each modality, as in the authors' code (`apart`, default), or one for both
   * (`shared`). Embeddings and poolers are each modality's own in either case.
   */
  readonly encoders?: 'apart' | 'shared' | undefined;
  /** Width of the hidden layer of a retriever's projections. Default: they are a matrix each. */
  readonly projection?: number | undefined;
  /** Transformer of a dual encoder's texts, as wide as that of its images. Default: sizes like those of its images. */
  readonly text?: TransformerSizes | undefined;
}

/** Sizes of the Transformer of a modality of a dual encoder. */
export const towerSizes = (sizes: Sizes, modality: 'text' | 'image'): TransformerSizes =>
  modality === 'text' ? (sizes.text ?? { ...sizes, summary: 'first' }) : sizes;

/** ViLT-B/32 (Kim et al. 2021): 111.6 M parameters without a head. */
export const base32: Sizes = {
  width: 768,
  depth: 12,
  heads: 12,
  hidden: 3072,
  epsilon: 1e-6,
  textEpsilon: 1e-12,
  patch: 32,
  grid: 12,
  image: 384,
  vocabulary: 30_522,
  words: 40,
  types: 2,
};

/**
 * Sizes with which a model learns on two cores: an image of 48 pixels is nine patches. The vocabulary is that of the
 * data, so its size is filled in where the data are known.
 */
export const mini: Sizes = {
  width: 128,
  depth: 3,
  heads: 4,
  hidden: 512,
  epsilon: 1e-6,
  textEpsilon: 1e-12,
  patch: 16,
  grid: 3,
  image: 48,
  vocabulary: 0,
  words: 40,
  types: 2,
};

/** Sizes for tests and `--tiny`: every part is there, nothing is learnt. */
export const tiny: Sizes = { ...mini, width: 32, depth: 2, heads: 2, hidden: 64 };

/** Sizes of models by name. */
export const sizes = { base32, mini, tiny } as const;
