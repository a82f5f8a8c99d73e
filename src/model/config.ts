import type { Tensor } from '../engine/tensor.ts';
import type { Architecture } from './architecture.ts';
import type { Modality } from './embeddings.ts';
import type { Params } from './params.ts';
import type { Sizes } from './sizes.ts';

/**
 * Function from logits to probabilities, and so which form the losses have: `sigmoid` where several answers may be right
 * (VQA as ViLT trains it), `softmax` where exactly one is.
 */
export type Scoring = 'sigmoid' | 'softmax';

/**
 * Task or purpose that a model is adapted to: a task with answers, or one of the purposes `retrieval` and
 * `pretraining`.
 */
export interface Goal {
  /** Name that a model's file keeps, and that its head has: `vqa` has the head `vqa_classifier`. */
  readonly name: string;
  /** Images of one example. */
  readonly images: 1 | 2;
  readonly scoring: Scoring;
  /** Answers in the order of the classifier, of the data in a folder or always the same. */
  readonly answers: (folder: string) => Promise<readonly string[]>;
}

/** Rules by which a model reads texts, where they differ from BERT's uncased WordPiece. */
export interface WordRules {
  readonly letters: 'lower-case' | 'as-is';
  readonly accents: 'removed' | 'kept';
  /** Whether each Chinese character is a word of its own. */
  readonly chinese: 'apart' | 'as-is';
  /** Pieces that are found in a text wherever they stand, before it is split into words. */
  readonly added: readonly AddedPiece[];
}

/** A piece that was added to a vocabulary. */
export interface AddedPiece {
  readonly piece: string;
  /** Found in the text as it was written, or as it is after lower-casing. */
  readonly foundIn: 'text' | 'normalized';
  /** Found as a whole word only, or within words, too. */
  readonly as: 'word' | 'anything';
}

/** Rules by which a model reads pictures, where they differ from ViLT. */
export interface PictureRules {
  /** Mean of red, green and blue, which is subtracted. */
  readonly mean: readonly number[];
  /** Deviation of red, green and blue, by which the rest is divided. */
  readonly deviation: readonly number[];
  /** Factor of the values, before anything else: 1 / 255 makes bytes 0 to 1. */
  readonly scale: number;
  /** Filter of the resize, by Pillow's name. */
  readonly filter: 'nearest' | 'box' | 'bilinear' | 'hamming' | 'bicubic' | 'lanczos';
  /** Number of pixels of which both sides become a multiple: a multiple of the patch. */
  readonly multiple: number;
}

/** Architecture, purpose and sizes of a model, and everything else that its weights do not say. */
export interface ModelConfig {
  readonly architecture: Architecture;
  readonly purpose: Purpose;
  readonly sizes: Sizes;
  /** Name of the task or purpose that it was trained for. */
  readonly task: string;
  /** Images of one example. */
  readonly images: 1 | 2;
  readonly scoring: Scoring;
  /** Answers in the order of the classifier; empty where texts are found and not answered. */
  readonly answers: readonly string[];
  /** Word pieces by id. */
  readonly vocabulary: readonly string[];
  /** Rules for texts. Default: as BERT's uncased WordPiece. */
  readonly words?: WordRules | undefined;
  /** Rules for pictures. Default: as ViLT. */
  readonly pictures?: PictureRules | undefined;
  /** Table in which stage 1 looks masked words up: the model's own word table (`tied`, default), or one beside it. */
  readonly decoder?: 'tied' | 'own' | undefined;
  /** Origin of the weights: options, data, seed, scores. */
  readonly recipe: Readonly<Record<string, unknown>>;
}

/**
 * Purpose of a model, as a value: the parameters that it has beside its encoders, and its outputs. A config
 * gets its purpose once, where a file is opened (`purposeOf`); every floor above has one table by `purpose.name`.
 */
export interface Purpose {
  readonly name: 'answering' | 'pretraining' | 'retrieval' | 'ranking';
  /** Names of its heads before their first dot. A checkpoint without one of them gets a fresh one. */
  readonly heads: (task: string) => readonly string[];
  /** Declares every parameter of the model, by building its symbols once. */
  readonly declare: (config: ModelConfig, p: Params) => void;
  /** Logits [batch, answers] from the pair vectors [batch, width] of each image; absent where nothing is answered. */
  readonly logits?: (config: HeadConfig, p: Params, pairs: readonly Tensor[]) => Tensor;
  /** Graphs that run a model of this purpose. */
  readonly graphs: (config: ModelConfig) => ModelGraphs;
}

/** Part of a config that shapes a head. */
export type HeadConfig = Pick<ModelConfig, 'sizes' | 'task' | 'answers'>;

/** Graphs of a model that are compiled apart, each when it is first needed. */
export interface ModelGraphs {
  /**
   * Text and images together: logits [batch, answers], of a ranker scores [batch, 1]. Absent where vectors are
   * compared.
   */
  readonly pairs?: (() => Tensor) | undefined;
  /** Each modality alone, of a dual encoder. */
  readonly features?: FeatureGraphs | undefined;
}

/** Graphs of a dual encoder's modalities. Features are what is kept of an image, and what is left of a text. */
export interface FeatureGraphs {
  /** Size of a feature vector. */
  readonly width: number;
  /** Features of texts: [batch, width]. */
  readonly text: () => Tensor;
  /** Features of images: [batch, width]. */
  readonly image: (type?: Modality) => Tensor;
  /**
   * Logits [images, answers] from features that are fed as `text_shares` (of one text, or of as many as there are
   * images) and `image_shares`, `image_shares_2` for a second image. Absent where features are compared by their dot
   * product.
   */
  readonly answer?: ((texts: 1 | 'images') => Tensor) | undefined;
  /** Parts of a model that answers about two images, of which each is computed once for all pairs that it is in. */
  readonly pairs?: PairGraphs | undefined;
  /**
   * Logits [texts * images, answers] of every text about every image, from features that are fed as `text_shares`
   * [texts, width] and `image_shares` [images, width] as they are kept; of int8, with `image_scales` [images, 1]. Of
   * `chosen` answers, only those whose indices are fed as `chosen` [chosen]; the odds `against` one of them,
   * [texts * images, 1], as `oddsAgainst` has them. Of retrieval, cosines [texts, images]. Absent for two images.
   */
  readonly scan?: ((kept: Kept, answers: ScanAnswers, texts: 1 | 'texts') => Tensor) | undefined;
}

/** Answers that a scan computes: all, some, or one beside all others together. */
export type ScanAnswers = 'all' | 'chosen' | 'against';

/**
 * The head over two images in parts. Its first layer, C [f(t, v); f(t, w)] = C₁ f(t, v) + C₂ f(t, w), is split as the
 * first layer of f is, so that of all pairs of m and n images only its second layer is computed m · n times.
 */
export interface PairGraphs {
  /** C₁ f(t, v) + c of the first images, or C₂ f(t, w) of the second: `text_shares` [1, width], `image_shares` [images, width] → [images, width] */
  readonly half: (place: 'first' | 'second') => Tensor;
  /** Logits from the sums of both halves, `halves` [pairs, width] → [pairs, answers]. */
  readonly judge: () => Tensor;
}

/** Number that a feature is kept as: float32, float16, or int8 with a scale a row. */
export type Kept = 'float' | 'float16' | 'int8';
