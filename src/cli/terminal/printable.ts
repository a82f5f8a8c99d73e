/** Control characters, C0 and C1, that give orders to a terminal. */
const CONTROL = /\p{Cc}/gu;

/**
 * A text that may hold names of files, tensors or columns that others chose, safe to be printed: its control characters
 * other than line ends and tabs become U+FFFD.
 */
export const printable = (text: string): string =>
  text.replaceAll(CONTROL, (character) => (character === '\n' || character === '\t' ? character : '\ufffd'));

/** Makes a text safe to be printed within one line: line ends and tabs become U+FFFD, too. */
export const printableLine = (text: string): string => text.replaceAll(CONTROL, '\ufffd');
