import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, open, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UserError } from '../../errors.ts';
import { checkpointOf, dictionary, type Packed, tensor, text, tuple, whole, zipOf } from './hostile.fixture.ts';
import { openPyTorch } from './pytorch/pytorch.ts';
import { openSafetensors } from './safetensors.ts';
import { openWeights } from './weights-file.ts';

/**
 * The most work of the processor that a refusal may take, in milliseconds, and the most memory that it may add, in
 * bytes.
 */
const LONGEST = 5000;
const MOST_MEMORY = 400 * 2 ** 20;

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hostile-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Message with which a file is refused, which must come soon and without filling the memory. */
const refusal = async (path: string): Promise<string> => {
  const [began, before] = [process.cpuUsage(), process.memoryUsage().rss];
  const failure = await openWeights(path).then(
    async (file) => await file.close(),
    (thrown: unknown) => thrown,
  );
  const { user, system } = process.cpuUsage(began);
  expect((user + system) / 1000).toBeLessThan(LONGEST);
  expect(process.memoryUsage().rss - before).toBeLessThan(MOST_MEMORY);
  expect(failure, 'a word for the user').toBeInstanceOf(UserError);
  return (failure as UserError).message;
};

const refusalOf = async (bytes: Buffer, name = 'hostile.ckpt'): Promise<string> => {
  await writeFile(join(folder, name), bytes);
  return await refusal(join(folder, name));
};

const floats = Buffer.alloc(16);
const honest = tensor('0', { length: 4n, shape: [2n, 2n], stride: [2n, 1n] });
const empty = (name: string): Packed => ({ name, bytes: Buffer.alloc(0) });

describe('a zip archive that is no honest checkpoint', () => {
  it('is told from one that is', async () => {
    const path = join(folder, 'honest.ckpt');
    await writeFile(path, checkpointOf(dictionary({ w: honest }), { 0: floats }));
    await using file = await openPyTorch(path);
    expect(await file.read('w')).toEqual({ shape: [2, 2], data: new Float32Array(4) });
  });

  const pickle = { name: 'a/data.pkl', bytes: Buffer.from(dictionary({ w: honest }), 'latin1') };
  const cases: [string, readonly Packed[], RegExp][] = [
    ['a compressed storage', [pickle, { name: 'a/data/0', bytes: floats, method: 8 }], /data\/0 is compressed/],
    [
      'a storage of 4 TB',
      [pickle, { name: 'a/data/0', bytes: floats, claims: 2n ** 42n }],
      /claims 4398046511104 bytes/,
    ],
    ['a pickle of 16 EB', [{ ...pickle, claims: 2n ** 64n - 1n }], /data.pkl claims \d+ bytes .*outside the archive/],
    [
      'two storages in one place',
      [pickle, { ...pickle, name: 'a/data/0', local: 0 }],
      /lies inside the file before it/,
    ],
    ['a file outside of it', [{ ...pickle, local: 2 ** 31 }], /claims to be at byte 2147483648, outside/],
    ['two files of one name', [pickle, pickle], /two files named a\/data.pkl/],
  ];
  it.each(cases)('is refused: %s', async (_, files, message) => {
    expect(await refusalOf(zipOf(files))).toMatch(message);
  });

  it('is refused where it claims more files than it lists, or far too many', async () => {
    expect(await refusalOf(zipOf([pickle, empty('a/data/0')], 3))).toMatch(/entry 3 of 3 is not in its directory/);
    expect(await refusalOf(zipOf([pickle], 65_535))).toMatch(/entry 2 of 65535 is not in its directory/);
  });
});

