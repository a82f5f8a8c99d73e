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
  return (Array.isArray(value) || isRecord(value)) && Object.values(value).every(isNoAnswer);
};

/** Whether a value is an object of fields, and not one of a class, such as a date, which has none. */
export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
};
