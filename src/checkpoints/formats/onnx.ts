import { readFile, stat } from 'node:fs/promises';
import { fromBinary } from '@bufbuild/protobuf';
import { countOf, type Numbers } from '../../engine/numbers.ts';
import {
  TensorProto_DataType as DataType,
  type GraphProto,
  ModelProtoSchema,
  type TensorProto,
} from '../../engine/onnx/onnx_pb.ts';
import { UserError } from '../../errors.ts';
import { fromHalf } from './dtypes.ts';

type Floats = Numbers<Float32Array>;

/** Name of the matrix product of a `Linear`: exporters transpose and rename its weight, but not the node. */
const MATMUL = /\/MatMul$/;

/**
 * Reads the weights of an exported ONNX model by the names that its modules had. Exporters keep the names of vectors,
 * but not those of matrices: a matrix is named after the node that reads it (`/encoder/layer.0/mlp/fc1/MatMul`) and
 * transposed back to [out, in]. Other unnamed tables are named after their node in the same way:
 * `embeddings.Reshape_1`, `embeddings.Concat_6`.
 *
 * @throws UserError where the file is no ONNX model, or keeps its numbers in another file.
 */
export const readOnnxWeights = async (path: string): Promise<Map<string, Floats>> => {
  const { initializer, node } = await readGraph(path);
  const readers = new Map(node.flatMap(({ name, input }) => input.map((tensor) => [tensor, name] as const)));
  const all = new Map<string, Floats>();
  for (const tensor of initializer) {
    if (tensor.dataType !== DataType.FLOAT && tensor.dataType !== DataType.FLOAT16) continue;
    const numbers = floatsIn(tensor, path);
    const reader = readers.get(tensor.name);
    if (!tensor.name.startsWith('onnx::') || reader === undefined) all.set(tensor.name, numbers);
    else if (MATMUL.test(reader)) all.set(`${moduleOf(reader)}.weight`, transposed(numbers));
    else all.set(dotted(reader), numbers);
  }
  return all;
};

const readGraph = async (path: string): Promise<GraphProto> => {
  const { size } = await stat(path).catch((cause: unknown) => {
    throw new UserError(`${path}: it cannot be opened (${(cause as NodeJS.ErrnoException).code}): check the path`, {
      cause,
    });
  });
  if (size >= 2 ** 31) throw new UserError(`${path}: it has ${size} bytes: an ONNX model has less than 2 GiB`);
  try {
    const { graph } = fromBinary(ModelProtoSchema, await readFile(path));
    if (graph && graph.initializer.length > 0) return graph;
  } catch (cause) {
    throw new UserError(`${path}: it is no ONNX model (${String(cause)}): give another file`, { cause });
  }
  throw new UserError(`${path}: it is an ONNX model without weights: give another file`);
};

const floatsIn = ({ name, dims, dataType, rawData, floatData, externalData }: TensorProto, path: string): Floats => {
  if (externalData.length > 0) {
    throw new UserError(`${path}: ${name} lies in another file: save the model with its weights inside`);
  }
  const shape = dims.map(Number);
  const bytes = new Uint8Array(rawData).buffer; // a copy, since the bytes of a file lie at any place
  const decoded = (): Float32Array =>
    dataType === DataType.FLOAT16 ? fromHalf(new Uint16Array(bytes)) : new Float32Array(bytes);
  const data = floatData.length > 0 ? Float32Array.from(floatData) : decoded();
  if (data.length === countOf(shape)) return { shape, data };
  throw new UserError(`${path}: ${name} [${shape.join(', ')}] has ${data.length} numbers: the file is damaged`);
};

const dotted = (node: string): string => node.replace(/^\//, '').replaceAll('/', '.');
const moduleOf = (node: string): string => dotted(node.replace(MATMUL, ''));

/** Transposed matrix: [in, out] → [out, in]; anything else as it is. */
const transposed = ({ shape, data }: Floats): Floats => {
  const [rows, columns] = shape as [number, number];
  if (shape.length !== 2) return { shape, data };
  const result = new Float32Array(data.length);
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      result[column * rows + row] = data[row * columns + column]!;
    }
  }
  return { shape: [columns, rows], data: result };
};
