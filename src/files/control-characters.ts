/**
 * Characters that give orders to a terminal: controls, C0 and C1, those that turn the direction of what follows, and the
 * line ends of Unicode.
 */
export const CONTROL = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;

/** A line of JSON that is safe to be printed, and parses to exactly the same: what gives orders is escaped. */
export const escapeControls = (json: string): string =>
  json.replaceAll(CONTROL, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
