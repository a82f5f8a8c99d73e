/**
 * Arrays that a graph reads and writes. Integers are int32; masks are float32, 1 for real and 0 for padding. Numbers that
 * are kept small are inputs alone: the bits of float16 in a Uint16Array, and int8.
 */
export type Data = Float32Array | Float64Array | Int32Array | Uint16Array | Int8Array;

/** An array of numbers with its shape, row-major. `data.length` is the product of `shape`. */
export interface Numbers<D extends Data = Data> {
  readonly shape: readonly number[];
  readonly data: D;
}

/** The parameters of a model by name, in the order in which the model declares them. */
export type Weights = Map<string, Numbers<Float32Array>>;

/** Number of elements of a shape; a scalar's shape is []. */
export const countOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

/** A view of an array's bytes, without a copy. */
export const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);
