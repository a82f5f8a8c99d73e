import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { countOf, type Numbers } from '../../engine/numbers.ts';
import { UserError } from '../../errors.ts';
import { writeAtomically } from '../../files/atomic-write.ts';
import { openSafetensors, writeSafetensors } from './safetensors.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'safetensors-'));
});
afterAll(() => rm(folder, { recursive: true }));

const floats = (...values: number[]): Numbers => ({ shape: [values.length], data: Float32Array.from(values) });

const sample = new Map<string, Numbers>([
  ['matrix', { shape: [2, 3], data: Float32Array.of(1, -2, 3.5, 0, -0, 1e-40) }],
  ['scalar', { shape: [], data: Float32Array.of(Number.NaN) }],
  ['wide', { shape: [2], data: Float64Array.of(1 / 3, 2) }],
  ['empty', { shape: [0, 7], data: new Float32Array() }],
  ['ids', { shape: [3], data: Int32Array.of(-1, 0, 2 ** 31 - 1) }],
]);

/** A file of `header` (JSON, or any text) and `dataBytes` zeros. */
const craft = async (header: unknown, dataBytes: number): Promise<string> => {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = Buffer.alloc(8 + json.length + dataBytes);
  bytes.writeBigUInt64LE(BigInt(json.length));
  json.copy(bytes, 8);
  const path = join(folder, 'crafted.safetensors');
  await writeFile(path, bytes);
  return path;
};

const readAll = async (path: string): Promise<Map<string, Numbers>> => {
  await using file = await openSafetensors(path);
  return await file.readAll();
};

const f32 = (shape: readonly unknown[], begin: number, end: number) => ({
  dtype: 'F32',
  shape,
  data_offsets: [begin, end],
});

describe('reading what was written', () => {
  it('gives the same numbers, names, order and metadata', async () => {
    const path = join(folder, 'round.safetensors');
    await writeSafetensors(path, sample, { task: 'vqa', note: 'ünïcode' });
    await using file = await openSafetensors(path);
    const expected = new Map(sample).set('wide', { shape: [2], data: Float32Array.of(1 / 3, 2) });
    expect([...(await file.readAll())]).toEqual([...expected]);
    expect(file.metadata).toEqual(new Map(Object.entries({ task: 'vqa', note: 'ünïcode' })));
    expect(file.tensors.get('wide')!.dtype).toBe('F64');
  });

  it('writes the same bytes for the same numbers, each tensor at a multiple of its width', async () => {
    const [one, two] = [join(folder, 'one.safetensors'), join(folder, 'two.safetensors')];
    const odd = new Map([['ids', sample.get('ids')!], ...sample]);
    await writeSafetensors(one, odd);
    await writeSafetensors(two, odd);
    const bytes = await readFile(one);
    expect(bytes.equals(await readFile(two))).toBe(true);
    await using file = await openSafetensors(one);
    const dataStart = 8 + Number(bytes.readBigUInt64LE());
    for (const { dtype, begin } of file.tensors.values())
      expect((dataStart + begin) % (dtype === 'F64' ? 8 : 4)).toBe(0);
  });

  it.each(['F16', 'BF16'] as const)('stores floats as %s when asked, and integers as they are', async (dtype) => {
    const path = join(folder, `${dtype}.safetensors`);
    await writeSafetensors(
      path,
      new Map([
        ['w', floats(1, -0.5, 1 / 3)],
        ['ids', sample.get('ids')!],
      ]),
      {},
      { dtype },
    );
    const all = await readAll(path);
    const third = dtype === 'F16' ? 0.333251953125 : 0.333984375;
    expect(all.get('w')!.data).toEqual(Float32Array.of(1, -0.5, third));
    expect(all.get('ids')).toEqual(sample.get('ids'));
  });

  it('reads the files that Hugging Face writes', async () => {
    await using file = await openSafetensors('test/parity/hf/vqa/model.safetensors');
    expect(file.tensors.size).toBe(68);
    expect(file.metadata.get('format')).toBe('pt');
    const { shape, data } = await file.read('vilt.embeddings.patch_embeddings.projection.weight');
    expect(shape).toEqual([64, 3, 16, 16]);
    expect(data.length).toBe(64 * 3 * 16 * 16);
    expect(data.every((value) => Math.abs(value) < 10)).toBe(true);
  });

  it('says what a file does have when a name is not in it', async () => {
    await using file = await openSafetensors('test/parity/hf/vqa/model.safetensors');
    await expect(file.read('vqa_classifier.0.weight')).rejects.toThrow(
      /it has no vqa_classifier.0.weight.*and 63 more/,
    );
  });
});

