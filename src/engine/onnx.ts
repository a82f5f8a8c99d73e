import { create, toBinary } from '@bufbuild/protobuf';
import type { Numbers } from './numbers.ts';
import {
  AttributeProto_AttributeType as AttributeType,
  type AttributeProto,
  AttributeProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  type TensorProto,
  TensorProto_DataLocation as DataLocation,
  TensorProto_DataType as DataType,
  TensorProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from './onnx_pb.ts';
import { type Shape, type Size, termsOf } from './shapes.ts';
import { ancestors, type Attribute, isOperation, type Kind, type Operation, parents, type Tensor } from './tensor.ts';

export type Precision = 'float32' | 'float64';

export interface WriteOptions {
  /** float64 is for tests of derivatives. Default float32. */
  readonly precision?: Precision;
  /** Parameters that the model holds as initializers; the others are inputs of the graph. */
  readonly weights?: ReadonlyMap<string, Numbers>;
  /** Whether the weights' numbers are in the bytes, or stay outside, for a runtime that is given them. Default inside. */
  readonly storage?: 'inside' | 'outside';
}

/** IR version and operator set of every file we write: plain ONNX, so that any runtime can run it. */
const IR_VERSION = 10n;
const OPSET = 20n;
/** What one protobuf file may hold. */
const FILE_LIMIT_BYTES = 2 ** 31 - 1;

/**
 * Symbols -> the bytes of an ONNX model whose outputs carry the given names.
 *
 * The runtime executes a reverse depth-first walk from the last leaf of the file, a leaf being a result that nobody
 * consumes. So leaves are written last, in reverse: the first output is computed first, and each gradient is taken
 * while the activations it needs are still there.
 *
 * @throws Error where the weights would make the file larger than the 2 GiB that protobuf allows.
 */
export const writeOnnx = (outputs: Readonly<Record<string, Tensor>>, options: WriteOptions = {}): Uint8Array => {
  const graph = ancestors(Object.values(outputs));
  const writer = createWriter(graph, outputs, options);
  const consumed = new Set(graph.flatMap(parents));
  const leaves = graph.filter((tensor) => !consumed.has(tensor));
  for (const tensor of graph) if (consumed.has(tensor)) writer.define(tensor);
  const order = Object.values(outputs);
  for (const tensor of leaves.sort((a, b) => order.indexOf(b) - order.indexOf(a))) writer.define(tensor);
  return writer.finish();
};

/** The leaves of what the outputs need, in the order in which they are met. */
export const leavesOf = (outputs: readonly Tensor[]): Tensor[] =>
  ancestors(outputs).filter(({ made }) => !isOperation(made));

interface Writer {
  define(tensor: Tensor): void;
  finish(): Uint8Array;
}

type Outputs = Readonly<Record<string, Tensor>>;

const createWriter = (
  graph: readonly Tensor[],
  outputs: Outputs,
  { precision = 'float32', weights = new Map(), storage = 'inside' }: WriteOptions,
): Writer => {
  const outputNames = new Map(Object.entries(outputs).map(([name, tensor]) => [tensor, name]));
  const nodes: NodeProto[] = [];
  const initializers: TensorProto[] = [];
  const inputs: ValueInfoProto[] = [];
  const names = new Map<Tensor, string>();
  const type = (kind: Kind): DataType => typeOf(kind, precision);
  const node: AddNode = (opType, input, attribute = [], output = `${opType.toLowerCase()}_${nodes.length}`) => {
    nodes.push(create(NodeProtoSchema, { opType, name: output, input, output: [output], attribute }));
    return output;
  };
  const sizes = createSizes(graph, { node, initializers, nameOf: (tensor) => names.get(tensor)! });

  const operate = ({ operator, from, sizes: operands, attributes }: Operation, name?: string): string => {
    const args = [...from.map((tensor) => names.get(tensor)!), ...operands.map(sizes.vector)];
    return node(
      operator,
      operator === 'Pad' ? args.toSpliced(2, 0, '') : args,
      Object.entries(attributes).map(([key, value]) => attributeOf(key, value, type)),
      name,
    );
  };
  const enter = (tensor: Tensor): string => {
    const { made, kind, shape } = tensor;
    if (isOperation(made)) return operate(made, outputNames.get(tensor));
    if (made.leaf === 'constant') {
      const name = `constant_${initializers.length}`;
      initializers.push(tensorOf(name, made.numbers, type(kind)));
      return name;
    }
    const baked = weights.get(made.name);
    const hold = storage === 'inside' ? tensorOf : outsideTensorOf;
    if (baked) initializers.push(hold(made.name, baked, type(kind)));
    else inputs.push(valueInfo(made.name, type(kind), shape));
    return made.name;
  };
  // sizes are read off the inputs, so these come first
  for (const tensor of graph) if (!isOperation(tensor.made)) names.set(tensor, enter(tensor));

  return {
    define: (tensor) => {
      if (!names.has(tensor)) names.set(tensor, enter(tensor));
    },
    finish: () => {
      // a leaf, or a result that already has a name, is copied to its output
      for (const [name, tensor] of Object.entries(outputs)) {
        if (names.get(tensor) !== name) node('Identity', [names.get(tensor)!], [], name);
      }
      const output = Object.entries(outputs).map(([name, tensor]) => valueInfo(name, type(tensor.kind), tensor.shape));
      return encode(create(GraphProtoSchema, { name: 'dide', node: nodes, initializer: initializers, input: inputs, output }));
    },
  };
};

const encode = (graph: ReturnType<typeof create<typeof GraphProtoSchema>>): Uint8Array => {
  const bytes = graph.initializer.reduce((sum, { rawData }) => sum + rawData.byteLength, 0);
  if (bytes > FILE_LIMIT_BYTES) throw new Error(`onnx: ${bytes} bytes of weights do not fit into one file: feed them as inputs`);
  const opsetImport = [{ domain: '', version: OPSET }];
  return toBinary(ModelProtoSchema, create(ModelProtoSchema, { irVersion: IR_VERSION, producerName: 'dide', opsetImport, graph }));
};

type AddNode = (opType: string, input: string[], attribute?: AttributeProto[], output?: string) => string;

interface SizeContext {
  readonly node: AddNode;
  readonly initializers: TensorProto[];
  readonly nameOf: (tensor: Tensor) => string;
}

/** Vectors of sizes as int64 results: fixed ones are initializers, named ones are read off an input that has them. */
const createSizes = (graph: readonly Tensor[], { node, initializers, nameOf }: SizeContext) => {
  const known = new Map<string, string>();
  const once = (key: string, make: () => string): string => {
    const name = known.get(key) ?? make();
    known.set(key, name);
    return name;
  };
  const fixed = (values: readonly number[]): string =>
    once(`fixed ${values}`, () => {
      const name = `sizes_${initializers.length}`;
      const rawData = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
      initializers.push(create(TensorProtoSchema, { name, dataType: DataType.INT64, dims: [BigInt(values.length)], rawData }));
      return name;
    });
  const named = (name: string): string =>
    once(`name ${name}`, () => {
      const source = graph.find(({ made, shape }) => !isOperation(made) && shape.includes(name));
      if (source === undefined) throw new Error(`onnx: size ${name} is on no input of the graph`);
      const axis = source.shape.indexOf(name);
      return node('Shape', [nameOf(source)], [integer('start', axis), integer('end', axis + 1)]);
    });
  const one = (size: Size): string => {
    if (typeof size === 'number') return fixed([size]);
    return once(`size ${size}`, () => {
      const products = termsOf(size).map(({ coefficient, names }) => {
        const factors = [...names.map(named), ...(coefficient === 1 && names.length > 0 ? [] : [fixed([coefficient])])];
        return factors.reduce((a, b) => node('Mul', [a, b]));
      });
      return products.reduce((a, b) => node('Add', [a, b]));
    });
  };
  const vector = (shape: Shape): string =>
    shape.every((size) => typeof size === 'number')
      ? fixed(shape)
      : once(`vector ${shape}`, () => (shape.length === 1 ? one(shape[0]!) : node('Concat', shape.map(one), [integer('axis', 0)])));
  return { vector };
};

const typeOf = (kind: Kind, precision: Precision): DataType =>
  ({
    float: precision === 'float32' ? DataType.FLOAT : DataType.DOUBLE,
    int32: DataType.INT32,
    int64: DataType.INT64,
    bool: DataType.BOOL,
  })[kind];

const integer = (name: string, value: number): AttributeProto =>
  create(AttributeProtoSchema, { name, type: AttributeType.INT, i: BigInt(value) });

const attributeOf = (name: string, value: Attribute, type: (kind: Kind) => DataType): AttributeProto => {
  if (name === 'to') return integer(name, type(value as Kind));
  if (name === 'epsilon') return create(AttributeProtoSchema, { name, type: AttributeType.FLOAT, f: value as number });
  if (typeof value === 'number') return integer(name, value);
  if (typeof value === 'string') {
    return create(AttributeProtoSchema, { name, type: AttributeType.STRING, s: new TextEncoder().encode(value) });
  }
  return create(AttributeProtoSchema, { name, type: AttributeType.INTS, ints: value.map(BigInt) });
};

const tensorOf = (name: string, { shape, data }: Numbers, dataType: DataType): TensorProto => {
  const array = dataType === DataType.DOUBLE ? Float64Array.from(data) : dataType === DataType.INT32 ? data : asFloat32(data);
  const rawData = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  return create(TensorProtoSchema, { name, dataType, dims: shape.map(BigInt), rawData });
};

const outsideTensorOf = (name: string, { shape, data }: Numbers, dataType: DataType): TensorProto =>
  create(TensorProtoSchema, {
    name,
    dataType,
    dims: shape.map(BigInt),
    dataLocation: DataLocation.EXTERNAL,
    externalData: [
      { key: 'location', value: name },
      { key: 'offset', value: '0' },
      { key: 'length', value: `${data.byteLength}` },
    ],
  });

const asFloat32 = (data: Numbers['data']): Float32Array => (data instanceof Float32Array ? data : Float32Array.from(data));

const valueInfo = (name: string, elemType: DataType, shape: Shape): ValueInfoProto =>
  create(ValueInfoProtoSchema, {
    name,
    type: {
      value: {
        case: 'tensorType',
        value: {
          elemType,
          shape: {
            dim: shape.map((size) =>
              typeof size === 'number'
                ? { value: { case: 'dimValue' as const, value: BigInt(size) } }
                : { value: { case: 'dimParam' as const, value: size } },
            ),
          },
        },
      },
    },
  });
