import { gather, slice } from '../engine/ops.ts';
import type { Size } from '../engine/shapes.ts';
import type { Tensor } from '../engine/tensor.ts';
import type { Encoded, ImageInput, Stream } from './encoded.ts';

/** Some examples of a batch: the rows of whatever has it along its first axis. */
export type Rows = (x: Tensor) => Tensor;

/** Those at the given places: int32 [rows]. */
export const rowsAt =
  (places: Tensor): Rows =>
  (x) =>
    gather(x, places);

/** The first `count`. */
export const firstRows =
  (count: Size): Rows =>
  (x) =>
    slice(x, 0, 0, count);

/** Some of the images that are fed. */
export const rowsOfImages = ({ patches, mask, positions }: ImageInput, rows: Rows): ImageInput => ({
  patches: rows(patches),
  mask: rows(mask),
  positions: rows(positions),
});

/** What some of the texts or images became. */
export const rowsOfStream = ({ mask, embedded, layers, last, first }: Stream, rows: Rows): Stream => ({
  mask: rows(mask),
  embedded: rows(embedded),
  last: rows(last),
  first: rows(first),
  layers: layers.map(({ query, key, hidden }) => ({ query: rows(query), key: rows(key), hidden: rows(hidden) })),
});

/** What some of the pairs became. */
export const rowsOfPairs = ({ text, image, pair }: Encoded, rows: Rows): Encoded => ({
  text: rowsOfStream(text, rows),
  image: rowsOfStream(image, rows),
  pair: rows(pair),
});
