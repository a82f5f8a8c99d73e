import { create, toBinary } from '@bufbuild/protobuf';
import type { Numbers } from '../numbers.ts';
import { ancestors, describe, isOperation, type Leaf, type Operation, parents, type Tensor } from '../tensor.ts';
import { addComposed, isComposed } from './composed.ts';
import {
  addNode,
  type ComposedOperator,
  createGraphBuilder,
  type GraphBuilder,
  initializerName,
  OWN_DOMAIN,
  sizeVector,
} from './nodes.ts';
import { type AttributeProto, GraphProtoSchema, ModelProtoSchema } from './onnx_pb.ts';
import { addProduct, dependsOnThreads } from './products.ts';
import { attributeOf, externalInitializer, initializer, type Precision, typeOf, valueInfo } from './values.ts';

export type { Precision } from './values.ts';

/** Options of `writeOnnx`. Every key has a default. */
export interface WriteOptions {
  /** float64 is for tests of derivatives. Default float32. */
  readonly precision?: Precision | undefined;
  /** Parameters written as initializers; all others become inputs of the graph. */
  readonly weights?: ReadonlyMap<string, Numbers> | undefined;
  /**
   * Whether the weights' numbers are in the bytes, or external, for a runtime that gets them beside. Default inside.
   */
  readonly storage?: 'inside' | 'outside' | undefined;
  /** Operators to write as several simpler ones, for a device that has no kernel for them. Default: none. */
  readonly composed?: readonly ComposedOperator[] | undefined;
}

/** IR version and operator set of every file we write: plain ONNX, so that any runtime can run it. */
const IR_VERSION = 10n;
const OPSET = 20n;
/** Largest size of a protobuf file, in bytes. */
const FILE_LIMIT_BYTES = 2 ** 31 - 1;

type Outputs = Readonly<Record<string, Tensor>>;

/**
 * Writes a graph as the bytes of an ONNX model whose outputs have the given names.
 *
 * The runtime executes a reverse depth-first walk from the last leaf of the file, a leaf being a result that no node
 * consumes. So leaves are written last, in reverse: the first output is computed first, and each gradient is computed
 * while the activations it needs are still in memory.
 *
 * Every result's shape is written too, in named sizes: the runtime reuses memory among results that it knows to be
 * equally large, and its search for such pairs is quadratic in the number of results of unknown shape.
 *
 * @throws Error where two tensors have one name, no input carries a named size, or the weights would make the file
 * larger than the 2 GiB that protobuf allows.
 */
export const writeOnnx = (
  outputs: Outputs,
  { precision = 'float32', composed = [], ...storing }: WriteOptions = {},
): Uint8Array => {
  const graph = ancestors(Object.values(outputs));
  checkNames(graph, outputs);
  const builder = createGraphBuilder(precision, composed);
  for (const tensor of graph) if (!isOperation(tensor.made)) writeLeaf(builder, tensor, tensor.made, storing);
  const outputNames = new Map(Object.entries(outputs).map(([name, tensor]) => [tensor, name]));
  for (const tensor of leavesLast(graph, Object.values(outputs))) {
    if (isOperation(tensor.made)) writeOperation(builder, tensor, tensor.made, outputNames.get(tensor));
  }
  // an input that is an output too, or a tensor with two names, is copied
  for (const [name, tensor] of Object.entries(outputs)) {
    const written = builder.names.get(tensor)!;
    if (written !== name) addNode(builder, 'Identity', [written], { output: name });
  }
  return encode(builder, outputs);
};

/** Inputs, parameters and constants that the outputs depend on, in topological order. */
export const leavesOf = (outputs: readonly Tensor[]): Tensor[] =>
  ancestors(outputs).filter(({ made }) => !isOperation(made));

