import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inProcess, jsonOf } from '../cli/cli.fixture.ts';
import { type Expected, jsonLinesOf, processor, type Run, runIn } from './expected.ts';
import { caches, data, evaluated, files, hasAnswers, overCache, pictures, pretrained, stopped } from './journeys.ts';

const committed = fileURLToPath(new URL('../files/earlier', import.meta.url));
const expected = JSON.parse(readFileSync(join(committed, 'expected.json'), 'utf8')) as Expected;
const home = mkdtempSync(join(tmpdir(), 'dide-earlier-'));

/** The committed files under the path at which they were made; another checkout's link is as good, while it leads there. */
beforeAll(() => {
  if (existsSync(join(files, 'expected.json'))) return;
  rmSync(files, { force: true });
  symlinkSync(committed, files);
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** Same bits where the processor is the one that made the files; elsewhere, within a thousandth. */
const isSameProcessor = processor() === expected.processor;
const expectSame = (now: unknown, before: unknown): void =>
  isSameProcessor ? expect(now).toEqual(before) : expectNear(now, before);
/** Within a thousandth. */
const expectNear = (now: unknown, before: unknown): void => expect(now).toEqual(rounded(before));
const rounded = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value), (_, one) => (typeof one === 'number' ? about(one) : one));
const about = (one: number) => expect.closeTo(one, 3 - Math.ceil(Math.log10(Math.max(Math.abs(one), 1))));

const expectRun = (now: Run, before: Run): void => {
  expectSame(now.metrics, before.metrics);
  if (isSameProcessor) expect(now).toEqual(before);
};

describe('a run that the earlier version was killed in', () => {
  it.each(Object.entries(stopped))('goes on, and ends as it would have: %s', async (name, args) => {
    const out = join(home, name);
    cpSync(join(files, 'runs', name), out, { recursive: true });
    const before = jsonLinesOf(join(out, 'metrics.jsonl'));
    const { updates } = await jsonOf(...args, '--out', out, '--resume');
    expect(updates).toBe(12);
    expectRun(runIn(out), expected.runs[name]!);
    // the updates before its last checkpoint were not done again
    expect(jsonLinesOf(join(out, 'metrics.jsonl')).slice(0, 4)).toEqual(before.slice(0, 4));
  });

  it('is told from a run with other options, as before', async () => {
    const out = join(home, 'student-again');
    cpSync(join(files, 'runs', 'student'), out, { recursive: true });
    const { code, stderr } = await inProcess([...stopped.student!, '--out', out, '--resume', '--weight-decay', '0.1']);
    expect(code).toBe(1);
    expect(stderr).toContain('weightDecay was 0.01, now 0.1');
  });
});

it('a teacher that the earlier version cached is not asked again', async () => {
  const { code, stderr } = await inProcess([...overCache, '--out', join(home, 'over-cache'), '--json']);
  expect(code, stderr).toBe(0);
  expect(stderr).not.toContain('caching');
  expectRun(runIn(join(home, 'over-cache')), expected.overCache);
});

describe('a cache of images', () => {
  it.each(Object.entries(caches))('gives the answers that it gave: %s', async (name, { student, question }) => {
    const cache = join(home, name);
    cpSync(join(files, name), cache, { recursive: true });
    const best = name === 'cache-student' ? ['--most-probable'] : [];
    const ask = ['ask', student, question, '--cache', cache, '--top', '99', '--threads', '1', ...best];
    const { cache: _, ...before } = expected.asked[name] as Record<string, unknown>;
    // the scan of today adds in another order
    expectNear(knownBefore(await jsonOf(...ask)), before);
    // a checkout gives the pictures new times: their bytes are known
    const again = await jsonOf('cache', student, pictures, '--to', cache, '--threads', '1');
    expect(again).toMatchObject({ encoded: 0, unreadable: 0 });
    expect(again.kept).toBeGreaterThan(0);
    expectNear(knownBefore(await jsonOf(...ask)), before);
  });
});

