import { collate, type Feeds } from '../data/batch.ts';
import { textWarnings } from '../data/preprocess.ts';
import { checkText } from '../data/tokenizer.ts';
import type { Predictor } from './predictor.ts';

/** A text, and its name in messages. */
export interface NamedText {
  readonly id: string;
  readonly text: string;
}

type Reader = Pick<Predictor, 'config' | 'tokenizer'>;

/**
 * Word piece ids of a text, with [CLS] and [SEP].
 *
 * @param onWarning receives what was done to it: cut short, a word unknown.
 * @throws UserError where it is empty.
 */
export const encodeWords = (
  { config, tokenizer }: Reader,
  { id, text }: NamedText,
  onWarning: (message: string) => void = () => {},
): Int32Array => {
  checkText(text, id);
  const encoded = tokenizer.encode(text, { limit: config.sizes.words });
  for (const warning of textWarnings(encoded, id)) onWarning(warning);
  return encoded.ids;
};

/** Feeds of one text. @throws UserError where it is empty. */
export const encodeText = (reader: Reader, named: NamedText, onWarning?: (message: string) => void): Feeds =>
  collate([{ id: named.id, words: encodeWords(reader, named, onWarning), images: [] }], reader.config.sizes);
