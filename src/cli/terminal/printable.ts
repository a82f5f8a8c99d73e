/**
 * Characters that give orders to a terminal: controls, C0 and C1, those that turn the direction of what follows, and the
 * line ends of Unicode.
 */
const CONTROL = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;

/**
 * A text that may hold names of files, tensors or columns that others chose, safe to be printed: its control characters
 * other than line ends and tabs become U+FFFD.
 */
export const printable = (text: string): string =>
  text.replaceAll(CONTROL, (character) => (character === '\n' || character === '\t' ? character : '\ufffd'));

/** Makes a text safe to be printed within one line: line ends and tabs become U+FFFD, too. */
export const printableLine = (text: string): string => text.replaceAll(CONTROL, '\ufffd');

/** JSON that is safe to be printed, and parses to exactly the same: what gives orders is escaped. */
export const printableJson = (value: unknown): string =>
  JSON.stringify(value).replaceAll(
    CONTROL,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
