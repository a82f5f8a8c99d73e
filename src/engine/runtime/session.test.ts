import { describe, expect, it } from 'vitest';
import { mean } from '../functions.ts';
import { gradients } from '../gradient.ts';
import type { Numbers } from '../numbers.ts';
import { drawn } from '../ops.fixture.ts';
import { add, gather, matmul, multiply, softmax, sum, tanh, transposeLast } from '../ops.ts';
import { dropoutMask, input, parameter } from '../tensor.ts';
import { compile } from './compile.ts';
import { floats, values } from './runtime.fixture.ts';
import { type CompileOptions, shapesFor } from './session.ts';

const words = input('words', ['batch', 'words', 4]);
const patches = input('patches', ['batch', 'patches', 4]);
const w = parameter('w', [4, 4]);
/** Attention from words to patches. [batch, words, 4] */
const attended = matmul(softmax(matmul(matmul(words, w), transposeLast(patches))), patches);
const weights = new Map([['w', drawn('w', [4, 4], [-1, 1])]]);
const feedsOf = (batch: number, [n, m]: readonly [number, number]) => ({
  words: drawn('words', [batch, n, 4], [-1, 1]),
  patches: drawn('patches', [batch, m, 4], [-1, 1]),
});

describe('a session', () => {
  it('runs batches of every size and length', async () => {
    await using session = await compile({ attended, average: mean(attended) }, { weights });
    for (const [batch, n, m] of [
      [3, 7, 9],
      [1, 1, 1],
      [2, 5, 11],
      [3, 7, 9],
    ] as const) {
      const results = await session.run(feedsOf(batch, [n, m]));
      expect(results.attended!.shape).toEqual([batch, n, 4]);
      const sum = results.attended!.data.reduce((a, b) => a + b);
      expect(results.average!.data[0]!).toBeCloseTo(sum / (batch * n * 4), 6);
    }
  });

  it('says the same of an example alone and in a batch', async () => {
    await using session = await compile({ attended }, { weights });
    const feeds = feedsOf(2, [3, 5]);
    const first = ({ shape, data }: Numbers): Numbers => ({
      shape: [1, ...shape.slice(1)],
      data: data.slice(0, data.length / 2),
    });
    const [both, alone] = [
      await session.run(feeds),
      await session.run({ words: first(feeds.words), patches: first(feeds.patches) }),
    ];
    for (const [i, value] of alone.attended!.data.entries()) expect(both.attended!.data[i]!).toBeCloseTo(value, 6);
  });

  it('says the same with weights it holds, weights it reads, and in either runtime', async () => {
    const loss = mean(attended);
    const [g] = gradients(loss, new Set([w])).values();
    const ways: CompileOptions[] = [
      { weights, kind: 'native' },
      { parameters: weights, kind: 'native' },
      { weights, kind: 'package' },
      { parameters: weights, kind: 'package' },
    ];
    const seen = [];
    for (const way of ways) {
      await using session = await compile({ loss, g: g! }, { ...way, threads: 1 });
      expect(session.runtime).toBe(way.kind);
      const results = await session.run(feedsOf(2, [3, 5]));
      seen.push([...values(results.loss!), ...values(results.g!)]);
    }
    for (const other of seen) for (const [i, value] of other.entries()) expect(value).toBeCloseTo(seen[0]![i]!, 6);
  });

  it('reads parameters anew at every run', async () => {
    const scale = floats([], [2]);
    await using session = await compile(
      { y: multiply(parameter('scale', []), input('x', [])) },
      { parameters: new Map([['scale', scale]]) },
    );
    const run = async (): Promise<number[]> => values((await session.run({ x: floats([], [10]) })).y!);
    expect(await run()).toEqual([20]);
    scale.data[0] = 3;
    expect(await run()).toEqual([30]);
  });

  it('takes integers and looks rows up', async () => {
    const table = parameter('table', [3, 2]);
    await using session = await compile(
      { y: gather(table, input('ids', ['n'], 'int32')) },
      { weights: new Map([['table', floats([3, 2], [1, 2, 3, 4, 5, 6])]]) },
    );
    expect(values((await session.run({ ids: { shape: [2], data: Int32Array.of(2, 0) } })).y!)).toEqual([5, 6, 1, 2]);
  });

  it('lists the inputs that must be fed, and no parameter', async () => {
    await using session = await compile({ attended }, { weights });
    expect(session.inputs).toEqual([words, patches]);
  });

  it('closes at the end of its scope', async () => {
    const left = await (async () => {
      await using session = await compile({ attended }, { weights });
      return session;
    })();
    await expect(left.run(feedsOf(1, [1, 1]))).rejects.toThrow('the runtime is closed');
  });
});