describe('a header that lies', () => {
  const cases: [string, unknown, number, RegExp][] = [
    ['too few bytes for the shape', { w: f32([2, 3], 0, 20) }, 20, /w is F32 \[2, 3\] and needs 24 bytes, but has 20/],
    ['an end before the beginning', { w: f32([2], 8, 0) }, 8, /needs 8 bytes, but has -8/],
    ['an end outside the file', { w: f32([3], 0, 12) }, 8, /w ends at byte 12, but the data has only 8/],
    ['overlap', { a: f32([2], 0, 8), b: f32([2], 4, 12) }, 12, /b starts at byte 4, inside .* \(to 8\)/],
    ['a hole', { a: f32([1], 0, 4), b: f32([1], 8, 12) }, 12, /bytes 4 to 8, before b, belong to no tensor/],
    ['bytes left over', { a: f32([1], 0, 4) }, 9, /the last 5 bytes belong to no tensor/],
    ['a negative size', { w: f32([-2, -2], 0, 16) }, 16, /w has no dtype, shape and data_offsets/],
    ['a size past all counting', { w: f32([2 ** 40, 2 ** 40], 0, 8) }, 8, /w is F32 .* but has 8/],
    ['a shape of words', { w: f32(['two'], 0, 8) }, 8, /w has no dtype/],
    ['a kind of number nobody reads', { w: { ...f32([8], 0, 8), dtype: 'F8_E4M3' } }, 8, /w holds F8_E4M3 numbers/],
    ['metadata of numbers', { __metadata__: { step: 3 } }, 0, /__metadata__ is not a record of strings/],
    ['a list', [], 0, /its header is not a JSON object/],
    ['no JSON', '{"w":', 0, /its header is not a JSON object/],
    ['no text', '\u0000\u0001', 0, /its header is not a JSON object/],
  ];
  it.each(cases)('is refused: %s', async (_, header, dataBytes, message) => {
    const refused = openSafetensors(await craft(header, dataBytes));
    await expect(refused).rejects.toThrow(UserError);
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.toThrow('crafted.safetensors');
  });

  it.each([
    ['nothing at all', Buffer.alloc(0), /it has 0 bytes/],
    ['a length longer than the file', Buffer.from([9, 0, 0, 0, 0, 0, 0, 0, 1]), /claims 9 bytes of at most 1/],
    ['a length of 2^64 - 1', Buffer.alloc(100, 255), /claims 18446744073709551615 bytes of at most 92/],
  ])('is refused before anything is read: %s', async (_, bytes, message) => {
    const path = join(folder, 'short.safetensors');
    await writeFile(path, bytes);
    await expect(openSafetensors(path)).rejects.toThrow(message);
  });

  it('is refused for a path that is no file', async () => {
    await expect(openSafetensors(join(folder, 'nowhere.safetensors'))).rejects.toThrow(UserError);
    await expect(openSafetensors(folder)).rejects.toThrow('it is not a file');
  });

  it('never crashes a reader: 200 damaged files are refused or give all that their header says', async () => {
    const path = join(folder, 'fuzz.safetensors');
    await writeSafetensors(path, sample, { task: 'vqa' });
    const whole = await readFile(path);
    const edit = fc.record({ at: fc.nat(whole.length - 1), put: fc.uint8Array({ minLength: 1, maxLength: 4 }) });
    const digits = fc.record({ at: fc.nat(40), put: fc.constantFrom('0', '9', '-', '1e9', '[', '"', '4294967296') });
    const damaged = fc.oneof(
      fc.array(edit, { minLength: 1, maxLength: 3 }).map((edits) => {
        const bytes = Buffer.from(whole);
        for (const { at, put } of edits) bytes.set(put.subarray(0, bytes.length - at), at);
        return bytes;
      }),
      digits.map(({ at, put }) => replaceNumber(whole, at, put)),
      fc.nat(whole.length).map((length) => whole.subarray(0, length)),
    );
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(damaged, async (bytes) => {
        const target = join(folder, 'damaged.safetensors');
        await writeFile(target, bytes);
        try {
          for (const { shape, data } of (await readAll(target)).values()) expect(data.length).toBe(countOf(shape));
        } catch (error) {
          expect(error).toBeInstanceOf(UserError);
          refused++;
        }
      }),
      { numRuns: 200 },
    );
    expect(refused).toBeGreaterThan(50);
  });
});

