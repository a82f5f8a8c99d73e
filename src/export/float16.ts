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

/** Fewer numbers than this are not worth a Cast. */
const FEWEST = 256;

/**
 * The same model with its weights stored as float16, each behind a Cast, so that any runtime computes in float32 as
 * before and the file has half the size. What is too large for a half (from 65520 on) stays float32.
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

/** A copy, since the bytes of a file lie at any place. */
export const floatsOf = ({ rawData }: TensorProto): Float32Array => new Float32Array(rawData.slice().buffer);
