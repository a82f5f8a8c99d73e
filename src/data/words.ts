import { isAccent, isChinese, isInvisible, isPunctuation } from './unicode.ts';

/** Rules by which texts become words, before these become pieces. By default as in BERT's uncased WordPiece. */
export interface TokenizerRules {
  /** Default `lower-case`. */
  readonly letters?: 'lower-case' | 'as-is' | undefined;
  /** Default `removed` where letters are lower-cased, `kept` where they are not. */
  readonly accents?: 'removed' | 'kept' | undefined;
  /** Whether each Chinese character is a word of its own. Default `apart`. */
  readonly chinese?: 'apart' | 'as-is' | undefined;
  /** Pieces that are found in a text wherever they stand, before it is split into words. */
  readonly added?: readonly FoundPiece[] | undefined;
}

/** A piece that is found in a text before it is split into words. */
interface FoundPiece {
  readonly piece: string;
  /** Found in the text as it was written, or as it is after lower-casing. */
  readonly foundIn: 'text' | 'normalized';
  /** Found as a whole word only, or within words, too. */
  readonly as: 'word' | 'anything';
}

/** The special pieces, which every vocabulary must have. */
export const SPECIAL_PIECES = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'] as const;

/**
 * Creates a function that splits a text into words as BERT's basic tokenizer does; special and added pieces are words
 * of their own.
 */
export const wordSplitter = (rules: TokenizerRules): ((text: string) => string[]) => {
  const { letters = 'lower-case', accents = letters === 'as-is' ? 'kept' : 'removed', chinese = 'apart' } = rules;
  const { added = [] } = rules;
  const isLowered = letters === 'lower-case';
  const clean = (character: string): string => cleaned(character, isLowered, chinese === 'apart');
  const normal = (word: string): string => {
    const lowered = isLowered ? word.toLowerCase() : word;
    return accents === 'removed' ? withoutAccents(lowered) : lowered;
  };
  const spaced = (text: string): string => {
    let all = '';
    for (const character of text) all += clean(character);
    return all.normalize('NFC');
  };
  const inText = pieceFinder([
    ...SPECIAL_PIECES.map((piece): FoundPiece => ({ piece, foundIn: 'text', as: 'anything' })),
    ...added.filter(({ foundIn }) => foundIn === 'text'),
  ]);
  const normalized = (text: string): string => spaced(text).split(/\s+/).map(normal).join(' ');
  const inNormalized = pieceFinder(
    added.filter(({ foundIn }) => foundIn === 'normalized'),
    normalized,
  );
  return (text) =>
    inText(text, (part) => inNormalized(normalized(part), (rest) => rest.split(/\s+/).flatMap(splitPunctuation)));
};

/** Splits a text at pieces, which stay whole, and what is between them by `split`. */
type PieceFinder = (text: string, split: (between: string) => string[]) => string[];

/** @param normalize what is done to a piece before it is looked for. */
const pieceFinder = (pieces: readonly FoundPiece[], normalize = (piece: string): string => piece): PieceFinder => {
  if (pieces.length === 0) return (text, split) => split(text);
  // the longest first, as a regular expression takes the first alternative that fits
  const sorted = [...pieces].sort((a, b) => b.piece.length - a.piece.length);
  const named = new Map(sorted.map(({ piece }) => [normalize(piece), piece]));
  const source = sorted.map(({ piece, as }) => {
    const escaped = normalize(piece).replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
    return as === 'word' ? `(?<![\\p{L}\\p{N}_])${escaped}(?![\\p{L}\\p{N}_])` : escaped;
  });
  const found = new RegExp(`(${source.join('|')})`, 'u');
  return (text, split) => text.split(found).flatMap((part, i) => (i % 2 ? [named.get(part)!] : split(part)));
};

/** A character without what BERT drops. Characters are lowered one by one, so a final sigma stays a plain sigma. */
const cleaned = (character: string, isLowered: boolean, isApart: boolean): string => {
  const codePoint = character.codePointAt(0)!;
  const lower = isLowered ? character.toLowerCase() : character;
  if (codePoint < 0x7f && codePoint > 0x20) return lower;
  if (/^[\t\n\r\p{Zs}]$/u.test(character)) return ' ';
  if (codePoint === 0xfffd || isInvisible(codePoint)) return '';
  return isApart && isChinese(codePoint) ? ` ${lower} ` : lower;
};

const withoutAccents = (word: string): string => {
  if (isAscii(word)) return word;
  let plain = '';
  for (const character of word.normalize('NFD')) if (!isAccent(character)) plain += character;
  return plain;
};

const isAscii = (word: string): boolean => /^[ -~]*$/.test(word);

const splitPunctuation = (word: string): string[] => {
  const words: string[] = [];
  let current = '';
  for (const character of word) {
    if (!isPunctuation(character)) current += character;
    else {
      if (current) words.push(current);
      words.push(character);
      current = '';
    }
  }
  if (current) words.push(current);
  // Taking accents apart can bring a space to light (U+00A8 and its like), which ends a word too.
  return words.flatMap((part) => part.split(/\s+/)).filter((part) => part !== '');
};
