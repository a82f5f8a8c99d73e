import { gather, slice } from '../engine/ops.ts';
import type { Size } from '../engine/shapes.ts';
import type { Tensor } from '../engine/tensor.ts';
import type { ImageInput } from './inputs.ts';
import type { Encoded, Stream } from './outputs.ts';

/** Selection of examples of a batch: rows along the first axis of a tensor. */
export type Select = (x: Tensor) => Tensor;

/** Selects the rows at some indices: int32 [rows]. */
export const atIndices =
  (places: Tensor): Select =>
  (x) =>
    gather(x, places);

/** Selects the first rows. */
export const firstRows =
  (count: Size): Select =>
  (x) =>
    slice(x, 0, 0, count);

/** Selects images among the inputs. */
export const selectImages = ({ patches, mask, positions }: ImageInput, rows: Select): ImageInput => ({
  patches: rows(patches),
  mask: rows(mask),
  positions: rows(positions),
});

/** Selects examples of a stream. */
export const selectStream = ({ mask, embedded, layers, last, first }: Stream, rows: Select): Stream => ({
  mask: rows(mask),
  embedded: rows(embedded),
  last: rows(last),
  first: rows(first),
  layers: layers.map(({ query, key, hidden }) => ({ query: rows(query), key: rows(key), hidden: rows(hidden) })),
});

/** Selects encoded pairs. */
export const selectPairs = ({ text, image, pair }: Encoded, rows: Select): Encoded => ({
  text: selectStream(text, rows),
  image: selectStream(image, rows),
  pair: rows(pair),
});
