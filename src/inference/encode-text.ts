import { collate, type Feeds } from '../data/batch.ts';
import { checkText, textWarnings } from '../data/tokenizer.ts';
import type { Predictor } from './predictor.ts';

/** Options of `encodeText`. */
export interface EncodeTextOptions {
  /** Receives what was done to a text, a sentence each: cut short, a word unknown. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

type Reader = Pick<Predictor, 'config' | 'tokenizer'>;

/** Word piece ids of a text, with [CLS] and [SEP]. @param id its name in messages. @throws UserError where it is empty. */
export const encodeWords = (
  { config, tokenizer }: Reader,
  { id, text }: { readonly id: string; readonly text: string },
  { onWarning }: EncodeTextOptions = {},
): Int32Array => {
  checkText(text, id);
  const encoded = tokenizer.encode(text, { limit: config.sizes.words });
  for (const { message } of textWarnings(encoded, id)) onWarning?.(message);
  return encoded.ids;
};

/**
 * Feeds of texts for an open model: what its `textFeatures` takes, and, together with those of as many images, its
 * `logits`.
 *
 *   await using model = await openPredictor(await loadModel('retriever.safetensors'));
 *   const { data } = await model.textFeatures(encodeText(model, 'a red car'));         // [1, width]
 *
 * @returns `words` int32 and `word_mask` [texts, words], padded to the longest.
 * @throws UserError where a text is empty.
 */
export const encodeText = (
  model: Reader,
  texts: string | readonly string[],
  options: EncodeTextOptions = {},
): Feeds => {
  const all = typeof texts === 'string' ? [texts] : texts;
  const encoded = all.map((text, i) => {
    const name = model.config.purpose.logits ? 'question' : 'text';
    const id = all.length === 1 ? name : `${name} ${i + 1}`;
    return { id, words: encodeWords(model, { id, text }, options), images: [] };
  });
  const { words, word_mask } = collate(encoded, model.config.sizes);
  return { words: words!, word_mask: word_mask! };
};
