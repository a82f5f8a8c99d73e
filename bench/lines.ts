import { generator, keyOf } from '../src/engine/random.ts';

/** Characters by their first and last, all assigned since Unicode 13: newer ones are not the same to every Python. */
const ranges = {
  latin: [0x61, 0x7a],
  capitals: [0x41, 0x5a],
  accented: [0xc0, 0x17f],
  greek: [0x391, 0x3a1],
  cyrillic: [0x410, 0x44f],
  vietnamese: [0x1ea0, 0x1ef9],
  hangul: [0xac00, 0xd7a3],
  kana: [0x3041, 0x3096],
  chinese: [0x4e00, 0x9fef],
  rareChinese: [0x20000, 0x2a6d6],
  compatibility: [0xf900, 0xfa6d],
  devanagari: [0x905, 0x939],
  arabic: [0x627, 0x64a],
  emoji: [0x1f600, 0x1f64f],
  combining: [0x300, 0x33f],
  marks: [0x21, 0x2f],
  widePunctuation: [0x2010, 0x2027],
  fullWidth: [0xff01, 0xff5e],
  control: [0x01, 0x1f],
  digits: [0x30, 0x39],
  symbols: [0x2190, 0x21ff],
} as const satisfies Record<string, readonly [number, number]>;

type Range = keyof typeof ranges;

/** Whole pieces: joined emoji, flags, what has no width, spaces of every kind, special pieces, contractions. */
const pieces = [
  ...['👩‍👩‍👧', '🇩🇪', '👍🏽', '\u200b', '\u200d', '\ufeff', '\ufffd', '\u00ad', '\u2028', '\u3000', '\u00a0', '\u2009'],
  ...['[MASK]', '[SEP]', '[UNK]', '[mask]', '[CLS', "don't", 'e.g.', '3.14', '½', 'ﬁ', 'ß', 'İ', 'ǅ', '¨', '…', '\t'],
  ...['Straße', 'naïve', 'São', 'Ωμέγα', '日本語', '한국어', 'ÅNGSTRÖM', '\u0041\u030a', 'http://a.b/c?d=e&f'],
] as const;

const kinds = Object.keys(ranges) as Range[];
const everyday = 'what is the man in red hat doing near two dogs and a bench on grass how many people are there'.split(
  ' ',
);

type Draw = (below: number) => number;

const characters = (draw: Draw, range: Range, length: number): string => {
  const [first, last] = ranges[range];
  return Array.from({ length }, () => String.fromCodePoint(first + draw(last - first + 1))).join('');
};

const word = (draw: Draw): string => {
  const kind = draw(20);
  if (kind < 7) return everyday[draw(everyday.length)]!;
  if (kind < 10) return pieces[draw(pieces.length)]!;
  if (kind === 10) return characters(draw, 'latin', 90 + draw(30)); // BERT gives up beyond 100 characters
  if (kind === 11) return [1, 2, 3].map(() => characters(draw, kinds[draw(kinds.length)]!, 1 + draw(2))).join('');
  if (kind < 15) return characters(draw, 'latin', 1 + draw(12));
  return characters(draw, kinds[draw(kinds.length)]!, 1 + draw(6));
};

/** Lines that a tokenizer may stumble over; the same ones for a count every time. */
export const trickyLines = (count: number): string[] => {
  const random = generator(keyOf(0, 'bench', 'lines'));
  const draw: Draw = (below) => Math.floor(random() * below);
  return Array.from({ length: count }, () =>
    Array.from({ length: 2 + draw(12) }, () => word(draw)).join(draw(9) ? ' ' : ''),
  );
};
