import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generator, keyOf } from '../../../engine/random.ts';
import { UserError } from '../../../errors.ts';
import { unpickle } from './pickle.ts';
import { isPlaceholder } from './placeholder.ts';
import { openPyTorch } from './pytorch.ts';

const files = 'test/files/checkpoint';
const grid = [...Array(12).keys()];

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pytorch-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A changed copy of a real file. */
const changed = async (name: string, change: (bytes: Buffer) => Uint8Array): Promise<string> => {
  const path = join(folder, 'changed.pt');
  await writeFile(path, change(await readFile(`${files}/${name}`)));
  return path;
};

const inert = { call: () => undefined, resolve: () => null };
const readPickle = (text: string): unknown => unpickle(Buffer.from(text, 'latin1'), inert, 'a pickle');

describe('a file of torch.save', () => {
  const stored: readonly (readonly [string, readonly number[], readonly number[]])[] = [
    ['plain', [3, 4], grid],
    ['transposed', [4, 3], [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11]],
    ['column', [3], [2, 6, 10]],
    ['block', [2, 2], [5, 6, 9, 10]],
    ['half', [3, 4], grid.map((x) => x / 4)],
    ['bfloat', [3, 4], grid],
    ['double', [3, 4], grid.map((x) => Math.fround(x / 3))],
    ['long', [3], [1, -2, 2 ** 31 - 1]],
    ['bool', [2], [1, 0]],
    ['byte', [2], [1, 255]],
    ['scalar', [], [2.5]],
    ['empty', [0, 3], []],
    ['parameter', [3, 4], grid.map((x) => x + 1)],
    ['permuted', [4, 2, 3], [0, 1, 2, 3].flatMap((k) => [0, 4, 8, 12, 16, 20].map((start) => start + k))],
  ];

  it.each(stored)('holds %s in the order of its axes, whatever its strides and dtype', async (name, shape, numbers) => {
    for (const path of ['views.pt', 'legacy.bin']) {
      await using file = await openPyTorch(`${files}/${path}`);
      const read = await file.read(name);
      expect(read.shape).toEqual(shape);
      expect([...read.data]).toEqual(numbers);
    }
  });

  it('of Lightning gives its state_dict, and beside it placeholders for foreign objects', async () => {
    await using file = await openPyTorch(`${files}/vilt.ckpt`);
    expect(file.tensors.get('transformer.blocks.1.attn.qkv.weight')?.shape).toEqual([192, 64]);
    expect(file.about.get('epoch')).toBe(3);
    const hyper = file.about.get('hyper_parameters') as Map<string, unknown>;
    expect(hyper.get('foreign')).toMatchObject({ python: '__main__.Foreign', state: new Map([['rate', 1e-4]]) });
    expect(hyper.get('config')).toEqual(
      new Map<string, unknown>([
        ['loss_names', new Map([['vqa', 1]])],
        ['lr', 1e-4],
      ]),
    );
  });

  it.each([
    ['system.pt', /names (os|posix|nt)\.system, .*Nothing was run/],
    ['compressed.pt', /is compressed: PyTorch stores its files as they are/],
  ])('%s is refused by what it is', async (name, message) => {
    await expect(openPyTorch(`${files}/${name}`)).rejects.toThrow(message);
    await expect(openPyTorch(`${files}/${name}`)).rejects.toThrow(UserError);
    expect(existsSync('harmed')).toBe(false);
  });

  it.each(['views.pt', 'legacy.bin'])('%s is refused where it was cut short, at whatever byte', async (name) => {
    const { length } = await readFile(`${files}/${name}`);
    for (let kept = 0; kept < length; kept += 97) {
      const path = await changed(name, (bytes) => bytes.subarray(0, kept));
      await expect(openPyTorch(path), `${kept} bytes`).rejects.toThrow(UserError);
    }
  });

  it('gives an error or an answer in bounds, and nothing else, for 200 damaged copies', async () => {
    const whole = await readFile(`${files}/views.pt`);
    const random = generator(keyOf(1, 'damage'));
    const below = (many: number): number => Math.min(many - 1, Math.floor(random() * many));
    let refused = 0;
    for (let i = 0; i < 200; i += 1) {
      const path = await changed('views.pt', (bytes) => {
        for (let k = 0; k <= below(4); k += 1) bytes[below(bytes.length)] = below(256);
        return bytes;
      });
      refused += (await bytesRead(path)) > 16 * whole.length ? Number.NaN : Number(wasRefused);
    }
    expect(refused).toBeGreaterThan(20);
    expect(refused).toBeLessThan(200);
  });

  let wasRefused = false;
  const bytesRead = async (path: string): Promise<number> => {
    wasRefused = false;
    try {
      await using file = await openPyTorch(path);
      let bytes = 0;
      for (const name of file.tensors.keys()) bytes += (await file.read(name)).data.byteLength;
      return bytes;
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      wasRefused = true;
      return 0;
    }
  };
});

describe('an unpickler that executes nothing', () => {
  it('makes a placeholder of what it does not know', () => {
    const made = readPickle('\x80\x02capex.amp\nScaler\n(K\x01K\x02tR.');
    expect(isPlaceholder(made) && made).toEqual({ python: 'apex.amp.Scaler', args: [1, 2] });
  });

  it.each(['os\nsystem', 'posix\nsystem', 'builtins\neval', '__builtin__\nexec', 'subprocess\nPopen', 'os.path\njoin'])(
    'refuses %j by name, called or not',
    (name) => {
      expect(() => readPickle(`\x80\x02c${name}\n.`)).toThrow(`names ${name.replace('\n', '.')}`);
      const [module, last] = name.split('\n') as [string, string];
      const short = (text: string): string => `\x8c${String.fromCharCode(text.length)}${text}`;
      expect(() => readPickle(`\x80\x04${short(module)}${short(last)}\x93.`)).toThrow(/Nothing was run/);
    },
  );

  it.each([
    ['a stack with nothing on it', '\x80\x020.'],
    ['a missing mark', '\x80\x02t.'],
    ['a call of what is no name', '\x80\x02K\x01)R.'],
    ['a memo that was never kept', '\x80\x02h\x07.'],
    ['a text longer than the pickle', '\x80\x02X\xff\xff\xff\x7fabc.'],
    ['no end', '\x80\x02K\x01'],
    ['an operation that nobody knows', '\x80\x02\xff.'],
  ])('refuses %s', (_, text) => {
    expect(() => readPickle(text)).toThrow(UserError);
  });
});
