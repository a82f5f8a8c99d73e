import { existsSync, statSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadModel, type Model } from '../../src/index.ts';
import { recipes, type ShippedName, shippedNames } from '../../src/studies/shipped/recipes.ts';
import { dide, failing, inProcess } from './cli.fixture.ts';

let place = '';
beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), 'dide-remake-'));
});
afterAll(() => rm(place, { recursive: true, force: true }));

const fileOf = (name: ShippedName): string => join(place, `${name}.safetensors`);

/** The command that makes a toy of a file from toys of those that it needs. */
const commandFor = (name: ShippedName, ...more: readonly string[]): string[] => {
  const { from, teacher } = recipes[name];
  const given = Object.entries({ from, teacher }).flatMap(([option, file]) =>
    file === undefined ? [] : [`--${option}`, fileOf(file)],
  );
  const fixed = ['--out', fileOf(name), '--folder', join(place, 'runs'), '--tiny', '--threads', '1'];
  return ['remake', name, ...fixed, ...given, ...more];
};

const make = async (name: ShippedName, ...more: readonly string[]): Promise<Model> => {
  const { code, stderr } = await inProcess(commandFor(name, ...more));
  expect(code, stderr).toBe(0);
  return loadModel(fileOf(name));
};

/** All weights, by name, to be compared quickly. */
const bytesOf = ({ weights }: Model): Buffer =>
  Buffer.concat(
    [...weights]
      .sort(([a], [b]) => a.localeCompare(b))
      .map(([, { data }]) => Buffer.from(data.buffer, data.byteOffset, data.byteLength)),
  );

const logOf = async (name: ShippedName, lesson: string): Promise<{ update: number }[]> =>
  (await readFile(join(place, 'runs/tiny', name, lesson, 'metrics.jsonl'), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

/** Description of each file: its architecture, its task and its number of answers. */
const made: Readonly<Record<ShippedName, readonly [string, string, number]>> = {
  'pretrained-mini': ['vilt', 'pretraining', 2],
  'teacher-mini': ['vilt', 'vqa', 20],
  'teacher-nlvr2-mini': ['vilt', 'nlvr2', 2],
  'teacher-snli-ve-mini': ['vilt', 've', 3],
  'teacher-retrieval-mini': ['vilt', 'retrieval', 0],
  'student-pretrained-mini': ['dide', 'pretraining', 2],
  'student-mini': ['dide', 'vqa', 20],
};

describe('the recipes of the shipped files, at toy size, one from the other', () => {
  it.each(shippedNames)('make %s', { timeout: 120_000 }, async (name) => {
    const { config } = await make(name);
    expect([config.architecture.name, config.task, config.answers.length]).toEqual(made[name]);
    expect(config.recipe.updates).toBe(4);
    for (const lesson of Object.keys(recipes[name].lessons)) expect(await logOf(name, lesson)).toHaveLength(4);
  });

  it('a fine-tuned file has the weights that were best on validation', async () => {
    const made = await loadModel(fileOf('teacher-mini'));
    const best = await loadModel(join(place, 'runs/tiny/teacher-mini/moreQuestions/best.safetensors'));
    expect(bytesOf(made).equals(bytesOf(best))).toBe(true);
  });

  it('one lesson goes on from the weights of the one before', async () => {
    const runs = join(place, 'runs/tiny/teacher-mini');
    const [one, next] = [join(runs, 'questions/best.safetensors'), join(runs, 'moreQuestions/best.safetensors')];
    const [before, after] = [(await loadModel(one)).weights, (await loadModel(next)).weights];
    const name = 'transformer.blocks.0.attn.qkv.weight';
    const moved = after.get(name)!.data.map((value, i) => Math.abs(value - before.get(name)!.data[i]!));
    expect(Math.max(...moved)).toBeGreaterThan(0);
    expect(Math.max(...moved)).toBeLessThan(4 * 6e-4 * 1.5);
  });

  it('in float16 a file has half the size', async () => {
    const whole = statSync(fileOf('student-mini')).size;
    await make('student-mini', '--precision', 'fp16');
    expect(statSync(fileOf('student-mini')).size / whole).toBeLessThan(0.55);
  });
});

describe('a recipe that is stopped', () => {
  it('goes on with the same command, and ends with the same weights', { timeout: 240_000 }, async () => {
    const whole = bytesOf(await loadModel(fileOf('pretrained-mini')));
    const folder = join(place, 'again');
    const args = commandFor('pretrained-mini').map((arg) => arg.replace(join(place, 'runs'), folder));
    const reached = join(folder, 'tiny/pretrained-mini/relations/metrics.jsonl');
    const stopped = await dide(args, (kill) => {
      const timer = setInterval(() => {
        if (!existsSync(reached)) return;
        clearInterval(timer);
        kill('SIGTERM');
      }, 10);
    });
    expect(stopped.code).toBe(143);
    expect(stopped.stderr).toMatch(
      /Stopped (in \w+ after update \d of 4|while pictures were written); the same command/,
    );
    expect(existsSync(join(folder, 'tiny/pretrained-mini/places/last.safetensors'))).toBe(true);
    await rm(fileOf('pretrained-mini'));
    expect((await dide(args)).code).toBe(0);
    expect(bytesOf(await loadModel(fileOf('pretrained-mini'))).equals(whole)).toBe(true);
  });
});

describe('mistakes', () => {
  it('are named: an unknown file, an option without use, a file that is not there', async () => {
    const out = ['--out', join(place, 'never.safetensors'), '--folder', join(place, 'never')];
    expect((await inProcess(['remake', 'teacher-maxi', ...out])).stderr).toContain(
      'Allowed choices are pretrained-mini',
    );
    expect(await failing(place, 'remake', 'pretrained-mini', ...out, '--from', 'x')).toBe(
      '--from: pretrained-mini has no use for it: it begins with random weights: leave it out',
    );
    expect(await failing(place, 'remake', 'teacher-mini', ...out, '--teacher', 'x')).toBe(
      '--teacher: teacher-mini has no use for it: it learns from ground truth alone: leave it out',
    );
    expect(await failing(place, 'remake', 'teacher-mini', ...out, '--from', join(place, 'none'))).toBe(
      '/none: no such file: train one with: dide remake pretrained-mini --out /none',
    );
    expect(existsSync(join(place, 'never'))).toBe(false);
  });
});
