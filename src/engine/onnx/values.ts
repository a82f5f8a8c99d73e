/** Converts kinds, attributes, numbers and shapes to ONNX's protobuf messages. */
import { create } from '@bufbuild/protobuf';
import { bytesOf, type Numbers } from '../numbers.ts';
import type { Shape } from '../shapes.ts';
import type { Attribute, Kind } from '../tensor.ts';
import {
  type AttributeProto,
  AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  TensorProto_DataLocation as DataLocation,
  TensorProto_DataType as DataType,
  type TensorProto,
  TensorProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from './onnx_pb.ts';

/** Element type that `float` is written as. */
export type Precision = 'float32' | 'float64';

/** ONNX's element type for a kind of number. */
export const typeOf = (kind: Kind, precision: Precision): DataType =>
  ({
    float: precision === 'float32' ? DataType.FLOAT : DataType.DOUBLE,
    float16: DataType.FLOAT16,
    bfloat16: DataType.BFLOAT16,
    int8: DataType.INT8,
    uint8: DataType.UINT8,
    int32: DataType.INT32,
    int64: DataType.INT64,
    bool: DataType.BOOL,
  })[kind];

/** An integer attribute. */
export const integer = (name: string, value: number): AttributeProto =>
  create(AttributeProtoSchema, { name, type: AttributeType.INT, i: BigInt(value) });

/** An attribute of an operation: `to` is a kind, `epsilon` a float, every other number an integer. */
export const attributeOf = (name: string, value: Attribute, precision: Precision): AttributeProto => {
  if (name === 'to') return integer(name, typeOf(value as Kind, precision));
  if (name === 'epsilon') return create(AttributeProtoSchema, { name, type: AttributeType.FLOAT, f: value as number });
  if (typeof value === 'number') return integer(name, value);
  if (typeof value === 'string') {
    return create(AttributeProtoSchema, { name, type: AttributeType.STRING, s: new TextEncoder().encode(value) });
  }
  return create(AttributeProtoSchema, { name, type: AttributeType.INTS, ints: value.map(BigInt) });
};

/** An initializer with its numbers in the file; they are copied only to convert their type. */
export const initializer = (name: string, { shape, data }: Numbers, dataType: DataType): TensorProto => {
  const array = arrayOf(data, dataType);
  const rawData = bytesOf(array);
  return create(TensorProtoSchema, { name, dataType, dims: shape.map(BigInt), rawData });
};

const arrayOf = (data: Numbers['data'], dataType: DataType): Numbers['data'] => {
  const ArrayType =
    { [DataType.DOUBLE]: Float64Array, [DataType.INT32]: Int32Array, [DataType.INT8]: Int8Array }[dataType as number] ??
    Float32Array;
  return data instanceof ArrayType ? data : ArrayType.from(data);
};

/** An initializer whose numbers are external: a runtime gets them beside the file. */
export const externalInitializer = (name: string, { shape, data }: Numbers, dataType: DataType): TensorProto =>
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

/** An initializer with a vector of sizes, as int64. */
export const sizesInitializer = (name: string, sizes: readonly number[]): TensorProto =>
  create(TensorProtoSchema, {
    name,
    dataType: DataType.INT64,
    dims: [BigInt(sizes.length)],
    rawData: new Uint8Array(BigInt64Array.from(sizes, BigInt).buffer),
  });

/** Name, element type and shape of an input, an output or a result; named sizes are its symbolic dimensions. */
export const valueInfo = (name: string, elemType: DataType, shape: Shape): ValueInfoProto =>
  create(ValueInfoProtoSchema, {
    name,
    type: { value: { case: 'tensorType', value: { elemType, shape: { dim: shape.map(dimensionOf) } } } },
  });

const dimensionOf = (size: Shape[number]) =>
  typeof size === 'number'
    ? { value: { case: 'dimValue' as const, value: BigInt(size) } }
    : { value: { case: 'dimParam' as const, value: size } };