describe('a tensor that claims more than its file has', () => {
  it.each<[string, Parameters<typeof tensor>[1], RegExp]>([
    ['2^40 numbers', { length: 2n ** 40n, shape: [2n ** 40n], stride: [1n] }, /w \[1099511627776\] reaches to number/],
    ['2^40 times one number', { length: 4n, shape: [2n ** 40n], stride: [0n] }, /w \[1099511627776\] reaches/],
    ['numbers past its end', { length: 4n, offset: 1n, shape: [2n, 2n], stride: [2n, 1n] }, /reaches to number 5 of 4/],
    ['steps past its end', { length: 4n, shape: [2n, 2n], stride: [9n, 1n] }, /reaches to number 11 of 4/],
    ['less than nothing', { length: 4n, shape: [-2n, -2n], stride: [2n, 1n] }, /not described as PyTorch does/],
    ['steps backwards', { length: 4n, offset: 3n, shape: [4n], stride: [-1n] }, /not described as PyTorch does/],
    ['a size past all counting', { length: 4n, shape: [2n ** 62n, 2n], stride: [1n, 1n] }, /not described as PyTorch/],
    ['a hundred axes', { length: 4n, shape: Array(100).fill(1n), stride: Array(100).fill(1n) }, /not described/],
  ])('is refused: %s', async (_, claims, message) => {
    expect(await refusalOf(checkpointOf(dictionary({ w: tensor('0', claims) }), { 0: floats }))).toMatch(message);
  });

  it('is refused where many tensors overlap in one storage', async () => {
    const items = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`w${i}`, honest]));
    expect(await refusalOf(checkpointOf(dictionary(items), { 0: floats }))).toMatch(/claim 36 numbers, of which 4 are/);
  });
});

