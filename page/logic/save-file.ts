import type { PictureAnswer } from '../source.ts';

const columns = ['path', 'date', 'answer', 'probability', 'duplicates'] as const;

/** Answers as CSV (RFC 4180), a line each; near-duplicates are joined by `|`. */
export const csvOf = (answers: readonly PictureAnswer[]): string => {
  const lines = answers.map(({ path, date, answer, probability, duplicates }) =>
    [path, date, answer, String(probability), duplicates.join('|')].map(field).join(','),
  );
  return `${[columns.join(','), ...lines].join('\r\n')}\r\n`;
};

/** A table program takes what begins so for a formula, and computes it. */
const FORMULA = /^[=+\-@\t\r]/;

const field = (value: string): string => {
  const safe = FORMULA.test(value) && Number.isNaN(Number(value)) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};

/** A search and its answers as JSON. */
export const jsonOf = (answers: readonly PictureAnswer[], about: object): string =>
  `${JSON.stringify({ ...about, answers }, null, 1)}\n`;
