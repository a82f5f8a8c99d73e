import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { bytesOf } from '../engine/numbers.ts';
import {
  AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  TensorProto_DataType as DataType,
  type GraphProto,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  type TensorProto,
  TensorProtoSchema,
} from '../engine/onnx/onnx_pb.ts';
import { floatsOf } from './float16.ts';

/** Zero point of the weights. They are unsigned, since products of signed ones saturate on x86 without VNNI. */
const ZERO = 128;

/**
 * Quantises the linear layers of an ONNX model dynamically: weights in 8 bits with a scale for each output, activations
 * when the model runs (DynamicQuantizeLinear and MatMulInteger of standard ONNX). Everything else stays float32.
 */
export const quantizeWeights = (bytes: Uint8Array): Uint8Array => {
  const model = fromBinary(ModelProtoSchema, bytes);
  const { graph } = model;
  if (!graph) return bytes;
  const weights = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]));
  graph.initializer.push(tensorOf('/zero', DataType.UINT8, [], Uint8Array.of(ZERO)));
  const quantized = new Map<string, readonly [rows: string, scales: string]>();
  graph.node = graph.node.flatMap((node) => {
    const weight = isLinear(node) ? weights.get(node.input[1]!) : undefined;
    if (!weight || weight.dataType !== DataType.FLOAT) return [node];
    const names = quantized.get(weight.name) ?? addQuantized(graph, weight);
    quantized.set(weight.name, names);
    return quantizedLinear(node, names);
  });
  const used = new Set(graph.node.flatMap(({ input }) => input));
  graph.initializer = graph.initializer.filter(({ name }) => used.has(name));
  return toBinary(ModelProtoSchema, model);
};

/** Whether a node is a linear layer, x Wᵀ + b. */
const isLinear = ({ opType, attribute }: NodeProto): boolean => {
  const value = (name: string): number => Number(attribute.find((candidate) => candidate.name === name)?.i ?? 0);
  return opType === 'Gemm' && value('transB') === 1 && value('transA') === 0;
};

const tensorOf = (name: string, dataType: DataType, dims: readonly number[], data: Uint8Array): TensorProto =>
  create(TensorProtoSchema, { name, dataType, dims: dims.map(BigInt), rawData: data });

/** Adds W [out, in] to a graph as unsigned bytes [in, out], and the scale of each output. → their names */
const addQuantized = (graph: GraphProto, weight: TensorProto): readonly [string, string] => {
  const [out, width] = weight.dims.map(Number) as [number, number];
  const values = floatsOf(weight);
  const steps = new Uint8Array(out * width);
  const scales = new Float32Array(out);
  for (let row = 0; row < out; row += 1) {
    const from = values.subarray(row * width, (row + 1) * width);
    const scale = from.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / 127 || 1;
    scales[row] = scale;
    for (let i = 0; i < width; i += 1) steps[i * out + row] = ZERO + Math.round(from[i]! / scale);
  }
  const names = [`${weight.name}.int8`, `${weight.name}.scale`] as const;
  graph.initializer.push(tensorOf(names[0], DataType.UINT8, [width, out], steps));
  graph.initializer.push(tensorOf(names[1], DataType.FLOAT, [out], bytesOf(scales)));
  return names;
};

/** Nodes that compute a linear layer from quantised weights. */
const quantizedLinear = (
  { input: [x, , bias], output: [result] }: NodeProto,
  [rows, scales]: readonly [string, string],
): NodeProto[] => {
  const within = (part: string): string => `${result}/${part}`;
  const node = (opType: string, input: string[], output: string[]): NodeProto =>
    create(NodeProtoSchema, { opType, name: output[0]!, input, output });
  const to = create(AttributeProtoSchema, { name: 'to', type: AttributeType.INT, i: BigInt(DataType.FLOAT) });
  const sum = bias ? within('product') : result!;
  return [
    node('DynamicQuantizeLinear', [x!], [within('x'), within('step'), within('zero')]),
    node('MatMulInteger', [within('x'), rows, within('zero'), '/zero'], [within('integers')]),
    create(NodeProtoSchema, {
      opType: 'Cast',
      name: within('floats'),
      input: [within('integers')],
      output: [within('floats')],
      attribute: [to],
    }),
    node('Mul', [within('step'), scales], [within('scale')]),
    node('Mul', [within('floats'), within('scale')], [sum]),
    ...(bias ? [node('Add', [sum, bias], [result!])] : []),
  ];
};