describe('outputs', () => {
  const x = input('x', ['n']);

  it('come in fresh arrays', async () => {
    await using session = await compile({ y: tanh(x) });
    const feeds = { x: floats([2], [0, 1]) };
    const [one, two] = [await session.run(feeds), await session.run(feeds)];
    expect(one.y!.data).not.toBe(two.y!.data);
    expect(one.y).toEqual(two.y);
  });

  it('are written into the buffers given for them', async () => {
    const total = floats([], [0]);
    await using session = await compile({ total: sum(x), doubled: add(x, x) }, { into: { total } });
    const results = await session.run({ x: floats([3], [1, 2, 3]) });
    expect(results.total).toBe(total);
    expect(values(total)).toEqual([6]);
    expect(values(results.doubled!)).toEqual([2, 4, 6]);
  });

  it('may be written over a parameter, which has then moved', async () => {
    const at = floats([2], [1, 2]);
    const moved = add(parameter('at', [2]), input('by', [2]));
    await using session = await compile({ moved }, { parameters: new Map([['at', at]]), into: { moved: at } });
    for (let step = 0; step < 3; step += 1) await session.run({ by: floats([2], [10, 100]) });
    expect(values(at)).toEqual([31, 302]);
  });

  it('may be a leaf', async () => {
    await using session = await compile({ same: x });
    expect(values((await session.run({ x: floats([2], [4, 5]) })).same!)).toEqual([4, 5]);
  });
});

describe('what does not fit is refused, with names and sizes', () => {
  const run = async (feeds: Record<string, Numbers>): Promise<unknown> => {
    await using session = await compile(
      { attended: multiply(attended, dropoutMask('mask', ['batch', 'words', 4], 0.5)) },
      { weights },
    );
    return await session.run(feeds);
  };
  const feeds = { ...feedsOf(2, [3, 5]), mask: drawn('mask', [2, 3, 4], [0, 1]) };
  const wrong: Record<string, Record<string, Numbers>> = {
    'run: not fed: words [batch, words, 4], mask [batch, words, 4]': { patches: feeds.patches },
    'run: input patches is [3, 5, 4]: it must be [batch, patches, 4] with batch = 2, patches = 5': {
      ...feeds,
      patches: drawn('p', [3, 5, 4], [0, 1]),
    },
    'run: input patches is [2, 5]: it must be [batch, patches, 4] with batch = 2, patches = 5': {
      ...feeds,
      patches: drawn('p', [2, 5], [0, 1]),
    },
    'run: input mask is [1, 3, 4]: it must be [batch, words, 4] with batch = 2, words = 3': {
      ...feeds,
      mask: drawn('m', [1, 3, 4], [0, 1]),
    },
    'run: input words is [2, 3, 5]: it must be [batch, words, 4] with batch = 2, words = 3': {
      ...feeds,
      words: drawn('w', [2, 3, 5], [0, 1]),
    },
  };
  for (const [message, fed] of Object.entries(wrong))
    it(message, () => expect(run(fed)).rejects.toThrow(new Error(message)));

  it('a sum of sizes is held to its parts', async () => {
    const both = input('both', ['words+patches']);
    await using session = await compile({ y: add(sum(both), add(sum(words), sum(patches))) });
    const fed = feedsOf(1, [2, 3]);
    await expect(session.run({ ...fed, both: drawn('both', [6], [0, 1]) })).rejects.toThrow(
      'run: input both is [6]: it must be [words+patches] with words = 2, patches = 3',
    );
    expect((await session.run({ ...fed, both: drawn('both', [5], [0, 1]) })).y!.shape).toEqual([]);
  });

  it('a parameter without numbers', () =>
    expect(compile({ attended })).rejects.toThrow(
      'compile: parameter w has no numbers: give them as weights or parameters',
    ));
  it('a parameter of another shape', () =>
    expect(compile({ attended }, { weights: new Map([['w', floats([2], [1, 2])]]) })).rejects.toThrow(
      'compile: parameter w is [2]: the graph wants [4, 4]',
    ));
});

describe('shapesFor', () => {
  it('says what a dropout mask must look like beside the feeds', async () => {
    const mask = dropoutMask('mask', ['batch', 'words', 4], 0.9);
    await using session = await compile({ y: multiply(words, mask) });
    expect(shapesFor(session, { words: feedsOf(2, [3, 1]).words })).toEqual([
      { name: 'words', shape: [2, 3, 4], first: 'batch' },
      { name: 'mask', shape: [2, 3, 4], first: 'batch', keep: 0.9 },
    ]);
  });
});
