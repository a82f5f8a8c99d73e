import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { toHalf } from '../checkpoints/formats/dtypes.ts';
import { bytesOf } from '../engine/numbers.ts';
import {
  AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  TensorProto_DataType as DataType,
  ModelProtoSchema,
  NodeProtoSchema,
  type TensorProto,
} from '../engine/onnx/onnx_pb.ts';

/** Smallest tensor whose weights are worth a Cast. Numbers. */
const FEWEST = 256;

/**
 * Converts the weights of an ONNX model to float16, each followed by a Cast, so that every runtime still computes in
 * float32 and the file has half the size. Tensors with a number too large for a half (from 65520 on) stay float32.
 */
export const toFloat16Weights = (bytes: Uint8Array): Uint8Array => {
  const model = fromBinary(ModelProtoSchema, bytes);
  const { graph } = model;
  const casts = (graph?.initializer ?? []).filter(fitsHalf).map((tensor) => {
    const { name } = tensor;
    tensor.name = `${name}.half`;
    tensor.dataType = DataType.FLOAT16;
    tensor.rawData = bytesOf(toHalf(floatsOf(tensor)));
    const to = create(AttributeProtoSchema, { name: 'to', type: AttributeType.INT, i: BigInt(DataType.FLOAT) });
    return create(NodeProtoSchema, { opType: 'Cast', name, input: [tensor.name], output: [name], attribute: [to] });
  });
  graph?.node.unshift(...casts);
  return toBinary(ModelProtoSchema, model);
};

const fitsHalf = (tensor: TensorProto): boolean =>
  tensor.dataType === DataType.FLOAT &&
  tensor.rawData.byteLength >= 4 * FEWEST &&
  floatsOf(tensor).every((value) => Math.abs(value) < 65520);

/** Numbers of a float tensor: a copy, since the bytes of a file may not be aligned. */
export const floatsOf = ({ rawData }: TensorProto): Float32Array => new Float32Array(rawData.slice().buffer);
