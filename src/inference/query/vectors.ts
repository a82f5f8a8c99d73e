import type { Numbers } from '../../engine/numbers.ts';
import type { ImageCache } from '../image-cache.ts';

/** Vectors that are read together. */
const AT_ONCE = 1024;

/** Kept features of images at places in any order: [places, width]. */
export const vectorsAt = async (images: ImageCache, places: Uint32Array): Promise<Float32Array<ArrayBuffer>> => {
  const { width } = images.about;
  const all = new Float32Array(places.length * width);
  const order = Uint32Array.from(places.keys()).sort((a, b) => places[a]! - places[b]!);
  const only = order.map((i) => places[i]!);
  let done = 0;
  for await (const { features, places: some } of images.blocks({ rows: AT_ONCE, only })) {
    for (let i = 0; i < some.length; i += 1)
      all.set(features.data.subarray(i * width, (i + 1) * width), order[done + i]! * width);
    done += some.length;
  }
  return all;
};

/** Vectors of images at places in any order, made of length 1: [places, width]. */
export const unitVectorsOf = async (images: ImageCache, places: Uint32Array): Promise<Float32Array> => {
  const all = await vectorsAt(images, places);
  toUnitLength(all, images.about.width);
  return all;
};

/** Divides each vector by its length; one of zeros stays so. */
export const toUnitLength = (vectors: Float32Array, width: number): void => {
  for (let start = 0; start < vectors.length; start += width) {
    const vector = vectors.subarray(start, start + width);
    const length = lengthOf(vector);
    for (let k = 0; k < width; k += 1) vector[k]! /= length;
  }
};

/** Euclidean length of a vector; 1 of zeros, by which they may be divided. */
export const lengthOf = (vector: Float32Array): number => {
  let sum = 0;
  for (const value of vector) sum += value * value;
  return Math.sqrt(sum) || 1;
};

/**
 * Cosines of the angles between the vectors of images and texts, which have length 1: [images, width], [texts, width] →
 * [images, texts]. The temperature changes no order and is left out.
 */
export const cosines = (images: Numbers, texts: Numbers): Numbers<Float32Array> => {
  const [rows, width] = images.shape as [number, number];
  const columns = texts.shape[0]!;
  const data = new Float32Array(rows * columns);
  for (let i = 0; i < rows; i += 1) {
    for (let j = 0; j < columns; j += 1) {
      let sum = 0;
      for (let k = 0; k < width; k += 1) sum += images.data[i * width + k]! * texts.data[j * width + k]!;
      data[i * columns + j] = sum;
    }
  }
  return { shape: [rows, columns], data };
};
