import type { Model } from '../../checkpoints/model-file.ts';
import type { ImageSource } from '../../data/example.ts';
import { encodePng } from '../../data/image.ts';
import type { PictureOptions } from '../../data/pictures/options.ts';
import { compile } from '../../engine/runtime/compile.ts';
import type { Pixels } from '../../kernels/pixels.ts';
import { preprocessorFor } from '../preprocessor.ts';
import { type Explainer, explainerOn, type TextOfImage } from './explainer.ts';

/** A text about an image: its path, the bytes of a file, or decoded pixels. */
export interface PairToExplain extends TextOfImage {
  readonly image: ImageSource;
  /** Name of the pair in messages. Default: `image 1` … */
  readonly id?: string | undefined;
}

/** Options of `openExplainer`. */
export interface ExplainerOptions extends PictureOptions {
  /** Threads to compute with. Default: the runtime's choice. */
  readonly threads?: number | undefined;
  /** Receives what was done to a text or an image, a sentence each: cut short, a word unknown. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/**
 * Opens models to see where each word of a text looks in an image, and each patch among the words.
 *
 *   await using explainer = openExplainer({ teacher, student });
 *   const [pair] = await explainer.explain([{ image: 'photo.jpg', text: 'what color is the bus?' }]);
 *
 * @param models by name; the others are compared with the first, which is the teacher if there is one.
 * @throws UserError where a model answers about two images together.
 */
export const openExplainer = (
  models: Readonly<Record<string, Model>>,
  { threads, ...options }: ExplainerOptions = {},
): Explainer<PairToExplain> =>
  explainerOn(models, {
    compile: (outputs, some) => compile(outputs, { ...some, threads }),
    prepare: (config, pairs) => {
      const { prepare } = preprocessorFor(config, { ...options, batch: pairs.length });
      return Promise.all(
        pairs.map(({ id, text, image }, i) =>
          prepare({ id: id ?? `image ${i + 1}`, text, images: [image], answers: [] }),
        ),
      );
    },
    draw: dataUri,
  });

const dataUri = async (pixels: Pixels): Promise<string> =>
  `data:image/png;base64,${Buffer.from(await encodePng(pixels)).toString('base64')}`;
