/** Characters that no shell interprets. A leading ~ would be taken for the home folder. */
const PLAIN = /^[\w@%+=:,./-][\w@%+=:,./~-]*$/;

/**
 * A word of a suggested command as a POSIX shell reads it: as it is where nothing needs quoting, otherwise in single
 * quotes. Suggestions are meant to be copied, and paths may hold spaces, umlauts and quotes.
 */
export const quote = (word: string): string =>
  PLAIN.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;

/** A suggested command: its words quoted where they have to be. */
export const commandOf = (words: readonly string[]): string => words.map(quote).join(' ');
