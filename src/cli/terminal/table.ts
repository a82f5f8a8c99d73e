import { printable, printableJson, printableLine } from './printable.ts';

/** Contents of a file or folder: text for people, an object for `--json`. */
export interface Contents {
  readonly text: string;
  readonly result: object;
}

/** A cell of a table: numbers are aligned to the right of their column, texts to the left. */
export type Cell = string | number;

/** Widest column, in characters: a longer text stands out of its column, and moves no other row. */
const WIDEST = 100;

/** A table of aligned columns; the first row is the heading, and no line ends with spaces. */
export const tableOf = (cells: readonly (readonly Cell[])[]): string => {
  const rows = cells.map((row) => row.map((cell) => (typeof cell === 'string' ? printableLine(cell) : cell)));
  const widthOf = (cell: Cell = ''): number => Math.min(WIDEST, String(cell).length);
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => widthOf(row[column]))));
  const rightward = widths.map((_, column) => rows.slice(1).every((row) => typeof row[column] === 'number'));
  const lineOf = (row: readonly Cell[]): string =>
    row
      .map((cell, i) => (rightward[i] ? String(cell).padStart(widths[i]!) : String(cell).padEnd(widths[i]!)))
      .join('  ')
      .trimEnd();
  return rows.map(lineOf).join('\n');
};

/** Named facts, one a line, the names padded to one width. */
export const factsOf = (facts: readonly (readonly [name: string, value: Cell])[]): string => {
  const width = Math.max(...facts.map(([name]) => name.length));
  return facts.map(([name, value]) => printableLine(`${name.padEnd(width)}  ${value}`)).join('\n');
};

/** 0.8375 -> 83.8 %. */
export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** 111595776 -> 111,595,776. */
export const grouped = (value: number): string => value.toLocaleString('en-US');

/** 1 -> 1 image, 5000 -> 5,000 images. @param many the plural of `one`, where that is irregular. */
export const groupedCount = (count: number, one: string, many = `${one}s`): string =>
  `${grouped(count)} ${count === 1 ? one : many}`;

const units = ['bytes', 'kB', 'MB', 'GB', 'TB'] as const;

/** 446693376 -> 446.7 MB; the units are powers of a thousand. */
export const bytesOf = (bytes: number): string => {
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return power === 0 ? `${bytes} bytes` : `${(bytes / 1000 ** power).toFixed(1)} ${units[power]}`;
};

/** 83000 -> 1 min 23 s. */
export const durationOf = (milliseconds: number): string => {
  const seconds = milliseconds / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.floor(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
};

/** Prints the result of a verb: with `--json` one JSON object, otherwise a text. */
export const print = (asText: string, result: object, { json }: { readonly json?: boolean | undefined }): void => {
  process.stdout.write(`${json ? printableJson(result) : printable(asText)}\n`);
};
