import { gather, slice } from '../engine/ops.ts';
import type { Size } from '../engine/shapes.ts';
import type { Tensor } from '../engine/tensor.ts';
import type { ImageInput } from './inputs.ts';
import type { Encoded, Stream } from './outputs.ts';

/** Some examples of a batch: the rows of whatever has it along its first axis. */
export type Select = (x: Tensor) => Tensor;

/** Those at the given places: int32 [rows]. */
export const atIndices =
  (places: Tensor): Select =>
  (x) =>
    gather(x, places);

/** The first `count`. */
export const firstRows =
  (count: Size): Select =>
  (x) =>
    slice(x, 0, 0, count);

/** Some of the images that are fed. */
export const selectImages = ({ patches, mask, positions }: ImageInput, rows: Select): ImageInput => ({
  patches: rows(patches),
  mask: rows(mask),
  positions: rows(positions),
});

/** What some of the texts or images became. */
export const selectStream = ({ mask, embedded, layers, last, first }: Stream, rows: Select): Stream => ({
  mask: rows(mask),
  embedded: rows(embedded),
  last: rows(last),
  first: rows(first),
  layers: layers.map(({ query, key, hidden }) => ({ query: rows(query), key: rows(key), hidden: rows(hidden) })),
});

/** What some of the pairs became. */
export const selectPairs = ({ text, image, pair }: Encoded, rows: Select): Encoded => ({
  text: selectStream(text, rows),
  image: selectStream(image, rows),
  pair: rows(pair),
});
