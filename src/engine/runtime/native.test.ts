import { afterEach, describe, expect, it, vi } from 'vitest';
import { TensorProto_DataType as Type } from '../onnx/onnx_pb.ts';
import type { Runtime, RuntimeOptions } from './backend.ts';
import { affine, b, bind, floats, modelOf, values, w, zeros } from './runtime.fixture.ts';
import { createRuntime } from './runtime.ts';

const open: Runtime[] = [];
const opened = async (model: Uint8Array, options: RuntimeOptions): Promise<Runtime> => {
  const runtime = await createRuntime(model, { threads: 1, ...options });
  open.push(runtime);
  return runtime;
};
afterEach(() => {
  for (const runtime of open.splice(0)) runtime.close();
});

const bigProduct = modelOf({
  inputs: [{ name: 'a', shape: ['n', 'n'] }],
  outputs: [{ name: 'y', shape: ['n', 'n'] }],
  nodes: ['MatMul a a -> aa', 'MatMul aa a -> y'],
});

describe('the native runtime alone', () => {
  it('leaves the event loop free during a run', async () => {
    const runtime = await opened(bigProduct, { kind: 'native' });
    const y = zeros(1500, 1500);
    bind(runtime, { a: zeros(1500, 1500) }, { y });
    let ticks = 0;
    const timer = setInterval(() => ticks++, 5);
    await runtime.run();
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(3);
  });

  it('runs beside another runtime', async () => {
    const [one, two] = await Promise.all([affine(), affine()].map((model) => opened(model, { kind: 'native' })));
    const outputs = [zeros(1, 2), zeros(1, 2)];
    bind(one!, { x: floats([1, 3], [1, 0, 0]), w, b }, { y: outputs[0]! });
    bind(two!, { x: floats([1, 3], [0, 0, 1]), w, b }, { y: outputs[1]! });
    await Promise.all([one!.run(), two!.run()]);
    expect(outputs.map(values)).toEqual([
      [11, 22],
      [15, 26],
    ]);
  });
});

describe('a native runtime with shared weights', () => {
  it('reads them where they lie', async () => {
    const model = modelOf({
      inputs: [{ name: 'rows', type: Type.INT32, shape: ['n'] }],
      outputs: [{ name: 'y', shape: ['n', 1024] }],
      nodes: ['Gather table rows -> y'],
      external: [{ name: 'table', shape: [16384, 1024] }],
    });
    const table = zeros(16384, 1024);
    table.data.fill(7);
    const before = process.memoryUsage().rss;
    const runtime = await opened(model, { kind: 'native', initializers: new Map([['table', table]]) });
    const grownMegabytes = (process.memoryUsage().rss - before) / 2 ** 20;
    expect(grownMegabytes).toBeLessThan(40); // a copy would be 64 MiB
    const y = zeros(1, 1024);
    bind(runtime, { rows: { shape: [1], data: Int32Array.of(16383) } }, { y });
    await runtime.run();
    expect(y.data[1023]).toBe(7);
  });

  it('refuses one of another shape than the model says', async () => {
    const drawing = {
      inputs: [{ name: 'x', shape: ['n', 3] }],
      outputs: [{ name: 'y', shape: ['n', 2] }],
      nodes: ['MatMul x weight -> y'],
      external: [{ name: 'weight', shape: [3, 2] }],
    };
    const initializers = new Map([['weight', zeros(2, 3)]]);
    await expect(createRuntime(modelOf(drawing), { kind: 'native', initializers })).rejects.toThrow(
      /dimensions do not match/,
    );
  });
});

describe('where the native library does not load', () => {
  afterEach(() => {
    vi.doUnmock('koffi');
    vi.resetModules();
  });

  const without = async () => {
    vi.resetModules();
    vi.doMock('koffi', () => {
      throw new Error('no koffi here');
    });
    return (await import('./runtime.ts')).createRuntime;
  };

  it('falls back to the package and says so once', async () => {
    const reasons: string[] = [];
    const runtime = await (await without())(affine(), { onFallback: (reason) => reasons.push(reason) });
    open.push(runtime);
    const y = zeros(1, 2);
    bind(runtime, { x: floats([1, 3], [1, 0, 0]), w, b }, { y });
    await runtime.run();
    expect(runtime.kind).toBe('package');
    expect(values(y)).toEqual([11, 22]);
    expect(reasons).toHaveLength(1);
    expect(reasons[0]).toMatch(/^runtime: ONNX Runtime's C API did not load \(.+\): running through onnxruntime-node/s);
  });

  it('warns the process once by default', async () => {
    const warning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const create = await without();
    open.push(await create(affine()), await create(affine()));
    expect(warning).toHaveBeenCalledTimes(1);
    warning.mockRestore();
  });

  it('throws where native was asked for', async () => {
    await expect((await without())(affine(), { kind: 'native' })).rejects.toThrow();
  });
});