/** Inputs, parameters and outputs share one namespace. */
const checkNames = (graph: readonly Tensor[], outputs: Outputs): void => {
  const known = new Map<string, Tensor>();
  const claim = (name: string, tensor: Tensor): void => {
    const other = known.get(name) ?? tensor;
    known.set(name, tensor);
    if (other === tensor) return;
    throw new Error(
      `onnx: two tensors are named ${name}: ${describe(other)} and ${describe(tensor)}: use one, or rename`,
    );
  };
  for (const tensor of graph) {
    if (!isOperation(tensor.made) && tensor.made.leaf !== 'constant') claim(tensor.made.name, tensor);
  }
  for (const [name, tensor] of Object.entries(outputs)) claim(name, tensor);
};

const leavesLast = (graph: readonly Tensor[], outputs: readonly Tensor[]): Tensor[] => {
  const consumed = new Set(graph.flatMap(parents));
  const place = new Map(outputs.map((tensor, i) => [tensor, i]));
  const leaves = graph.filter((tensor) => !consumed.has(tensor)).sort((a, b) => place.get(b)! - place.get(a)!);
  return [...graph.filter((tensor) => consumed.has(tensor)), ...leaves];
};

type Storing = Pick<WriteOptions, 'weights' | 'storage'>;

const writeLeaf = (
  builder: GraphBuilder,
  tensor: Tensor,
  made: Leaf,
  { weights, storage = 'inside' }: Storing,
): void => {
  const { shape, kind } = tensor;
  const type = typeOf(kind, builder.precision);
  const name = made.leaf === 'constant' ? initializerName(builder, 'constant') : made.name;
  const numbers = made.leaf === 'constant' ? made.numbers : weights?.get(name);
  const store = made.leaf === 'constant' || storage === 'inside' ? initializer : externalInitializer;
  if (numbers === undefined) builder.inputs.push(valueInfo(name, type, shape));
  else builder.initializers.push(store(name, numbers, type));
  builder.names.set(tensor, name);
};

const writeOperation = (builder: GraphBuilder, tensor: Tensor, made: Operation, output?: string): void => {
  const from = made.from.map((tensor) => builder.names.get(tensor)!);
  const args = [...from, ...made.sizes.map((shape) => sizeVector(builder, shape))];
  // the third input of Pad, between its amounts and its axes, is the value to pad with, 0 where it is left out
  const input = made.operator === 'Pad' ? args.toSpliced(2, 0, '') : args;
  const attribute = Object.entries(made.attributes).map(([key, value]) => attributeOf(key, value, builder.precision));
  builder.names.set(tensor, addOperation(builder, made, input, { attribute, output }));
};

interface NodeOptions {
  readonly attribute: AttributeProto[];
  readonly output: string | undefined;
}

/** Adds the node, or the nodes, of an operation.  → the output's name */
const addOperation = (builder: GraphBuilder, made: Operation, input: string[], options: NodeOptions): string => {
  if (dependsOnThreads(builder, made)) return addProduct(builder, made, options);
  if (isComposed(builder, made)) return addComposed(builder, made, options.output);
  return addNode(builder, made.operator, input, options);
};

const encode = ({ nodes, initializers, inputs, names, precision }: GraphBuilder, outputs: Outputs): Uint8Array => {
  const bytes = initializers.reduce((sum, { rawData }) => sum + rawData.byteLength, 0);
  if (bytes > FILE_LIMIT_BYTES) {
    throw new Error(
      `onnx: ${bytes} bytes of weights do not fit into one file of 2 GiB: keep them outside, or feed them as inputs`,
    );
  }
  const described = (name: string, { kind, shape }: Tensor) => valueInfo(name, typeOf(kind, precision), shape);
  const between = [...names].filter(([{ made }, name]) => isOperation(made) && outputs[name] === undefined);
  const graph = create(GraphProtoSchema, {
    name: 'dide',
    node: nodes,
    initializer: initializers,
    input: inputs,
    output: Object.entries(outputs).map(([name, tensor]) => described(name, tensor)),
    valueInfo: between.map(([tensor, name]) => described(name, tensor)),
  });
  const own = nodes.some(({ domain }) => domain === OWN_DOMAIN) ? [{ domain: OWN_DOMAIN, version: 1n }] : [];
  const opsetImport = [{ domain: '', version: OPSET }, ...own];
  return toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, { irVersion: IR_VERSION, producerName: 'dide', opsetImport, graph }),
  );
};
