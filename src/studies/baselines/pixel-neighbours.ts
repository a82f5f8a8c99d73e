import type { ImageSource } from '../../data.ts';
import { type Gallery, imageName, readImage, resize } from '../../data.ts';
import type { Numbers } from '../../engine.ts';
import { UserError } from '../../errors.ts';
import type { Example } from '../../index.ts';

export interface PixelOptions {
  /** Side to which every image is resized, in pixels. Default 16. */
  readonly side?: number | undefined;
  readonly onProgress?: ((done: number, of: number) => void) | undefined;
}

/**
 * Retrieval by nearest neighbours in pixel space, the baseline of a trained retriever. The score of an image and a text
 * is minus the squared distance of the image to the nearest training image of the text's concept (`concept` of its
 * row): it is given the concept instead of reading the text, which makes the baseline stronger.
 *
 * @returns scores [images, texts] for `recalls`; -Infinity where a concept has no training image.
 * @throws UserError where a row has no concept, or an image cannot be read.
 */
export const pixelNeighbours = async (
  { images, texts }: Pick<Gallery, 'images' | 'texts'>,
  train: readonly Example[],
  { side = 16, onProgress = () => {} }: PixelOptions = {},
): Promise<Numbers> => {
  const known = new Map(train.map((example) => [imageName(example.images[0]!), example]));
  const seen = await Promise.all([...known.values()].map(({ images: [image] }) => thumbnail(image!, side)));
  const concepts = [...known.values()].map(conceptOf);
  const wanted = texts.map(conceptOf);
  const scores = new Float32Array(images.length * texts.length);
  for (const [
    row,
    {
      images: [image],
    },
  ] of images.entries()) {
    const nearest = nearestOf(await thumbnail(image!, side), seen, concepts);
    for (const [column, concept] of wanted.entries())
      scores[row * texts.length + column] = -(nearest.get(concept) ?? Number.POSITIVE_INFINITY);
    onProgress(row + 1, images.length);
  }
  return { shape: [images.length, texts.length], data: scores };
};

const conceptOf = ({ id, about }: Example): string => {
  if (typeof about?.concept === 'string') return about.concept;
  throw new UserError(`${id}: has no "concept", by which its picture is found again in another style: add it.`);
};

const thumbnail = async (image: ImageSource, side: number): Promise<Uint8Array> =>
  resize(await readImage(image), side, side).data;

/** Smallest distance of an image to the training images of each concept. */
const nearestOf = (
  picture: Uint8Array,
  seen: readonly Uint8Array[],
  concepts: readonly string[],
): ReadonlyMap<string, number> => {
  const nearest = new Map<string, number>();
  for (const [i, other] of seen.entries()) {
    const apart = distanceOf(picture, other);
    if (apart < (nearest.get(concepts[i]!) ?? Number.POSITIVE_INFINITY)) nearest.set(concepts[i]!, apart);
  }
  return nearest;
};

const distanceOf = (a: Uint8Array, b: Uint8Array): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) {
    const apart = a[i]! - b[i]!;
    sum += apart * apart;
  }
  return sum;
};
