import { CONTROL, escapeControls } from '../../files/control-characters.ts';

/**
 * A text that may hold names of files, tensors or columns that others chose, safe to be printed: its control characters
 * other than line ends and tabs become U+FFFD.
 */
export const printable = (text: string): string =>
  text.replaceAll(CONTROL, (character) => (character === '\n' || character === '\t' ? character : '\ufffd'));

/** Makes a text safe to be printed within one line: line ends and tabs become U+FFFD, too. */
export const printableLine = (text: string): string => text.replaceAll(CONTROL, '\ufffd');

/** JSON that is safe to be printed, and parses to exactly the same: what gives orders is escaped. */
export const printableJson = (value: unknown): string => escapeControls(JSON.stringify(value));
