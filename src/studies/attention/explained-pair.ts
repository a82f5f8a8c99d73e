/** Attention of one pair, head by head: rows of tokens that look, each with its shares of the tokens looked at. */
export type HeadedAttention = readonly (readonly (readonly number[])[])[];

/** What one model makes of a pair. */
export interface ExplainedModel {
  readonly name: string;
  /** The best answers, best first; none where the model finds texts instead of answering. */
  readonly answers: readonly { readonly answer: string; readonly probability: number }[];
  /** [heads][words][1 + patches]: what each word gives the image's [CLS] and its patches; a row sums to 1. */
  readonly textToImage: HeadedAttention;
  /** [heads][1 + patches][words]: what the image's [CLS] and each patch give the words; a row sums to 1. */
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

/** One text about one picture, and what several models make of it: with what the others are compared with first. */
export interface ExplainedPair {
  /** The picture as the models see it, resized to whole patches: a data URI. */
  readonly image: string;
  /** Of patches. */
  readonly rows: number;
  readonly columns: number;
  readonly text: string;
  /** The word pieces, [CLS] and [SEP] included. */
  readonly words: readonly string[];
  /** The right answer, where it is known. */
  readonly truth?: string | undefined;
  readonly models: readonly ExplainedModel[];
}
