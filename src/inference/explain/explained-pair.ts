/** Attention of one pair: [heads][query tokens][key tokens]. */
export type HeadedAttention = readonly (readonly (readonly number[])[])[];

/** Answers and attention of one model for a pair. */
export interface ExplainedModel {
  readonly name: string;
  /** The most probable answers, best first; empty for a model of retrieval. */
  readonly answers: readonly { readonly answer: string; readonly probability: number }[];
  /** [heads][words][1 + patches]: attention of each word to the image's [CLS] and patches; a row sums to 1. */
  readonly textToImage: HeadedAttention;
  /** [heads][1 + patches][words]: attention of the image's [CLS] and each patch to the words; a row sums to 1. */
  readonly imageToText: HeadedAttention;
  /**
   * KL(first model ‖ this one) of each head, mean over its rows, in nats; absent for the first. The means over heads of
   * the two add up to this pair's L_CA.
   */
  readonly divergence?:
    | {
        readonly textToImage: readonly number[];
        readonly imageToText: readonly number[];
      }
    | undefined;
}

/** One text about one image, with the answers and attention of several models; they are compared with the first. */
export interface ExplainedPair {
  /** The image as the models see it, resized to whole patches: a data URI. */
  readonly image: string;
  /** Image in pale grey, to lay colours over: a data URI. */
  readonly grey: string;
  /** Rows and columns of patches. */
  readonly rows: number;
  readonly columns: number;
  readonly text: string;
  /** The word pieces, [CLS] and [SEP] included. */
  readonly words: readonly string[];
  /** The right answer, where it is known. */
  readonly truth?: string | undefined;
  readonly models: readonly ExplainedModel[];
}
