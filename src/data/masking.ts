import type { Numbers } from '../engine/numbers.ts';
import type { Feeds } from './batch.ts';
import { shuffled } from './shuffle.ts';
import { SPECIAL_PIECES } from './tokenizer.ts';

/** Options of masking words. */
export interface MaskingOptions {
  /** Word pieces by id. */
  readonly vocabulary: readonly string[];
  /**
   * `words` (default): all pieces of a word or none, until the budget of the text is spent (ViLT's pre-training);
   * `pieces`: each piece on its own (BERT).
   */
  readonly whole?: 'words' | 'pieces' | undefined;
  /** Ratio of the pieces that are masked; 0.15 by default. */
  readonly share?: number | undefined;
  /**
   * Length to which a text counts as padded when whole words are drawn, padding included: ViLT pads to 40, so 6 pieces
   * are drawn, of which those of padding give no loss. By default its own length.
   */
  readonly countPaddingTo?: number | undefined;
}

/** Masks the words of a batch. `ids` and `mask` are [B, M]; `random` draws numbers in [0, 1). */
export type Mask = (ids: Numbers, mask: Numbers, random: () => number) => Feeds;

/** Most pieces of one text that are masked (transformers 4.2). */
const MOST = 512;

/**
 * Creates the mask of masked language modelling: of the pieces drawn, 80 in 100 become [MASK], 10 a random piece, 10
 * stay (Devlin et al. 2019; whole words as in transformers 4.2, with which ViLT was trained).
 *
 * The feeds are `masked_words` int32 [B, M], the texts with masks; `masked_places` int32 [masked], places of the drawn
 * pieces in the texts laid end to end; `masked_labels` int32 [masked], their ids. [CLS], [SEP] and padding are never
 * drawn. Where nothing is drawn in a whole batch, its first word piece is masked, since a mean over nothing is no
 * number.
 */
export const createMask = (options: MaskingOptions): Mask => {
  const { vocabulary, whole = 'words' } = options;
  const pieces = { ...options, ...idsIn(vocabulary) };
  const draw = whole === 'words' ? drawWords : drawPieces;
  return (ids, mask, random) => {
    const [batch, length] = ids.shape as [number, number];
    const texts = Array.from({ length: batch }, (_, b) => ids.data.slice(b * length, b * length + countOf(mask, b)));
    const drawn = texts.flatMap((text, b) =>
      [...draw(text as Int32Array, pieces, random)].map((at) => b * length + at),
    );
    // [CLS] stands first
    const places = Int32Array.from(drawn.length > 0 ? drawn.sort((a, b) => a - b) : [1]);
    const words = Int32Array.from(ids.data);
    for (const at of places) words[at] = replaced(words[at]!, pieces, random);
    const shape = [places.length];
    return {
      masked_words: { shape: ids.shape, data: words },
      masked_places: { shape, data: places },
      masked_labels: { shape, data: places.map((at) => ids.data[at]!) },
    };
  };
};

interface Pieces extends MaskingOptions {
  readonly continues: readonly boolean[];
  readonly special: ReadonlySet<number>;
  readonly maskId: number;
}

const idsIn = (vocabulary: readonly string[]): Pick<Pieces, 'continues' | 'special' | 'maskId'> => ({
  continues: vocabulary.map((piece) => piece.startsWith('##')),
  // [UNK] is a piece like any other
  special: new Set(SPECIAL_PIECES.filter((piece) => piece !== '[UNK]').map((piece) => vocabulary.indexOf(piece))),
  maskId: vocabulary.indexOf('[MASK]'),
});

const countOf = ({ shape, data }: Numbers, row: number): number =>
  Array.from(data.subarray(row * shape[1]!, (row + 1) * shape[1]!)).reduce((sum, one) => sum + one, 0);

/** Places of the pieces that are drawn, each on its own. */
function* drawPieces(text: Int32Array, { special, share = 0.15 }: Pieces, random: () => number): Generator<number> {
  for (const [at, id] of text.entries()) if (!special.has(id) && random() < share) yield at;
}

/** Places of the pieces of whole words, drawn in random order as long as they fit into the budget. */
function* drawWords(text: Int32Array, pieces: Pieces, random: () => number): Generator<number> {
  const { special, share = 0.15, countPaddingTo = 0 } = pieces;
  const length = Math.max(text.length, countPaddingTo);
  let left = Math.min(MOST, Math.max(1, roundedToEven(share * length)));
  for (const word of shuffled(wordsOf(text, length, pieces), random)) {
    if (left <= 0) return;
    if (word.length > left) continue;
    left -= word.length;
    yield* word.filter((at) => at < text.length && !special.has(text[at]!));
  }
}

/** Places of the pieces of each word, without the first and last piece of the text; each piece of padding is a word. */
const wordsOf = (text: Int32Array, length: number, { continues }: Pieces): number[][] => {
  const words: number[][] = [];
  for (let at = 1; at < length; at += 1) {
    if (at === text.length - 1) continue;
    if (at < text.length && continues[text[at]!] && words.length > 0) words.at(-1)!.push(at);
    else words.push([at]);
  }
  return words;
};

/** Rounds a half to the even side, as Python does. */
const roundedToEven = (x: number): number => (x % 1 === 0.5 ? 2 * Math.round(x / 2) : Math.round(x));

const replaced = (id: number, { maskId, vocabulary }: Pieces, random: () => number): number => {
  const fate = random();
  if (fate < 0.8) return maskId;
  return fate < 0.9 ? Math.floor(random() * vocabulary.length) : id;
};
