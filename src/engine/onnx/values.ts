/** What ONNX files are made of, from what our symbols and numbers are. */
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

/** What `float` is written as. */
export type Precision = 'float32' | 'float64';

/** ONNX's name for a kind of number. */
export const typeOf = (kind: Kind, precision: Precision): DataType =>
  ({
    float: precision === 'float32' ? DataType.FLOAT : DataType.DOUBLE,
    int32: DataType.INT32,
    int64: DataType.INT64,
    bool: DataType.BOOL,
  })[kind];

/** An attribute that is one integer. */
export const integer = (name: string, value: number): AttributeProto =>
  create(AttributeProtoSchema, { name, type: AttributeType.INT, i: BigInt(value) });

/** An attribute of an operation: `to` is a kind, `epsilon` a real number, and every other number an integer. */
export const attributeOf = (name: string, value: Attribute, precision: Precision): AttributeProto => {
  if (name === 'to') return integer(name, typeOf(value as Kind, precision));
  if (name === 'epsilon') return create(AttributeProtoSchema, { name, type: AttributeType.FLOAT, f: value as number });
  if (typeof value === 'number') return integer(name, value);
  if (typeof value === 'string') {
    return create(AttributeProtoSchema, { name, type: AttributeType.STRING, s: new TextEncoder().encode(value) });
  }
  return create(AttributeProtoSchema, { name, type: AttributeType.INTS, ints: value.map(BigInt) });
};

/** An initializer whose numbers are in the file; a copy only where they are of another type. */
export const tensorOf = (name: string, { shape, data }: Numbers, dataType: DataType): TensorProto => {
  const array = arrayOf(data, dataType);
  const rawData = bytesOf(array);
  return create(TensorProtoSchema, { name, dataType, dims: shape.map(BigInt), rawData });
};

const arrayOf = (data: Numbers['data'], dataType: DataType): Numbers['data'] => {
  const wanted = dataType === DataType.DOUBLE ? Float64Array : dataType === DataType.INT32 ? Int32Array : Float32Array;
  return data instanceof wanted ? data : wanted.from(data);
};

/** An initializer whose numbers a runtime is given beside the file. */
export const outsideTensorOf = (name: string, { shape, data }: Numbers, dataType: DataType): TensorProto =>
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

/** A vector of sizes, written into the file. */
export const sizesTensorOf = (name: string, sizes: readonly number[]): TensorProto =>
  create(TensorProtoSchema, {
    name,
    dataType: DataType.INT64,
    dims: [BigInt(sizes.length)],
    rawData: new Uint8Array(BigInt64Array.from(sizes, BigInt).buffer),
  });

/** An end of the graph, with its named sizes. */
export const valueInfo = (name: string, elemType: DataType, shape: Shape): ValueInfoProto =>
  create(ValueInfoProtoSchema, {
    name,
    type: { value: { case: 'tensorType', value: { elemType, shape: { dim: shape.map(dimensionOf) } } } },
  });

const dimensionOf = (size: Shape[number]) =>
  typeof size === 'number'
    ? { value: { case: 'dimValue' as const, value: BigInt(size) } }
    : { value: { case: 'dimParam' as const, value: size } };
