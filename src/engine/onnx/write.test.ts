import { fromBinary } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { gradients } from '../gradient.ts';
import { add, exp, expand, matmul, multiply, reshape, stopGradient, sum, tanh } from '../ops.ts';
import { floats } from '../runtime/runtime.fixture.ts';
import { constant, input, parameter, type Tensor } from '../tensor.ts';
import { type GraphProto, ModelProtoSchema } from './onnx_pb.ts';
import { type WriteOptions, writeOnnx } from './write.ts';

const x = input('x', ['batch', 4]);
const w = parameter('w', [4, 4]);
const weights = new Map([
  [
    'w',
    floats(
      [4, 4],
      Array.from({ length: 16 }, (_, i) => i),
    ),
  ],
]);

const graphOf = (outputs: Record<string, Tensor>, options: WriteOptions = {}): GraphProto =>
  fromBinary(ModelProtoSchema, writeOnnx(outputs, options)).graph!;
const names = (values: readonly { name: string }[]): string[] => values.map(({ name }) => name);
const operators = ({ node }: GraphProto): string[] => node.map(({ opType }) => opType);

describe('an ONNX file', () => {
  it('holds what its outputs need, and nothing else', () => {
    const hidden = tanh(matmul(x, w));
    exp(add(hidden, input('unused', ['batch', 4])));
    const graph = graphOf({ hidden });
    expect(operators(graph)).toEqual(['MatMul', 'Tanh']);
    expect(names(graph.input)).toEqual(['x', 'w']);
  });

  it('computes once what two outputs need', () => {
    const product = matmul(x, w);
    expect(operators(graphOf({ one: exp(product), two: tanh(product) })).toSorted()).toEqual(['Exp', 'MatMul', 'Tanh']);
  });

  it('names its outputs directly, without copies', () => {
    const product = matmul(x, w);
    const graph = graphOf({ product, total: sum(product) });
    expect(graph.node.map(({ opType, output }) => [opType, output])).toEqual([
      ['MatMul', ['product']],
      ['ReduceSum', ['total']],
    ]);
    expect(names(graph.output)).toEqual(['product', 'total']);
  });

  it('copies what has two names', () => {
    const product = matmul(x, w);
    const graph = graphOf({ one: product, two: product, fed: x });
    expect(operators(graph)).toEqual(['MatMul', 'Identity', 'Identity']);
  });

  it('says which axes have names', () => {
    const [y] = graphOf({ y: matmul(x, w) }).output;
    const shape =
      y!.type!.value.case === 'tensorType' ? y!.type!.value.value.shape!.dim.map(({ value }) => value.value) : [];
    expect(shape).toEqual(['batch', 4n]);
  });

  it('reads a named size off an input, once', () => {
    const like = (): Tensor => expand(constant(1), ['batch', 4]);
    const graph = graphOf({ y: add(multiply(x, like()), exp(like())), z: reshape(x, ['4*batch']) });
    expect(operators(graph).filter((operator) => operator === 'Shape')).toHaveLength(1);
  });

  it('keeps weights inside, outside or as inputs', () => {
    const outputs = { y: matmul(x, w) };
    const inside = graphOf(outputs, { weights }).initializer[0]!;
    const outside = graphOf(outputs, { weights, storage: 'outside' }).initializer[0]!;
    expect(new Float32Array(inside.rawData.slice().buffer)).toEqual(weights.get('w')!.data);
    expect(outside.rawData).toHaveLength(0);
    expect(Object.fromEntries(outside.externalData.map(({ key, value }) => [key, value]))).toEqual({
      location: 'w',
      offset: '0',
      length: '64',
    });
    expect(names(graphOf(outputs).input)).toEqual(['x', 'w']);
    expect(names(graphOf(outputs, { weights }).input)).toEqual(['x']);
  });
});

describe('the order in the file', () => {
  it('puts the results that nobody consumes last, the first output at the very end', () => {
    const layers = ['first', 'second', 'third'].map((name) => parameter(name, [4, 4]));
    const loss = sum(layers.reduce((h, layer) => tanh(matmul(h, layer)), x as Tensor));
    const outputs: Record<string, Tensor> = { loss };
    for (const [layer, g] of gradients(loss, new Set(layers)))
      outputs[`gradient ${'name' in layer.made ? layer.made.name : ''}`] = g;
    const { node } = graphOf(outputs);
    const consumed = new Set(node.flatMap((made) => made.input));
    const results = node.map(({ output }) => output[0]!);
    const leaves = results.filter((name) => !consumed.has(name));
    expect(leaves).toEqual(['gradient first', 'gradient second', 'gradient third', 'loss']);
    expect(results.slice(-leaves.length)).toEqual(leaves);
  });

  it('defines everything before it is used', () => {
    const {
      node,
      input: inputs,
      initializer,
    } = graphOf({ y: sum(exp(expand(stopGradient(sum(x)), ['batch', 3]))), z: matmul(x, w) });
    const known = new Set([...names(inputs), ...names(initializer)]);
    for (const made of node) {
      for (const name of made.input) expect(known).toContain(name);
      for (const name of made.output) known.add(name);
    }
  });
});

describe('writing refuses', () => {
  const messages: Record<string, () => unknown> = {
    'onnx: two tensors are named x: x [batch, 4] and x [batch, 4]: use one, or rename': () =>
      writeOnnx({ y: add(x, input('x', ['batch', 4])) }),
    'onnx: two tensors are named w: w [4, 4] and w [4]: use one, or rename': () =>
      writeOnnx({ y: add(matmul(x, w), parameter('w', [4])) }),
    'onnx: two tensors are named x: x [batch, 4] and [batch, 4]: use one, or rename': () =>
      writeOnnx({ x: matmul(x, w) }),
    'onnx: size words is on no input of the graph': () => writeOnnx({ y: expand(constant(0), ['words']) }),
  };
  for (const [message, write] of Object.entries(messages)) it(message, () => expect(write).toThrow(new Error(message)));

  it('more weights than one file may hold', () => {
    const data = new Float32Array(2 ** 27); // 512 MiB of zeros, never touched
    const many = Array.from({ length: 4 }, (_, i) => parameter(`p${i}`, [data.length]));
    const outputs = { y: many.reduce((a, b) => add(a, b)) };
    const numbers = new Map(many.map((_, i) => [`p${i}`, { shape: [data.length], data }]));
    expect(() => writeOnnx(outputs, { weights: numbers })).toThrow(
      'onnx: 2147483648 bytes of weights do not fit into one file of 2 GiB',
    );
    expect(writeOnnx(outputs, { weights: numbers, storage: 'outside' }).length).toBeLessThan(2000);
  });
});
