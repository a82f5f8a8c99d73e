import { create, toBinary } from '@bufbuild/protobuf';
import type { Numbers } from '../numbers.ts';
import { ancestors, describe, isOperation, type Leaf, type Operation, parents, type Tensor } from '../tensor.ts';
import { addNode, createDraft, type Draft, initializerName, sizeVector } from './nodes.ts';
import { GraphProtoSchema, ModelProtoSchema } from './onnx_pb.ts';
import { attributeOf, outsideTensorOf, type Precision, tensorOf, typeOf, valueInfo } from './values.ts';

export type { Precision } from './values.ts';

/** How a graph is written. Every key has a default. */
export interface WriteOptions {
  /** float64 is for tests of derivatives. Default float32. */
  readonly precision?: Precision | undefined;
  /** Parameters that the model holds as initializers; the others are inputs of the graph. */
  readonly weights?: ReadonlyMap<string, Numbers> | undefined;
  /** Whether the weights' numbers are in the bytes, or stay outside, for a runtime that is given them. Default inside. */
  readonly storage?: 'inside' | 'outside' | undefined;
}

/** IR version and operator set of every file we write: plain ONNX, so that any runtime can run it. */
const IR_VERSION = 10n;
const OPSET = 20n;
/** What one protobuf file may hold. */
const FILE_LIMIT_BYTES = 2 ** 31 - 1;

type Outputs = Readonly<Record<string, Tensor>>;

/**
 * Symbols -> the bytes of an ONNX model whose outputs carry the given names.
 *
 * The runtime executes a reverse depth-first walk from the last leaf of the file, a leaf being a result that nobody
 * consumes. So leaves are written last, in reverse: the first output is computed first, and each gradient is taken
 * while the activations it needs are still there.
 *
 * Every result's shape is written too, in named sizes: a runtime that knows which results are equally large gives one
 * the memory of another, and the search for such a pair is quadratic in those of which it does not know.
 *
 * @throws Error where two tensors have one name, no input carries a named size, or the weights would make the file
 * larger than the 2 GiB that protobuf allows.
 */
export const writeOnnx = (outputs: Outputs, { precision = 'float32', ...holding }: WriteOptions = {}): Uint8Array => {
  const graph = ancestors(Object.values(outputs));
  checkNames(graph, outputs);
  const draft = createDraft(precision);
  for (const tensor of graph) if (!isOperation(tensor.made)) writeLeaf(draft, tensor, tensor.made, holding);
  const given = new Map(Object.entries(outputs).map(([name, tensor]) => [tensor, name]));
  for (const tensor of leavesLast(graph, Object.values(outputs))) {
    if (isOperation(tensor.made)) writeOperation(draft, tensor, tensor.made, given.get(tensor));
  }
  // an input that is an output too, or a tensor with two names, is copied
  for (const [name, tensor] of Object.entries(outputs)) {
    const written = draft.names.get(tensor)!;
    if (written !== name) addNode(draft, 'Identity', [written], { output: name });
  }
  return encode(draft, outputs);
};

/** The leaves of what the outputs need, in the order in which they are met. */
export const leavesOf = (outputs: readonly Tensor[]): Tensor[] =>
  ancestors(outputs).filter(({ made }) => !isOperation(made));

/** Inputs, parameters and outputs share one space of names. */
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

type Holding = Pick<WriteOptions, 'weights' | 'storage'>;

const writeLeaf = (draft: Draft, tensor: Tensor, made: Leaf, { weights, storage = 'inside' }: Holding): void => {
  const { shape, kind } = tensor;
  const type = typeOf(kind, draft.precision);
  const name = made.leaf === 'constant' ? initializerName(draft, 'constant') : made.name;
  const numbers = made.leaf === 'constant' ? made.numbers : weights?.get(name);
  const hold = made.leaf === 'constant' || storage === 'inside' ? tensorOf : outsideTensorOf;
  if (numbers === undefined) draft.inputs.push(valueInfo(name, type, shape));
  else draft.initializers.push(hold(name, numbers, type));
  draft.names.set(tensor, name);
};

const writeOperation = (draft: Draft, tensor: Tensor, made: Operation, output?: string): void => {
  const args = [
    ...made.from.map((from) => draft.names.get(from)!),
    ...made.sizes.map((shape) => sizeVector(draft, shape)),
  ];
  // between a Pad's amounts and its axes stands the number to pad with, 0 where it is left out
  const input = made.operator === 'Pad' ? args.toSpliced(2, 0, '') : args;
  const attribute = Object.entries(made.attributes).map(([key, value]) => attributeOf(key, value, draft.precision));
  draft.names.set(tensor, addNode(draft, made.operator, input, { attribute, ...(output !== undefined && { output }) }));
};

const encode = ({ nodes, initializers, inputs, names, precision }: Draft, outputs: Outputs): Uint8Array => {
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
  const opsetImport = [{ domain: '', version: OPSET }];
  return toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, { irVersion: IR_VERSION, producerName: 'dide', opsetImport, graph }),
  );
};
