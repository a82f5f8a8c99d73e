/** A word of a question, and the places of its pieces among those that the model reads. */
export interface Word {
  readonly text: string;
  readonly pieces: readonly number[];
}

/** Joins word pieces, `red ##dish` → `reddish`, and leaves out the marks of beginning and end. */
export const wordsOf = (pieces: readonly string[]): Word[] => {
  const words: { text: string; pieces: number[] }[] = [];
  for (const [place, piece] of pieces.entries()) {
    if (/^\[[A-Z]+\]$/.test(piece)) continue;
    const last = words.at(-1);
    if (piece.startsWith('##') && last) {
      last.text += piece.slice(2);
      last.pieces.push(place);
    } else words.push({ text: piece, pieces: [place] });
  }
  return words;
};

/** Mean over heads, without the image's [CLS]: [heads][words][1 + patches] → [words][patches] */
export const overHeads = (heads: readonly (readonly (readonly number[])[])[]): number[][] =>
  heads[0]!.map((row, word) =>
    row.slice(1).map((_, patch) => heads.reduce((sum, head) => sum + head[word]![patch + 1]!, 0) / heads.length),
  );

/** Mean of rows of equal length. */
export const meanOf = (rows: readonly (readonly number[])[]): number[] =>
  rows[0]!.map((_, i) => rows.reduce((sum, row) => sum + row[i]!, 0) / rows.length);

/** Attention as strengths between 0, of the least, and 1, of the most. */
export const strengths = (attention: readonly number[]): number[] => {
  const [least, most] = [Math.min(...attention), Math.max(...attention)];
  return attention.map((weight) => (most > least ? (weight - least) / (most - least) : 0));
};

/** Place of the word that looks at one patch the most, which shows best what attention is. */
export const sharpestWord = (words: readonly Word[], attention: readonly (readonly number[])[]): number => {
  const peaks = words.map(({ pieces }) => Math.max(...meanOf(pieces.map((piece) => attention[piece]!))));
  return Math.max(0, peaks.indexOf(Math.max(...peaks)));
};
