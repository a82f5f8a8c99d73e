import { create, toBinary } from '@bufbuild/protobuf';
import { countOf, type Data, type Numbers } from '../numbers.ts';
import { ModelProtoSchema, type TensorProto_DataType, TensorProto_DataType as Type } from '../onnx/onnx_pb.ts';
import type { Runtime } from './backend.ts';

type Size = number | string;
export interface Value {
  readonly name: string;
  readonly type?: TensorProto_DataType | undefined;
  readonly shape: readonly Size[];
}
export interface Drawing {
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  /** `operation input… -> output` */
  readonly nodes: readonly string[];
  /** Initializers whose numbers are not in the model. */
  readonly external?: readonly Value[] | undefined;
}

const valueInfo = ({ name, type = Type.FLOAT, shape }: Value) => ({
  name,
  type: { value: { case: 'tensorType' as const, value: { elemType: type, shape: { dim: shape.map(dimension) } } } },
});
const dimension = (size: Size) =>
  typeof size === 'number'
    ? { value: { case: 'dimValue' as const, value: BigInt(size) } }
    : { value: { case: 'dimParam' as const, value: size } };

const node = (line: string) => {
  const [left, output] = line.split(' -> ');
  const [opType, ...input] = left!.split(' ');
  return { opType: opType!, input, output: [output!] };
};

const externalTensor = ({ name, type = Type.FLOAT, shape }: Value) => {
  const bytes = shape.reduce<number>((product, size) => product * Number(size), 4);
  const entries = { location: name, offset: '0', length: String(bytes) };
  const externalData = Object.entries(entries).map(([key, value]) => ({ key, value }));
  return { name, dataType: type, dims: shape.map((size) => BigInt(size)), externalData, dataLocation: 1 };
};

/** The bytes of a model, drawn in a few lines. */
export const modelOf = ({ inputs, outputs, nodes, external = [] }: Drawing): Uint8Array =>
  toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, {
      irVersion: 10n,
      opsetImport: [{ domain: '', version: 20n }],
      graph: {
        name: 'drawing',
        node: nodes.map(node),
        input: inputs.map(valueInfo),
        output: outputs.map(valueInfo),
        initializer: external.map(externalTensor),
      },
    }),
  );

/** y = x·w + b with x [batch, 3], w [3, 2], b [2]. */
export const affine = (type: TensorProto_DataType = Type.FLOAT): Uint8Array =>
  modelOf({
    inputs: [
      { name: 'x', type, shape: ['batch', 3] },
      { name: 'w', type, shape: [3, 2] },
      { name: 'b', type, shape: [2] },
    ],
    outputs: [{ name: 'y', type, shape: ['batch', 2] }],
    nodes: ['MatMul x w -> xw', 'Add xw b -> y'],
  });

export const floats = (shape: readonly number[], values: readonly number[]): Numbers<Float32Array> => ({
  shape,
  data: Float32Array.from(values),
});
export const doubles = (shape: readonly number[], values: readonly number[]): Numbers<Float64Array> => ({
  shape,
  data: Float64Array.from(values),
});
export const zeros = (...shape: readonly number[]): Numbers<Float32Array> => ({
  shape,
  data: new Float32Array(countOf(shape)),
});

/** Inputs of `affine` in the tests. */
export const w = floats([3, 2], [1, 2, 3, 4, 5, 6]);
export const b = floats([2], [10, 20]);

export const bind = (runtime: Runtime, inputs: Record<string, Numbers>, outputs: Record<string, Numbers>): void => {
  for (const [name, numbers] of Object.entries(inputs)) runtime.bindInput(name, numbers);
  for (const [name, numbers] of Object.entries(outputs)) runtime.bindOutput(name, numbers);
};

export const values = ({ data }: { data: Data }): number[] => [...data];