/** The file with the number number `at` of its header (modulo how many there are) replaced, and the length mended. */
const replaceNumber = (whole: Buffer, at: number, put: string): Buffer => {
  const end = 8 + Number(whole.readBigUInt64LE());
  const header = whole.toString('utf8', 8, end);
  const places = [...header.matchAll(/(?<=[[,:])\d+/g)];
  const place = places[at % places.length]!;
  const json = Buffer.from(header.slice(0, place.index) + put + header.slice(place.index + place[0].length));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, whole.subarray(end)]);
};

describe('writing', () => {
  it('leaves the old file and no other when something fails half way', async () => {
    const home = join(folder, 'half');
    await mkdir(home);
    const path = join(home, 'student.safetensors');
    await writeSafetensors(path, sample);
    const before = await readFile(path);
    const failing = writeAtomically(path, async (append) => {
      await append(Buffer.alloc(1000));
      throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
    });
    await expect(failing).rejects.toThrow(UserError);
    await expect(failing).rejects.toThrow(`${path}: the disk is full`);
    await expect(writeSafetensors(path, new Map([['w', floats(1e6)]]), {}, { dtype: 'F16' })).rejects.toThrow(
      /too large/,
    );
    expect((await readFile(path)).equals(before)).toBe(true);
    expect(await readdir(home)).toEqual(['student.safetensors']);
  });

  it('says when there is no folder to write to', async () => {
    const write = writeSafetensors(join(folder, 'no', 'such', 'w.safetensors'), sample);
    await expect(write).rejects.toThrow('its folder does not exist: create it first');
  });

  it('throws for numbers that do not fill their shape: the mistake is the caller’s', async () => {
    const wrong = new Map([['w', { shape: [2, 2], data: new Float32Array(3) }]]);
    const write = writeSafetensors(join(folder, 'w.safetensors'), wrong);
    await expect(write).rejects.toThrow('w [2, 2] with 3 numbers cannot be written');
    await expect(write).rejects.not.toThrow(UserError);
  });

  const mayMount = process.platform === 'linux' && process.getuid?.() === 0;
  it.runIf(mayMount)('keeps the old file byte for byte when a real disk is full', async ({ skip }) => {
    const disk = join(folder, 'disk');
    await mkdir(disk);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=128k', 'none', disk], { stdio: 'ignore' });
    } catch {
      skip('this machine lets nobody mount');
    }
    try {
      const path = join(disk, 'student.safetensors');
      const weights = (value: number) =>
        new Map([['w', { shape: [20_000], data: new Float32Array(20_000).fill(value) }]]);
      await writeSafetensors(path, weights(1));
      const before = await readFile(path);
      await expect(writeSafetensors(path, weights(2))).rejects.toThrow(`${path}: the disk is full`);
      expect((await readFile(path)).equals(before)).toBe(true);
      expect(await readdir(disk)).toEqual(['student.safetensors']);
    } finally {
      execFileSync('umount', [disk]);
    }
  });
});
