import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BinaryReader } from '@bufbuild/protobuf/wire';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { UserError } from '../errors.ts';
import { openMetrics, readMetrics } from './metrics.ts';
import { crc32c } from './tensorboard.ts';

let home: string;
let folder: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'metrics-'));
});
beforeEach(async () => {
  folder = await mkdtemp(join(home, 'run-'));
});
afterAll(() => rm(home, { recursive: true }));

/** Undoes the mask as TensorFlow does. */
const unmasked = (crc: number): number => {
  const turned = (crc - 0xa282ead8) >>> 0;
  return ((turned >>> 17) | (turned << 15)) >>> 0;
};

/** The events of a TFRecord file; every CRC is checked on the way. */
const records = (file: Buffer): Buffer[] => {
  const found: Buffer[] = [];
  for (let at = 0; at < file.length; ) {
    const length = Number(file.readBigUInt64LE(at));
    const event = file.subarray(at + 12, at + 12 + length);
    expect(unmasked(file.readUInt32LE(at + 8))).toBe(crc32c(file.subarray(at, at + 8)));
    expect(unmasked(file.readUInt32LE(at + 12 + length))).toBe(crc32c(event));
    found.push(event);
    at += 16 + length;
  }
  return found;
};

type Scalar = [step: number, tag: string, value: number];

const scalarsOf = (event: Buffer): Scalar[] => {
  const reader = new BinaryReader(event);
  const scalars: Scalar[] = [];
  let step = 0;
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (field === 2) step = Number(reader.int64());
    else if (field === 5) {
      const end = reader.uint32() + reader.pos;
      while (reader.pos < end) {
        reader.tag();
        reader.uint32();
        reader.tag();
        const tag = reader.string();
        reader.tag();
        scalars.push([step, tag, reader.float()]);
      }
    } else reader.skip(type);
  }
  return scalars;
};

const eventScalars = async (): Promise<Scalar[]> => {
  const name = (await readdir(folder)).find((file) => file.includes('tfevents'))!;
  const [opening, ...events] = records(await readFile(join(folder, name)));
  expect(opening!.toString('latin1')).toContain('brain.Event:2');
  return events.flatMap(scalarsOf);
};

const logSteps = async (steps: readonly number[], options?: { resumeAt: number }): Promise<void> => {
  const metrics = await openMetrics(folder, options);
  for (const step of steps) metrics.log(step, { loss: 1 / step, rate: step });
  metrics.close();
};

const stepsLogged = (): number[] => readMetrics(folder).map(({ step }) => step);

it('writes the same numbers for programs and for TensorBoard', async () => {
  await logSteps([1, 2]);
  expect(await eventScalars()).toEqual([
    [1, 'loss', 1],
    [1, 'rate', 1],
    [2, 'loss', 0.5],
    [2, 'rate', 2],
  ]);
  const now = Date.now() / 1000;
  expect(readMetrics(folder)).toEqual([
    { step: 1, time: expect.closeTo(now, -2), values: { loss: 1, rate: 1 } },
    { step: 2, time: expect.closeTo(now, -2), values: { loss: 0.5, rate: 2 } },
  ]);
});

it('has a line on the disk as soon as it is logged, since a killed run closes nothing', async () => {
  const metrics = await openMetrics(join(folder));
  metrics.log(1, { loss: 0.25 });
  expect(readMetrics(folder)[0]!.values).toEqual({ loss: 0.25 });
  expect(await eventScalars()).toEqual([[1, 'loss', 0.25]]);
  metrics.close();
});

it('keeps numbers that JSON does not have', async () => {
  const metrics = await openMetrics(folder);
  const values = { a: Number.NaN, b: Number.POSITIVE_INFINITY, c: Number.NEGATIVE_INFINITY };
  metrics.log(1, values);
  metrics.close();
  expect(readMetrics(folder)[0]!.values).toEqual(values);
});

describe('resuming', () => {
  it('forgets what came after the resumed step, in both files, and goes on', async () => {
    await logSteps([10, 20, 30]);
    await logSteps([30, 40], { resumeAt: 20 });
    expect(stepsLogged()).toEqual([10, 20, 30, 40]);
    expect((await eventScalars()).map(([step]) => step)).toEqual([10, 10, 20, 20, 30, 30, 40, 40]);
  });

  it('leaves the lines of an unbroken run as they are, byte for byte', async () => {
    await logSteps([1, 2, 3]);
    const before = await readFile(join(folder, 'metrics.jsonl'));
    await logSteps([], { resumeAt: 3 });
    expect((await readFile(join(folder, 'metrics.jsonl'))).equals(before)).toBe(true);
    expect(await eventScalars()).toHaveLength(6);
  });

  it('drops the half line and the half record of a killed run', async () => {
    await logSteps([1, 2]);
    for (const name of await readdir(folder)) await appendFile(join(folder, name), '{"step": 3, "ti');
    await logSteps([3], { resumeAt: 2 });
    expect(stepsLogged()).toEqual([1, 2, 3]);
    expect((await eventScalars()).map(([step]) => step)).toEqual([1, 1, 2, 2, 3, 3]);
  });

  it('from step 0 starts anew', async () => {
    await logSteps([1, 2]);
    await logSteps([1], { resumeAt: 0 });
    expect(stepsLogged()).toEqual([1]);
  });

  it('must be asked for: a new run never mixes with old curves', async () => {
    await logSteps([1, 7]);
    await expect(openMetrics(folder)).rejects.toThrow(UserError);
    await expect(openMetrics(folder)).rejects.toThrow('up to step 7: resume it, or give another folder');
    expect(stepsLogged()).toEqual([1, 7]);
  });
});

it('refuses a broken line, by its number', async () => {
  await writeFile(join(folder, 'metrics.jsonl'), '{"step":1,"time":0,"loss":1}\n{"step":2,"time":0,"loss":"low"}\n');
  expect(() => readMetrics(folder)).toThrow(/metrics.jsonl:2: this is not a line of metrics/);
});

it('refuses steps that are no counts, and names that are taken', async () => {
  const metrics = await openMetrics(folder);
  expect(() => metrics.log(1.5, { loss: 1 })).toThrow('a step is a count, not 1.5');
  expect(() => metrics.log(1, { time: 1 })).toThrow('`step` and `time` are reserved');
  metrics.close();
});
