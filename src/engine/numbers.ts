/** What a graph reads and writes. Integers are int32; masks are float32, 1 real and 0 padding. */
export type Data = Float32Array | Float64Array | Int32Array;

/** A host array with its shape, row-major. `data.length` is the product of `shape`. */
export interface Numbers<D extends Data = Data> {
  readonly shape: readonly number[];
  readonly data: D;
}

/** The parameters of a model by name, in the order in which the model declares them. */
export type Weights = Map<string, Numbers<Float32Array>>;

/** How many numbers a shape holds; a scalar's shape is []. */
export const countOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

/** The bytes under an array, where they lie: nothing is copied. */
export const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);
