import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodePng } from '../../src/data/image.ts';
import { failing, inProcess, jsonOf } from './cli.fixture.ts';

const files = 'test/files/checkpoint';
const pieces = `${files}/hf/vocab.txt`;
const facts = (answers: string): string[] => ['--answers', answers, '--vocabulary', pieces];

let root = '';
let data = '';
let answers = '';
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'dide-foreign-'));
  [data, answers] = [join(root, 'data'), join(root, 'answers.json')];
  await mkdir(join(data, 'images'), { recursive: true });
  writeFileSync(answers, JSON.stringify({ id2label: { 0: 'no', 1: 'yes', 2: 'maybe' } }));
  for (const name of ['a', 'b']) {
    const pixels = new Uint8Array(12 * 12 * 3).map((_, i) => (i * (name === 'a' ? 7 : 11)) % 256);
    writeFileSync(join(data, 'images', `${name}.png`), await encodePng({ width: 12, height: 12, data: pixels }));
  }
  const words = readFileSync(pieces, 'utf8').trim().split('\n').at(-1)!;
  const rows = ['a', 'b'].map((name) => ({
    image: `images/${name}.png`,
    question: words,
    answer: name === 'a' ? 'yes' : 'no',
  }));
  const lines = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
  for (const split of ['train', 'validation']) writeFileSync(join(data, `${split}.jsonl`), lines);
});
afterAll(() => rm(root, { recursive: true }));

const one = ['--threads', '1'];

describe('a checkpoint that dide did not save', () => {
  it('is evaluated: .ckpt with its facts given, a folder of Hugging Face without any', async () => {
    const ckpt = await jsonOf('evaluate', `${files}/vilt.ckpt`, '--data', data, ...facts(answers), ...one);
    const folder = await jsonOf('evaluate', `${files}/hf`, '--data', data, ...one);
    expect(ckpt.lines).toEqual(folder.lines);
    expect(ckpt.lines[0].questions).toBe(2);
  });

  it('teaches a student, and is gone on from', async () => {
    const fit = ['--data', data, '--updates', '1', '--batch', '2', ...one];
    const out = join(root, 'student');
    expect(await jsonOf('finetune', '--teacher', `${files}/hf`, '--out', out, ...fit)).toMatchObject({ model: 'dide' });
    const from = ['--from', `${files}/vilt.ckpt`, ...facts(answers), '--words', '20'];
    expect(await jsonOf('finetune', ...from, '--out', join(root, 'on'), ...fit)).toMatchObject({ model: 'vilt' });
    const { description } = await jsonOf('inspect', join(root, 'on', 'best.safetensors'));
    expect(description.sizes.words).toBe(20);
  });

  it('that is distilled caches and answers', async () => {
    const cache = join(root, 'cache');
    const cached = await jsonOf('cache', `${files}/distilled.ckpt`, data, '--to', cache, ...facts(answers), ...one);
    expect(cached).toMatchObject({ images: 2, encoded: 2 });
    const asked = await jsonOf('ask', `${files}/distilled.ckpt`, 'a', '--cache', cache, ...facts(answers), ...one);
    expect(asked.answers).toHaveLength(2);
    expect(['no', 'yes', 'maybe']).toContain(asked.answers[0].answer);
  });

  it('is exported as ONNX, for transformers, and as a file of ours that needs no facts', async () => {
    const student = await jsonOf(
      'export',
      `${files}/distilled.ckpt`,
      '--out',
      join(root, 'onnx'),
      ...facts(answers),
      ...one,
    );
    expect(student.files).toHaveLength(3);
    const to = (format: string): string[] => [
      'export',
      `${files}/vilt.ckpt`,
      ...facts(answers),
      '--to',
      format,
      '--out',
    ];
    await jsonOf(...to('huggingface'), join(root, 'hf'));
    expect(readdirSync(join(root, 'hf'))).toContain('config.json');
    await jsonOf(...to('safetensors'), join(root, 'ours.safetensors'), '--precision', 'fp16');
    expect(await jsonOf('inspect', join(root, 'ours.safetensors'))).toMatchObject({ kind: 'model' });
    expect(await failing(root, ...to('huggingface'), join(root, 'never'), '--precision', 'int8')).toMatch(/fp32/);
  });

  it('is looked into, and says what it has to be told', async () => {
    expect(await jsonOf('inspect', `${files}/hf`)).toMatchObject({
      classifiers: [{ task: 'vqa', answers: 3 }],
      lacks: [],
    });
    const { lacks } = await jsonOf('inspect', `${files}/vilt.ckpt`);
    expect(lacks).toEqual(['--answers FILE, of 3', '--vocabulary FILE, of 18']);
    expect((await jsonOf('inspect', `${files}/vilt.ckpt`, '--heads', '4')).sizes.heads).toBe(4);
  });

  it('and one that dide saved say it where they are told what they say themselves', async () => {
    const ours = join(root, 'told.safetensors');
    await jsonOf('export', `${files}/vilt.ckpt`, ...facts(answers), '--to', 'safetensors', '--out', ours);
    const again = [...facts(answers), '--heads', '1', '--image', '16', '--words', '9'];
    const evaluated = await inProcess(['evaluate', ours, '--data', data, ...again, ...one]);
    const unused = '--answers, --vocabulary, --heads, --image, --words are not used for it';
    expect(evaluated.code).toBe(0);
    expect(evaluated.stderr).toContain(`${ours}: it was saved by dide and says this itself: ${unused}`);
    const from = ['--from', ours, '--image', '16', '--data', data, '--updates', '1', '--batch', '2'];
    const begun = await inProcess(['finetune', ...from, '--out', join(root, 'told'), ...one]);
    expect(begun.stderr).toContain('--image is not used for it');
  });

  it('gives no orders to the terminal by the names that it holds', async () => {
    const header = Buffer.from(JSON.stringify({ '\u001b[2Jgone': { dtype: 'F9', shape: [], data_offsets: [0, 0] } }));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(header.length));
    writeFileSync(join(root, 'orders.safetensors'), Buffer.concat([length, header]));
    expect(await failing(root, 'inspect', join(root, 'orders.safetensors'))).toMatch(
      /: \ufffd\[2Jgone holds F9 numbers/,
    );
  });

  it('without its facts is refused with the options that give them', async () => {
    cpSync(`${files}/vilt.ckpt`, join(root, 'alone.ckpt'));
    const asked = ['evaluate', join(root, 'alone.ckpt'), '--data', data];
    expect(await failing(root, ...asked, '--answers', answers)).toMatch(/word table has \d+ rows.*--vocabulary/);
    expect(await failing(root, 'cache', join(root, 'alone.ckpt'), data, '--to', join(root, 'never'))).toMatch(
      /--answers/,
    );
    expect(await failing(root, 'evaluate', `${files}/base.ckpt`, '--data', data)).toMatch(
      /does not say its task: give --task/,
    );
    expect(await failing(root, ...asked, ...facts(answers), '--heads', '5')).toMatch(/no 5 heads/);
  });
});
