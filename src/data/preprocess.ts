import { UserError } from '../errors.ts';
import type { Pixels } from '../kernels/pixels.ts';
import type { EncodedExample, PreparedImage } from './batch.ts';
import type { Example, ImageSource } from './example.ts';
import { readImage } from './image.ts';
import { createImageMemory, type ImageMemory } from './memory/images.ts';
import { imageName } from './pictures/image-name.ts';
import type { PictureOptions, PictureStyle } from './pictures/options.ts';
import { fit, type SizeRule } from './resize.ts';
import { checkText, type Tokenizer, textWarnings } from './tokenizer.ts';

/** Options of encoding examples. */
export interface PreparerOptions extends PictureOptions {
  readonly tokenizer: Tokenizer;
  /** The size to which images are resized; `multiple` is the patch size. */
  readonly size: SizeRule;
  /** Most word pieces, [CLS] and [SEP] included; 40 by default, as in ViLT. */
  readonly limit?: number | undefined;
  /** Bytes of resized pixels that are cached for later epochs; 512 MiB by default, 0 caches none. */
  readonly memory?: number | undefined;
  /** Reads an image; `readImage` by default. */
  readonly read?: ((image: ImageSource, options: PictureOptions) => Promise<Pixels>) | undefined;
  /** Called once for each change of the data: a question cut short, an image clamped, a word unknown. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/** Changes an image before it is resized; `image` is its place among those of the example, from 0. */
export type Augment = (pixels: Pixels, image: number) => Pixels;

/**
 * Encodes an example; its errors are `UserError`s that start with the example's id. Images that `augment` changed are
 * not cached.
 */
export type Prepare = (example: Example, augment?: Augment) => Promise<EncodedExample>;

/**
 * Creates a function that reads, resizes and tokenizes. Images are cached by name: two questions about one decode it
 * once.
 */
export const createPreparer = (options: PreparerOptions): Prepare => {
  const prepareImage = imagePreparer(options, createImageMemory(options.memory ?? 512 * 2 ** 20));
  const notice = counted(options.onWarning);
  return async ({ id, text, images, pictures: usual }, augment) => {
    checkText(text, id);
    const words = options.tokenizer.encode(text, { limit: options.limit ?? 40 });
    for (const { kind, message } of textWarnings(words, id)) notice(message, kind);
    const prepared: PreparedImage[] = [];
    for (const [place, image] of images.entries()) {
      const change = augment && ((pixels: Pixels): Pixels => augment(pixels, place));
      prepared.push(
        await prepareImage(image, { notice, change, pictures: options.pictures ?? usual ?? 'as-shown' }).catch(
          (error: unknown) => rethrow(error, id, imageName(image)),
        ),
      );
    }
    return { id, words: words.ids, images: prepared };
  };
};

type Notice = (message: string) => void;

/** A kind of warnings, as a count of them says it. */
type WarningKind = keyof typeof KINDS;

const KINDS = {
  long: 'texts are too long and cut short',
  unknown: 'texts have words that the vocabulary cannot spell',
  distorted: 'images are very long and thin and distorted',
} as const;

/**
 * Says the first warning of each kind; of the others, which may be as many as there are examples, their number when it
 * is 10, 100, 1,000 and so on. A warning that is given again counts once.
 */
const counted = (onWarning: Notice = () => {}) => {
  const said = new Map<WarningKind, Set<string>>();
  return (message: string, kind: WarningKind): void => {
    const some = said.get(kind) ?? new Set();
    said.set(kind, some);
    if (some.has(message)) return;
    some.add(message);
    if (some.size === 1) onWarning(message);
    else if (/^10+$/.test(String(some.size))) onWarning(`${some.size} ${KINDS[kind]} by now, the last: ${message}`);
  };
};

/** Throws the error of an image with the example's id before it; a name that is part of the other is said once. */
const rethrow = (error: unknown, id: string, name: string): never => {
  if (!(error instanceof UserError)) throw error;
  const isOfImage = error.message.startsWith(`${name}: `);
  if (isOfImage && name.startsWith(id)) throw error;
  const what = isOfImage && id.startsWith(name) ? error.message.slice(name.length + 2) : error.message;
  throw new UserError(`${id}: ${what}`, { cause: error });
};

/** Options of preparing one image. */
interface Preparing {
  readonly notice: ReturnType<typeof counted>;
  readonly pictures: PictureStyle;
  readonly change?: ((pixels: Pixels) => Pixels) | undefined;
}

const imagePreparer = ({ size, maxMegapixels, read = readImage }: PreparerOptions, memory: ImageMemory) => {
  const underWay = new Map<string, Promise<PreparedImage>>();
  const prepare = async (source: ImageSource, { notice, pictures, change }: Preparing): Promise<PreparedImage> => {
    const pixels = await read(source, { pictures, maxMegapixels });
    return fit(change?.(pixels) ?? pixels, size, (message) => notice(`${imageName(source)}: ${message}`, 'distorted'));
  };
  return async (source: ImageSource, how: Preparing): Promise<PreparedImage> => {
    if (how.change) return prepare(source, how);
    const name = `${how.pictures} ${imageName(source)}`;
    const known = memory.get(name) ?? underWay.get(name);
    if (known) return known;
    const image = prepare(source, how)
      .then((whole) => {
        memory.keep(name, whole);
        return whole;
      })
      .finally(() => underWay.delete(name));
    underWay.set(name, image);
    return image;
  };
};