type Said = Readonly<Record<string, unknown>>;

/** Answer of the earlier version to a question or a search, without the fields added since. */
const knownBefore = ({ question, images, answers, found }: Said): Said => {
  const rows = (list: unknown) =>
    Array.isArray(list)
      ? list.map(({ image, answer, probability, score }: Said) => ({ image, answer, probability, score }))
      : undefined;
  return { question, images, answers: rows(answers), found: rows(found) };
};

/** Outputs of an ONNX file for fixed numbers; sizes without a number are 9, the patches of a picture. */
const outputsOf = async (path: string): Promise<Record<string, unknown>> => {
  const session = await InferenceSession.create(path, { intraOpNumThreads: 1 });
  const feeds = session.inputMetadata.map((input) => {
    if (!input.isTensor) throw new Error(`${path}: ${input.name} is no tensor`);
    const shape = input.shape.map((size) => (typeof size === 'number' ? size : 9));
    const numbers = Array.from({ length: shape.reduce((all, size) => all * size, 1) }, (_, i) => i % 7);
    const data = input.type === 'int32' ? Int32Array.from(numbers) : Float32Array.from(numbers);
    return [input.name, new Tensor(data, shape)] as const;
  });
  const outputs = await session.run(Object.fromEntries(feeds));
  return Object.fromEntries(Object.entries(outputs).map(([name, { dims, data }]) => [name, { dims, data }]));
};

describe('a model that the earlier version saved', () => {
  it.each([...Object.keys(evaluated), ...pretrained])('is what it was: %s', async (path) => {
    expect(await jsonOf('inspect', join(files, path))).toEqual(expected.inspected[path]);
  });

  it.each(Object.entries(evaluated))('answers, ranks and finds as it did: %s', async (path, name) => {
    const predictions = join(home, 'predictions.jsonl');
    const writing = hasAnswers(name) ? ['--predictions', predictions] : [];
    const args = ['evaluate', join(files, path), '--data', join(files, 'data', name), '--threads', '1', ...writing];
    const { lines: now } = await jsonOf(...args);
    // a count that the earlier version did not have
    const lines = (now as Record<string, unknown>[]).map(({ unanswered, ...line }) => {
      expect(unanswered ?? 0).toBe(0);
      return line;
    });
    expectSame(lines, expected.evaluated[path]!.lines);
    if (hasAnswers(name)) expectSame(jsonLinesOf(predictions), expected.evaluated[path]!.predictions);
  });

  it('is exported as graphs that compute the same', async () => {
    const out = join(home, 'exported');
    const args = ['export', join(files, 'runs/student/best.safetensors'), '--out', out, '--threads', '1'];
    const { code, stderr } = await inProcess(args);
    expect(code, stderr).toBe(0);
    for (const file of ['student.json', 'vocab.txt', 'tokenizer_config.json']) {
      expect(readFileSync(join(out, file), 'utf8')).toBe(readFileSync(join(files, 'exported', file), 'utf8'));
    }
    for (const graph of ['text.onnx', 'image.onnx', 'answer.onnx']) {
      expect(await outputsOf(join(out, graph))).toEqual(await outputsOf(join(files, 'exported', graph)));
    }
  });
});

it.each(Object.entries(data))('the scenes are the same pictures and texts: %s', async (name, args) => {
  const folder = join(home, 'scenes', name);
  await jsonOf('scenes', folder, ...args, '--seed', '3');
  for (const file of ['train.jsonl', 'validation.jsonl']) {
    const [now, before] = [folder, join(files, 'data', name)].map((at) => readFileSync(join(at, file), 'utf8'));
    expect(now).toBe(before);
    for (const { image, images } of jsonLinesOf(join(folder, file))) {
      for (const path of (images ?? [image]) as string[]) {
        expect(readFileSync(join(folder, path)).equals(readFileSync(join(files, 'data', name, path)))).toBe(true);
      }
    }
  }
});
