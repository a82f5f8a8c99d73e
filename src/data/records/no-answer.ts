/** Texts that data sets write where an answer is not known, beside a blank one. */
const UNKNOWN = new Set(['', '-', '-1', '-1.0', 'NaN', 'nan']);

/**
 * Whether a value of an answer field says that no answer is known, by the one rule of every reader: it is absent or
 * null, a blank text, `-`, `-1` (number or text), NaN (number or text), or a list or an object of nothing but these.
 */
export const isNoAnswer = (value: unknown): boolean => {
  if (value === undefined || value === null) return true;
  if (typeof value === 'number') return Number.isNaN(value) || value === -1;
  if (typeof value === 'string') return UNKNOWN.has(value.trim());
  return typeof value === 'object' && Object.values(value).every(isNoAnswer);
};
