import { UserError } from '../errors.ts';
import { SPECIAL_PIECES, type TokenizerRules, wordSplitter } from './words.ts';

export { SPECIAL_PIECES, type TokenizerRules };

/** An encoded text. */
export interface EncodedText {
  /** Ids of the pieces, [CLS] first and [SEP] last; no padding. */
  readonly ids: Int32Array;
  /** The pieces themselves, in the order of `ids`. */
  readonly pieces: string[];
  /** Whether pieces beyond the limit were cut off. */
  readonly truncated: boolean;
  /** The words that the vocabulary cannot spell; each became [UNK]. */
  readonly unknown: string[];
}

/** Encodes texts as ids of a vocabulary. */
export interface Tokenizer {
  /** Number of ids. */
  readonly size: number;
  /**
   * @param options.limit most ids, [CLS] and [SEP] included; 40 as in ViLT, so at most 38 pieces are kept.
   */
  encode(text: string, options?: { readonly limit?: number | undefined }): EncodedText;
}

/** A longer word becomes [UNK] without a search (BERT's own limit, in characters). */
const LONGEST_WORD = 100;

/**
 * BERT's WordPiece, piece for piece what `BertTokenizer` of Hugging Face gives: by default lower-case and accents off
 * (bert-base-uncased); Chinese characters and punctuation on their own, then the longest piece that fits, again and
 * again. A special piece written out in the text (`[MASK]`) stays whole.
 *
 * @param vocabulary the pieces by id; pieces that continue a word start with `##`.
 * @throws UserError when a special piece is missing.
 */
export const createTokenizer = (vocabulary: readonly string[], rules: TokenizerRules = {}): Tokenizer => {
  const ids = new Map(vocabulary.map((piece, id) => [piece, id]));
  const missing = SPECIAL_PIECES.filter((piece) => !ids.has(piece));
  if (missing.length) {
    throw new UserError(
      `vocabulary of ${vocabulary.length} pieces: lacks ${missing.join(', ')}: use BERT's vocab.txt.`,
    );
  }
  const longest = vocabulary.reduce((most, piece) => Math.max(most, piece.length), 0);
  const splitText = wordSplitter(rules);
  return {
    size: vocabulary.length,
    encode: (text, { limit = 40 } = {}) => encode(splitText(text), { ids, longest }, limit),
  };
};

/**
 * The words of texts that a vocabulary cannot spell, each as often as it occurs. Without a vocabulary these are all
 * words, split as a tokenizer splits them.
 */
export const unknownWords = (
  examples: readonly { readonly text: string }[],
  vocabulary: readonly string[] = SPECIAL_PIECES,
  rules: TokenizerRules = {},
): string[] => {
  const tokenizer = createTokenizer(vocabulary, rules);
  return examples.flatMap(({ text }) => tokenizer.encode(text).unknown);
};

/** Ids by piece, and the length of the longest piece. */
interface Pieces {
  readonly ids: ReadonlyMap<string, number>;
  readonly longest: number;
}

const encode = (words: readonly string[], known: Pieces, limit: number): EncodedText => {
  if (limit < 2) throw new Error(`encode: limit is ${limit}: [CLS] and [SEP] alone need 2`);
  const found: string[] = [];
  const unknown: string[] = [];
  for (const word of words) {
    const pieces = piecesOf(word, known);
    if (!pieces) unknown.push(word);
    found.push(...(pieces ?? ['[UNK]']));
  }
  const pieces = ['[CLS]', ...found.slice(0, limit - 2), '[SEP]'];
  return {
    ids: Int32Array.from(pieces, (piece) => known.ids.get(piece)!),
    pieces,
    truncated: found.length > limit - 2,
    unknown,
  };
};

/** Splits a word greedily into its longest pieces; undefined when it cannot be spelt. */
const piecesOf = (word: string, { ids, longest }: Pieces): string[] | undefined => {
  if (ids.has(word)) return [word];
  const characters = [...word];
  if (characters.length > LONGEST_WORD) return undefined;
  const pieces: string[] = [];
  for (let start = 0; start < characters.length; ) {
    let end = Math.min(characters.length, start + longest);
    const piece = (): string => (start ? '##' : '') + characters.slice(start, end).join('');
    while (end > start && !ids.has(piece())) end -= 1;
    if (end === start) return undefined;
    pieces.push(piece());
    start = end;
  }
  return pieces;
};

/**
 * Refuses an empty text.
 *
 * @param where the name of the text in the error: `train.jsonl:17`, `--question`.
 * @throws UserError when the text has no characters but spaces.
 */
export const checkText = (text: string, where: string): void => {
  if (text.trim() === '') throw new UserError(`${where}: the text is empty: write a question or a sentence.`);
};

/** A warning about a text, and its kind. */
export interface TextWarning {
  readonly kind: 'long' | 'unknown';
  readonly message: string;
}

/** Warnings about an encoded text: cut short, or with words that the vocabulary cannot spell. */
export const textWarnings = ({ truncated, pieces, unknown }: EncodedText, id: string): TextWarning[] => {
  const long = `${id}: the text is too long: only its first ${pieces.length - 2} word pieces are read.`;
  const words = `${id}: words that the vocabulary cannot spell: ${unknown.join(', ')}: read as [UNK].`;
  return [
    ...(truncated ? [{ kind: 'long', message: long } as const] : []),
    ...(unknown.length > 0 ? [{ kind: 'unknown', message: words } as const] : []),
  ];
};
