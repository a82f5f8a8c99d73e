import { afterEach, describe, expect, it } from 'vitest';
import { TensorProto_DataType as Type } from '../onnx/onnx_pb.ts';
import type { Runtime, RuntimeOptions } from './backend.ts';
import { affine, b, bind, doubles, floats, modelOf, values, w, zeros } from './runtime.fixture.ts';
import { createRuntime } from './runtime.ts';

/** Node has it; the type libraries that we compile against do not. */
const { Memory } = (globalThis as unknown as { WebAssembly: { Memory: new (size: object) => { buffer: ArrayBuffer } } })
  .WebAssembly;

const open: Runtime[] = [];
const opened = async (model: Uint8Array, options: RuntimeOptions): Promise<Runtime> => {
  const runtime = await createRuntime(model, { threads: 1, ...options });
  open.push(runtime);
  return runtime;
};
afterEach(() => {
  for (const runtime of open.splice(0)) runtime.close();
});

describe.each(['native', 'package'] as const)('the %s runtime', (kind) => {
  it('writes the product into the bound output', async () => {
    const runtime = await opened(affine(), { kind });
    const y = zeros(2, 2);
    bind(runtime, { x: floats([2, 3], [1, 0, 0, 1, 1, 1]), w, b }, { y });
    await runtime.run();
    expect(runtime.kind).toBe(kind);
    expect(values(y)).toEqual([11, 22, 19, 32]);
  });

  it('reads a bound buffer anew at every run', async () => {
    const runtime = await opened(affine(), { kind });
    const x = floats([1, 3], [1, 0, 0]);
    const y = zeros(1, 2);
    bind(runtime, { x, w, b }, { y });
    await runtime.run();
    x.data.set([0, 1, 0]);
    await runtime.run();
    expect(values(y)).toEqual([13, 24]);
  });

  it('takes another batch size with another buffer', async () => {
    const runtime = await opened(affine(), { kind });
    const first = zeros(1, 2);
    bind(runtime, { x: floats([1, 3], [1, 0, 0]), w, b }, { y: first });
    await runtime.run();
    const second = zeros(3, 2);
    bind(runtime, { x: floats([3, 3], [0, 0, 0, 0, 0, 1, 1, 1, 1]), w, b }, { y: second });
    await runtime.run();
    expect(values(first)).toEqual([11, 22]);
    expect(values(second)).toEqual([10, 20, 15, 26, 19, 32]);
  });

  it('moves a buffer in place when it is both input and output', async () => {
    const model = modelOf({
      inputs: [
        { name: 'weight', shape: [4] },
        { name: 'step', shape: [4] },
      ],
      outputs: [{ name: 'moved', shape: [4] }],
      nodes: ['Sub weight step -> moved'],
    });
    const runtime = await opened(model, { kind });
    const weight = floats([4], [1, 2, 3, 4]);
    bind(runtime, { weight, step: floats([4], [1, 1, 1, 0.5]) }, { moved: weight });
    await runtime.run();
    await runtime.run();
    expect(values(weight)).toEqual([-1, 0, 1, 3]);
  });

  it('computes in float64', async () => {
    const runtime = await opened(affine(Type.DOUBLE), { kind });
    const y = doubles([1, 2], [0, 0]);
    const inputs = { x: doubles([1, 3], [1e-12, 0, 0]), w: doubles([3, 2], values(w)), b: doubles([2], [1, 1]) };
    bind(runtime, inputs, { y });
    await runtime.run();
    expect(values(y)).toEqual([1 + 1e-12, 1 + 2e-12]);
  });

  it('gathers rows by int32 indices', async () => {
    const model = modelOf({
      inputs: [
        { name: 'table', shape: [3, 2] },
        { name: 'rows', type: Type.INT32, shape: ['n'] },
      ],
      outputs: [{ name: 'y', shape: ['n', 2] }],
      nodes: ['Gather table rows -> y'],
    });
    const runtime = await opened(model, { kind });
    const y = zeros(2, 2);
    bind(runtime, { table: w, rows: { shape: [2], data: Int32Array.of(2, 0) } }, { y });
    await runtime.run();
    expect(values(y)).toEqual([5, 6, 1, 2]);
  });

  it('reads and writes views into WebAssembly memory', async () => {
    const runtime = await opened(affine(), { kind });
    const { buffer } = new Memory({ initial: 1 });
    const x = { shape: [1, 3], data: new Float32Array(buffer, 1024, 3) };
    const y = { shape: [1, 2], data: new Float32Array(buffer, 2048, 2) };
    x.data.set([1, 1, 0]);
    bind(runtime, { x, w, b }, { y });
    await runtime.run();
    expect(values(y)).toEqual([14, 26]);
    expect([...new Float32Array(buffer, 2044, 4)]).toEqual([0, 14, 26, 0]);
  });

  it('reads and writes shared memory', async () => {
    const runtime = await opened(affine(), { kind });
    const shared = new SharedArrayBuffer(64);
    const x = { shape: [1, 3], data: new Float32Array(shared, 16, 3) };
    const y = { shape: [1, 2], data: new Float32Array(shared, 32, 2) };
    bind(runtime, { x, w, b }, { y });
    x.data.set([0, 0, 1]);
    await runtime.run();
    expect(values(y)).toEqual([15, 26]);
  });

  it('computes from initializers that are not in the model', async () => {
    const model = modelOf({
      inputs: [{ name: 'x', shape: ['batch', 300] }],
      outputs: [{ name: 'y', shape: ['batch', 200] }],
      nodes: ['Transpose u -> v', 'MatMul x v -> xv', 'Add xv text.layer.0.bias -> y'],
      external: [
        { name: 'u', shape: [200, 300] },
        { name: 'text.layer.0.bias', shape: [200] },
      ],
    });
    const u = zeros(200, 300);
    u.data.forEach((_, i) => {
      u.data[i] = i % 300 === 0 ? Math.floor(i / 300) : 0;
    });
    const bias = floats([200], new Array(200).fill(0.5));
    const runtime = await opened(model, {
      kind,
      initializers: new Map(Object.entries({ u, 'text.layer.0.bias': bias })),
    });
    const y = zeros(1, 200);
    const x = zeros(1, 300);
    x.data[0] = 2;
    bind(runtime, { x }, { y });
    await runtime.run();
    expect(values(y)).toEqual(Array.from({ length: 200 }, (_, i) => 2 * i + 0.5));
  });

  it('says what does not fit in the words of ONNX Runtime', async () => {
    const runtime = await opened(affine(), { kind });
    bind(runtime, { x: zeros(2, 4), w, b }, { y: zeros(2, 2) });
    await expect(runtime.run()).rejects.toThrow(/invalid dimensions for input: x/);
    runtime.bindInput('x', zeros(2, 3));
    await expect(runtime.run()).resolves.toBeUndefined();
  });

  it('refuses an output buffer of another shape', async () => {
    const runtime = await opened(affine(), { kind });
    bind(runtime, { x: zeros(2, 3), w, b }, { y: zeros(3, 2) });
    await expect(runtime.run()).rejects.toThrow(/shape/i);
  });

  it('refuses a name that the model does not have', async () => {
    const runtime = await opened(affine(), { kind });
    bind(runtime, { x: zeros(2, 3), w, b }, { y: zeros(2, 2) });
    expect(() => runtime.bindInput('z', zeros(1))).toThrow('runtime: the model has no input z: it has x, w, b');
    expect(() => runtime.bindOutput('z', zeros(1))).toThrow('runtime: the model has no output z: it has y');
  });

  it('refuses a buffer that is smaller than its shape', async () => {
    const runtime = await opened(affine(), { kind });
    expect(() => runtime.bindInput('x', { shape: [2, 3], data: new Float32Array(5) })).toThrow(
      'runtime: input x: shape [2, 3] holds 6 numbers, the buffer 5',
    );
  });

  it('refuses to run with an input that has no buffer', async () => {
    const runtime = await opened(affine(), { kind });
    bind(runtime, { x: zeros(2, 3), w }, { y: zeros(2, 2) });
    await expect(runtime.run()).rejects.toThrow(/'?b'?/);
  });

  it('refuses bytes that are not a model', async () => {
    await expect(createRuntime(Uint8Array.of(1, 2, 3), { kind })).rejects.toThrow(/protobuf|model/i);
  });

  it('refuses to be bound or run twice during a run, and closes after it', async () => {
    const runtime = await opened(affine(), { kind });
    const y = zeros(1, 2);
    bind(runtime, { x: floats([1, 3], [1, 0, 0]), w, b }, { y });
    const running = runtime.run();
    expect(() => runtime.bindInput('x', zeros(1, 3))).toThrow('a run is under way');
    await expect(runtime.run()).rejects.toThrow('a run is under way');
    runtime.close();
    await running;
    expect(values(y)).toEqual([11, 22]);
    await expect(runtime.run()).rejects.toThrow('runtime: run: the runtime is closed');
  });

  it('keeps what is bound from the garbage collector, and lets go of what was bound before', async () => {
    const runtime = await opened(affine(), { kind });
    const rows = 20_000;
    let before = 0;
    for (let run = 0; run < 500; run++) {
      bind(runtime, { x: zeros(rows, 3), w, b }, { y: zeros(rows, 2) });
      await runtime.run();
      if (run === 250) before = process.memoryUsage().rss;
    }
    const grownMegabytes = (process.memoryUsage().rss - before) / 2 ** 20;
    expect(grownMegabytes).toBeLessThan(40); // 250 leaked pairs would be 95 MiB
  });
});
