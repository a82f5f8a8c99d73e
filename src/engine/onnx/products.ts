/**
 * Matrix products whose bits would depend on the number of threads, written in pieces that do not.
 *
 * ONNX Runtime (MLAS) adds up K in slices, and rounds after each. A slice has 128 elements, but 256 where a thread
 * computes at most 64 columns, 512 at most 32, 1024 at most 16. A product of more columns than rows is shared out by
 * columns, so that more threads mean longer slices and other bits. All other products keep theirs: those with at least
 * as many rows as columns are shared out by rows, those over at most 128 elements have one slice, those that read their
 * left side transposed (gradients of weights) and those with packed weights (inference) have slices of fixed length.
 */
import { type Size, termsOf } from '../shapes.ts';
import type { Operation } from '../tensor.ts';
import { addNode, type GraphBuilder, sizeVector } from './nodes.ts';
import type { AttributeProto } from './onnx_pb.ts';
import { integer } from './values.ts';

/** A piece has so few columns that its slices have `INNER` elements on one thread, and at least as many on more. */
const COLUMNS = 64;
const INNER = 256;
const SHORTEST_SLICE = 128;

/**
 * Whether a product is to be written in pieces: one row an example (so that rows may be fewer than columns), 65 to 128
 * columns, and a right side that is no initializer. Wider products keep their bits on up to columns / 64 - 1 threads,
 * and those of one row a token have more rows than columns in all but the smallest batches.
 */
export const dependsOnThreads = (builder: GraphBuilder, { operator, attributes, from }: Operation): boolean => {
  if (operator !== 'Gemm' || attributes.transA !== 0 || from.length > 2) return false;
  const [rows, inner] = from[0]!.shape as readonly [Size, Size];
  const columns = from[1]!.shape[columnAxis(attributes)]!;
  if (!isPerExample(rows) || typeof inner !== 'number' || typeof columns !== 'number') return false;
  if (inner <= SHORTEST_SLICE || columns <= COLUMNS || columns > 2 * COLUMNS) return false;
  const right = builder.names.get(from[1]!);
  return builder.initializers.every(({ name }) => name !== right);
};

/** Whether a size is a name, or a multiple of one: that of rows of which an example has one, or so many. */
export const isPerExample = (size: Size): boolean => {
  const terms = termsOf(size);
  return terms.length === 1 && terms[0]!.names.length === 1;
};

const columnAxis = ({ transB }: Operation['attributes']): 0 | 1 => (transB === 1 ? 0 : 1);

interface NodeOptions {
  readonly attribute: AttributeProto[];
  readonly output: string | undefined;
}

/** Adds such a product in pieces. Its bits are those that the whole has on two threads.  → the output's name */
export const addProduct = (builder: GraphBuilder, { from, attributes }: Operation, options: NodeOptions): string => {
  const [left, right] = from.map((tensor) => builder.names.get(tensor)!) as [string, string];
  const axis = columnAxis(attributes);
  const cutInner = (name: string, along: number): string[] => cut(builder, name, along, [from[0]!.shape[1]!, INNER]);
  const lefts = cutInner(left, 1);
  const pieces = cut(builder, right, axis, [from[1]!.shape[axis]!, COLUMNS]).map((columns) => {
    let sum: string | undefined;
    for (const [i, one] of cutInner(columns, 1 - axis).entries()) {
      const operands = [lefts[i]!, one];
      sum = addNode(builder, 'Gemm', sum === undefined ? operands : [...operands, sum], {
        attribute: options.attribute,
      });
    }
    return sum!;
  });
  return addNode(builder, 'Concat', pieces, { attribute: [integer('axis', 1)], output: options.output });
};

/** A result cut along one axis into slices of at most `length`.  → their names */
const cut = (builder: GraphBuilder, name: string, axis: number, [size, length]: readonly [Size, number]): string[] => {
  const count = Math.ceil((size as number) / length);
  if (count === 1) return [name];
  return Array.from({ length: count }, (_, i) => {
    const range = [i * length, Math.min(size as number, (i + 1) * length), axis];
    return addNode(builder, 'Slice', [name, ...range.map((one) => sizeVector(builder, [one]))]);
  });
};
