import type { Model } from '../checkpoints/model-file.ts';
import { createTokenizer } from '../data/tokenizer.ts';
import { compileWith, type OnnxRuntimeWeb, type WebOptions } from '../engine/runtime/web.ts';
import { encodeWords } from '../inference/encode-text.ts';
import { type Explainer, explainerOn, type TextOfImage } from '../inference/explain/explainer.ts';
import type { Pixels } from '../kernels/pixels.ts';
import { prepareImage } from './images.ts';
import { dataUri, type WebImage } from './pixels.ts';

/** A text about a picture in hand. */
export interface WebPair extends TextOfImage {
  readonly image: WebImage;
}

/** Options of `openExplainer`. */
export interface WebExplainerOptions extends WebOptions {
  /** Receives what was done to a text or a picture, a sentence each: cut short, a word unknown. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/**
 * Opens models to see where each word of a text looks in a picture, as `openExplainer` of `dide/query` does.
 *
 *   await using explainer = openExplainer({ teacher, student }, ort);
 *   const [pair] = await explainer.explain([{ image: file, text: 'what color is the bus?' }]);
 *
 * @param models by name; the others are compared with the first, which is the teacher if there is one.
 * @throws UserError where a model answers about two pictures together.
 */
export const openExplainer = (
  models: Readonly<Record<string, Model>>,
  ort: OnnxRuntimeWeb,
  { onWarning, ...options }: WebExplainerOptions = {},
): Explainer<WebPair> =>
  explainerOn(models, {
    compile: compileWith(ort, options),
    prepare: (config, pairs) => {
      const reader = { config, tokenizer: createTokenizer(config.vocabulary, config.words) };
      return Promise.all(
        pairs.map(async ({ text, image }, i) => ({
          id: `picture ${i + 1}`,
          words: encodeWords(reader, { id: 'text', text }, { onWarning }),
          images: [await prepareImage(reader, image, { onWarning })],
        })),
      );
    },
    draw: (pixels: Pixels) => dataUri(pixels),
  });