describe('a pickle that is a bomb', () => {
  const laughs = Array.from({ length: 60 }, () => '2\x86').join('');
  const kept = `]r\x01\0\0\0(${'N'.repeat(1_000_000)}e0`;
  const again = (count: number, what: string): string => what.repeat(count);
  it.each<[string, string, RegExp]>([
    ['of tuples in tuples, 2^60 at the end', `\x80\x02N${laughs}.`, /it holds a list of \d+ without weights/],
    [
      'of three hundred thousand tuples in one another',
      `\x80\x02N${again(300_000, '\x85')}.`,
      /it holds a list of \d+ without weights/,
    ],
    ['that holds itself', `\x80\x02]q\x01h\x01a.`, /it holds a list of \d+ without weights/],
    ['of three million empty dictionaries', `\x80\x02(${again(3_000_000, '}')}t.`, /makes more than 2097152 values/],
    ['of three million lists', `\x80\x02(${again(3_000_000, ']')}t.`, /makes more than 2097152 values/],
    ['of three million memories', `\x80\x04N${again(3_000_000, '\x94')}.`, /makes more than 2097152 values/],
    ['of three million marks', `\x80\x02${again(3_000_000, '(')}.`, /makes more than 2097152 values/],
    [
      'of a tensor whose shape is a list of a million, ten thousand times',
      `\x80\x02${kept}(${again(10_000, `ctorch\nSize\n(j\x01\0\0\0tR0`)}${tensorOver('j\x01\0\0\0')}.`,
      /not described as PyTorch does/,
    ],
    ['that names a thing by a million letters', `\x80\x02ca\n${'b'.repeat(1e6)}\n.`, /by 1000002 letters/],
  ])('is refused: %s', async (_, pickle, message) => {
    expect(await refusalOf(checkpointOf(pickle, { 0: floats }))).toMatch(message);
  });

  it('is refused where dictionaries are made of one list of many pairs, again and again', async () => {
    const pairs = `]r\x01\0\0\0(${Array.from({ length: 5000 }, (_, i) => `${whole(BigInt(i))}N\x86`).join('')}e0`;
    const many = again(5000, 'ccollections\nOrderedDict\nj\x01\0\0\0\x85R');
    expect(await refusalOf(checkpointOf(`\x80\x02${pairs}(${many}t.`))).toMatch(/repeat more than 1048576 items/);
  });
});

/** Pickled tensor whose shape and stride come from the memo. */
function tensorOver(recalled: string): string {
  const storage = `${tuple(text('storage'), 'ctorch\nFloatStorage\n', text('0'), text('cpu'), whole(4n))}Q`;
  return `ctorch._utils\n_rebuild_tensor_v2\n${tuple(storage, whole(0n), recalled, recalled, '\x89', '}')}R`;
}

describe('a file of before PyTorch 1.6', () => {
  const start = '\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.\x80\x02}.';
  it('that names os.system is refused by name, and nothing is run', async () => {
    const pickle = `\x80\x02cos\nsystem\n${tuple(text('touch harmed'))}R.`;
    expect(await refusalOf(Buffer.from(`${start}${pickle}\x80\x02].`, 'latin1'))).toMatch(
      /names os.system.*Nothing was run/,
    );
    expect(existsSync('harmed')).toBe(false);
  });

  it.each<[string, string, string, RegExp]>([
    [
      'a storage of 4 TB',
      dictionary({ w: tensor('0', { length: 2n ** 40n, shape: [2n ** 40n], stride: [1n] }) }),
      text('0'),
      /storage 0 ends outside/,
    ],
    ['a storage that no tensor has', dictionary({}), text('7'), /lists storages that it does not use/],
    ['one storage twice', dictionary({ w: honest }), text('0') + text('0'), /lists storages|holds 0 numbers/],
    ['no storages', dictionary({ w: honest }), '', /w is in storage 0, which is not there/],
  ])('is refused with %s', async (_, pickle, keys, message) => {
    const bytes = Buffer.from(`${start}${pickle}\x80\x02](${keys}e.`, 'latin1');
    const length = Buffer.alloc(8);
    length.writeBigInt64LE(4n);
    expect(await refusalOf(Buffer.concat([bytes, length, floats, Buffer.alloc(64)]))).toMatch(message);
  });
});

describe('a safetensors file that claims too much', () => {
  /** Sparse file: a beginning, and a hole. */
  const sparse = async (size: number, header: bigint, json = ''): Promise<string> => {
    const path = join(folder, 'sparse.safetensors');
    await rm(path, { force: true });
    const start = Buffer.alloc(8);
    start.writeBigUInt64LE(header);
    await writeFile(path, Buffer.concat([start, Buffer.from(json)]));
    await truncate(path, size);
    return path;
  };

  it('is refused with a header of 1 GB, before any of it is read', async () => {
    expect(await refusal(await sparse(2 ** 30 + 8, 2n ** 30n))).toMatch(
      /its header claims 1073741824 bytes of at most 16777216/,
    );
  });

  it('is refused with a header of a million lists in one another', async () => {
    const json = '['.repeat(1_000_000);
    expect(await refusal(await sparse(8 + json.length, BigInt(json.length), json))).toMatch(/is not a JSON object/);
  });

  it('gives no tensor of a terabyte, even where the file has it', async () => {
    const json = JSON.stringify({ w: { dtype: 'F32', shape: [2 ** 38], data_offsets: [0, 2 ** 40] } });
    await using file = await openSafetensors(await sparse(8 + json.length + 2 ** 40, BigInt(json.length), json));
    await expect(file.read('w')).rejects.toThrow(/1099511627776 bytes of it belong together/);
    await expect(file.read('w')).rejects.toThrow(UserError);
  });

  it.each(['model-00001-of-00003.safetensors'])('is refused where %s was cut short, at whatever byte', async (name) => {
    const whole = await readFile(`test/files/checkpoint/sharded/${name}`);
    for (let kept = 0; kept < whole.length; kept += 997) await refusalOf(whole.subarray(0, kept), 'cut.safetensors');
  });
});

describe('an index of weights', () => {
  it.each(['', '.', '..', '../other.bin', '/etc/passwd', 'model.safetensors.index.json'])(
    'that names %j is refused, and does not lead round in a circle',
    async (name) => {
      const path = join(folder, 'model.safetensors.index.json');
      await writeFile(path, JSON.stringify({ weight_map: { w: name } }));
      expect(await refusal(path)).toMatch(/the files of an index stand beside it/);
    },
  );

  it('that names its own folder by another name is refused', async () => {
    const inside = join(folder, 'round');
    await mkdir(inside);
    await symlink('.', join(inside, 'shard'));
    await writeFile(join(inside, 'model.safetensors.index.json'), JSON.stringify({ weight_map: { w: 'shard' } }));
    expect(await refusal(inside)).toMatch(/shard: it is not a file/);
  });

  it('of a gigabyte is refused before it is read', async () => {
    const path = join(folder, 'long.index.json');
    await (await open(path, 'w')).close();
    await truncate(path, 2 ** 30);
    expect(await refusal(path)).toMatch(/it has 1073741824 bytes/);
  });
});
