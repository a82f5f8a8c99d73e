import type { EncodedExample } from '../data/batch.ts';
import { type ScoredAnswer, scoredLabel } from '../data/example.ts';
import { checkText, createTokenizer } from '../data/tokenizer.ts';
import type { ModelConfig } from '../model/config.ts';
import { prepareImage } from './images.ts';
import type { WebImage } from './pixels.ts';

/** A labelled picture: what it is asked, and the right answer. */
export interface WebExample {
  readonly images: WebImage | readonly WebImage[];
  readonly text: string;
  readonly answer: string;
}

/** A labelled picture that is decoded, resized and tokenized: some hundred kilobytes. */
export interface PreparedExample extends EncodedExample {
  readonly text: string;
  readonly answers: readonly ScoredAnswer[];
}

/**
 * Prepares labelled pictures for training, one by one.
 *
 * @throws UserError where a text is empty, or the browser cannot decode a picture.
 */
export async function* prepareExamples(
  { config }: { readonly config: ModelConfig },
  examples: Iterable<WebExample>,
): AsyncGenerator<PreparedExample, void, undefined> {
  const tokenizer = createTokenizer(config.vocabulary, config.words);
  let number = 0;
  for (const { images, text, answer } of examples) {
    number += 1;
    const id = `example ${number}`;
    checkText(text, id);
    const prepared = [];
    for (const image of [images].flat()) prepared.push(await prepareImage({ config }, image as WebImage));
    const { ids } = tokenizer.encode(text, { limit: config.sizes.words });
    yield { id, text, words: ids, images: prepared, answers: scoredLabel(answer) };
  }
}
