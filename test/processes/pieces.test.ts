import { execFile, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generateStore } from '../../bench/generated-store.ts';
import { createStudent } from '../../src/checkpoints/derive.ts';
import { createModel } from '../../src/checkpoints/model-file.ts';
import { saveModel } from '../../src/checkpoints/save-model.ts';
import { openPredictor } from '../../src/inference/open-predictor.ts';
import { inProcess, jsonOf } from '../cli/cli.fixture.ts';
import { nanoDescription, writeNano } from '../fixtures/nano.ts';

const home = mkdtempSync(join(tmpdir(), 'processes-pieces-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));
const at = (name: string): string => join(home, name);

const QUESTION = 'is there a red star?';
const asked = (...more: string[]): string[] => [
  'ask',
  at('student.safetensors'),
  QUESTION,
  '--cache',
  at('cache'),
  ...more,
];
const cached = (to: string, ...more: string[]): string[] => [
  'cache',
  at('student.safetensors'),
  at('photos'),
  '--to',
  at(to),
  ...more,
];

/** A command of `dide` for a shell. */
const shell = (args: readonly string[]): string =>
  [process.execPath, '--import', 'tsx', resolve('src/cli/main.ts'), ...args].map((word) => `"${word}"`).join(' ');

/** A command with each name of a file in its standard input, two at a time. → all that was printed */
const xargs = async (names: string, args: readonly string[]): Promise<string> => {
  const out = at(`${names}.out`);
  const each = `printf '%s\\n' '{}' | ${shell([...args, '--pieces', '-'])} >> ${out}`;
  const run = promisify(execFile);
  await run('xargs', ['-P', '2', '-I', '{}', '-a', at(names), 'sh', '-c', each], { cwd: resolve('.') });
  return out;
};

const linesOf = async (...args: string[]): Promise<string> => {
  const { code, stdout, stderr } = await inProcess(args);
  expect(code, stderr).toBe(0);
  return stdout;
};

beforeAll(async () => {
  await writeNano(at('scenes'), 10);
  cpSync(at('scenes/images/train'), at('photos'), { recursive: true });
  const student = createStudent(createModel(nanoDescription('vilt'), 1), { seed: 2 });
  await saveModel(at('student.safetensors'), student);
  await using predictor = await openPredictor(student, { threads: 1 });
  await generateStore(predictor, { to: at('cache'), images: 10_000, precision: 'float16' });
}, 120_000);

describe('dide in pieces', () => {
  it('asks as one command does, carried by xargs, to the bit', { timeout: 120_000 }, async () => {
    await writeFile(at('pieces'), await linesOf(...asked('--list', '4096')));
    expect((await readFile(at('pieces'), 'utf8')).trimEnd().split('\n')).toHaveLength(3);
    const out = await xargs('pieces', asked('--top', '100', '--histogram'));
    const merged = await jsonOf(...asked('--top', '100', '--histogram', '--merge', out));
    expect(merged).toEqual(await jsonOf(...asked('--top', '100', '--histogram')));
    // a table for people, of the same
    expect(await linesOf(...asked('--top', '100', '--histogram', '--merge', out))).toBe(
      await linesOf(...asked('--top', '100', '--histogram')),
    );
  });

  it('is right where a worker is killed, and its pieces are asked again', { timeout: 120_000 }, async () => {
    const names = await linesOf(...asked('--list', '4096'));
    // names come slowly, so that it is killed between two pieces
    const worker = spawn('sh', ['-c', shell(asked('--pieces', '-'))], { cwd: resolve('.'), detached: true });
    let out = '';
    worker.stdout.on('data', (text) => {
      out += text;
    });
    worker.stdin.write(`${names.split('\n')[0]}\n`);
    while (!out.includes('\n')) await sleep(20);
    process.kill(-worker.pid!, 'SIGKILL');
    await writeFile(at('killed'), `${out}${out.slice(0, 50)}\n`);
    const failed = await inProcess(asked('--merge', at('killed')));
    expect(failed.code).toBe(1);
    const [, ...missing] = failed.stderr
      .trimEnd()
      .split('\n')
      .filter((line) => !line.startsWith('passed over'));
    expect(missing).toEqual(names.trimEnd().split('\n').slice(1));
    await writeFile(at('missing'), missing.join('\n'));
    await writeFile(at('again'), await linesOf(...asked('--pieces', at('missing'))));
    const merged = await jsonOf(...asked('--merge', at('again'), '--merge', at('killed')));
    expect(merged).toEqual(await jsonOf(...asked()));
  });

  it('says on stderr which piece failed, and ends with an error', async () => {
    await writeFile(at('wrong'), '0-4096@00000000\n');
    const { code, stdout, stderr } = await inProcess(asked('--pieces', at('wrong')));
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain('piece 0-4096@00000000: it is of another cache, or');
  });

  it('answers many questions to a file as one command does', async () => {
    await writeFile(at('questions'), 'is there a red star?\nwhat color is the star?\n');
    const many = (...more: string[]) =>
      linesOf(
        'ask',
        at('student.safetensors'),
        '--questions',
        at('questions'),
        '--cache',
        at('cache'),
        '--at-least',
        '0.5',
        ...more,
      );
    await writeFile(at('answered'), await many('--out', at('ignored.jsonl'), '--pieces', at('pieces')));
    await many('--out', at('merged.jsonl'), '--merge', at('answered'));
    await many('--out', at('alone.jsonl'));
    const sorted = async (file: string) => (await readFile(at(file), 'utf8')).trimEnd().split('\n').sort();
    const [alone, merged] = [await sorted('alone.jsonl'), await sorted('merged.jsonl')];
    expect(alone.length).toBeGreaterThan(100);
    expect(merged).toEqual(alone);
  });

  it('caches as one command does, carried by xargs, and a second time what is new', { timeout: 120_000 }, async () => {
    const pictures = await linesOf(...cached('merged', '--list'));
    expect(pictures.trimEnd().split('\n')).toHaveLength(20);
    await writeFile(at('pictures'), pictures.split('\n').slice(0, 2).join('\n'));
    const out = await xargs('pictures', cached('merged'));
    const { milliseconds: _, to: __, ...merged } = await jsonOf(...cached('merged', '--merge', out, '--threads', '1'));
    const { milliseconds: ___, to: ____, ...alone } = await jsonOf(...cached('alone', '--threads', '1'));
    expect(merged).toEqual(alone);
    expect(await linesOf(...cached('merged', '--list'))).toBe('');
    const answersOf = async (cache: string) =>
      (await jsonOf('ask', at('student.safetensors'), QUESTION, '--cache', at(cache))).answers;
    const [ours, theirs] = [await answersOf('merged'), await answersOf('alone')];
    for (const [i, { image, probability }] of ours.entries()) {
      expect(image).toBe(theirs[i].image);
      expect(probability).toBeCloseTo(theirs[i].probability, 3);
    }
  });

  it('is refused beside --json and beside each other, and of several processes', async () => {
    const said = async (...args: string[]) => (await inProcess(args)).stderr;
    expect(await said(...asked('--list', '--json'))).toContain("'--list [images]' cannot be used with option '--json'");
    expect(await said(...asked('--pieces', 'a', '--merge', 'b'))).toContain('cannot be used with');
    expect(await said(...asked('--list', '1000'))).toContain('pieces of 1000 images: give a multiple of 4096');
  });
});
