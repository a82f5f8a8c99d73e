import { CONTROL } from '../../files/control-characters.ts';

/** Characters that no shell interprets. A leading ~ would be taken for the home folder. */
const PLAIN = /^[\w@%+=:,./-][\w@%+=:,./~-]*$/;

/**
 * A word of a suggested command as a POSIX shell reads it: as it is where nothing needs quoting, otherwise in single
 * quotes. Suggestions are meant to be copied, and paths may hold spaces, umlauts and quotes. One with control characters is
 * written with their codes, so that the suggestion stays one line and gives the terminal no orders.
 */
export const quote = (word: string): string => {
  if (PLAIN.test(word)) return word;
  if (word.search(CONTROL) < 0) return `'${word.replaceAll("'", String.raw`'\''`)}'`;
  return `"$(printf '${word.replaceAll('\\', '\\\\').replaceAll('%', '%%').replaceAll("'", octal).replaceAll(CONTROL, octal)}')"`;
};

/** The bytes of a character as printf(1) reads them. */
const octal = (character: string): string =>
  [...Buffer.from(character)].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');

/** A suggested command: its words quoted where they have to be. */
export const commandOf = (words: readonly string[]): string => words.map(quote).join(' ');
