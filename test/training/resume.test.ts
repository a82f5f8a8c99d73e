import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, watch } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStudent } from '../../src/checkpoints/derive.ts';
import { openSafetensors } from '../../src/checkpoints/formats/safetensors.ts';
import { loadModel } from '../../src/checkpoints/load.ts';
import { createModel } from '../../src/checkpoints/model-file.ts';
import { mean } from '../../src/engine/functions.ts';
import { sqrt, stopGradient, subtract } from '../../src/engine/ops.ts';
import { UserError } from '../../src/errors.ts';
import { evaluate } from '../../src/evaluation/evaluate.ts';
import { preprocessorFor } from '../../src/inference/preprocessor.ts';
import { vqa } from '../../src/tasks/vqa.ts';
import { type FinetuneOptions, finetune, train } from '../../src/training/finetune.ts';
import { readMetrics } from '../../src/training/metrics.ts';
import type { TrainStep } from '../../src/training/options.ts';
import { nanoDescription, writeNano } from '../fixtures/nano.ts';

const home = mkdtempSync(join(tmpdir(), 'resume-'));
const scenes = join(home, 'scenes');
beforeAll(() => writeNano(scenes), 60_000);
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** Decides when a training process dies. */
type Killer = (child: ChildProcess, folder: string) => void;

/** One process of the training in test/training/resume.child.ts. → its exit code, or the signal that ended it */
const trainOnce = (folder: string, kill: Killer = () => {}): Promise<number | string | null> =>
  new Promise((settle, fail) => {
    const script = fileURLToPath(new URL('resume.child.ts', import.meta.url));
    const child = spawn(process.execPath, ['--import', 'tsx', script, scenes, folder]);
    let complaint = '';
    child.stderr.on('data', (text) => {
      complaint += text;
    });
    child.stdout.resume();
    kill(child, folder);
    child.on('error', fail);
    child.on('close', (code, signal) => (code ? fail(new Error(complaint)) : settle(signal ?? code)));
  });

/** So many milliseconds after its first few updates. */
const later =
  (updates: number, milliseconds: number): Killer =>
  (child) => {
    let seen = 0;
    child.stdout!.on('data', (text) => {
      seen += String(text).split('\n').length - 1;
      if (seen >= updates) setTimeout(() => child.kill('SIGKILL'), milliseconds);
    });
  };

/** As soon as it begins to write its checkpoint of that number, counted from its start. */
const whileSaving =
  (count: number): Killer =>
  (child, folder) => {
    const begun = new Set<string>();
    const watcher = watch(folder, (_, name) => {
      if (name?.startsWith('last.') && name.endsWith('.tmp')) begun.add(name);
      if (begun.size >= count) child.kill('SIGKILL');
    });
    child.on('close', () => watcher.close());
  };

const withoutTimes = (folder: string) => readMetrics(folder).map(({ step, values }) => ({ step, values }));

describe('a training that is killed again and again', () => {
  it('ends with the same bits as one that was left in peace', { timeout: 300_000 }, async () => {
    const [peaceful, hunted] = [join(home, 'peaceful'), join(home, 'hunted')];
    await mkdir(hunted);
    const undisturbed = trainOnce(peaceful);
    const moments = Array.from({ length: 2 }, () => [1 + Math.floor(5 * Math.random()), 60 * Math.random()] as const);
    const kills = [later(...moments[0]!), whileSaving(2), whileSaving(3), later(...moments[1]!), whileSaving(1)];
    const ends: unknown[] = [];
    for (const kill of kills) ends.push(await trainOnce(hunted, kill));
    expect(ends, `killed at ${moments}`).toEqual(kills.map(() => 'SIGKILL'));
    expect(await trainOnce(hunted)).toBe(0);
    expect(await undisturbed).toBe(0);
    for (const file of ['last.safetensors', 'best.safetensors']) {
      const isEqual = readFileSync(join(hunted, file)).equals(readFileSync(join(peaceful, file)));
      expect(isEqual, `${file}, killed at ${moments}`).toBe(true);
    }
    expect(withoutTimes(hunted)).toEqual(withoutTimes(peaceful));
    expect(withoutTimes(peaceful).map(({ step }) => step)).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
    expect(readdirSync(hunted).sort()).toEqual(readdirSync(peaceful).sort());
  });
});

const student = (seed = 2) => createStudent(createModel(nanoDescription('vilt'), 1), { seed });

/** All steps of a short fine-tuning, in this process. */
const finetuned = async (options: Partial<FinetuneOptions>): Promise<TrainStep[]> => {
  const teacher = createModel(nanoDescription('vilt'), 1);
  const steps = [];
  const given = { teacher, data: scenes, task: vqa, batch: 8, updates: 20, learningRate: 1e-3, threads: 1, ...options };
  for await (const step of finetune(student(), given)) steps.push(step);
  return steps;
};

const errorOf = (work: Promise<unknown>): Promise<Error> =>
  work.then(
    () => new Error('nothing was wrong'),
    (error: Error) => error,
  );

const savedUpdate = async (folder: string): Promise<number> => {
  await using file = await openSafetensors(join(folder, 'last.safetensors'));
  return JSON.parse(file.metadata.get('dide.progress')!).update;
};

describe('a training that leaves the numbers', () => {
  const absurd = { learningRate: 1e25, warmup: 0.2, checkpointEvery: 1 };

  it('stops, names update and loss, and keeps the last weights that gave any', async () => {
    const folder = join(home, 'absurd');
    const error = await errorOf(finetuned({ folder, ...absurd, validateEvery: 20 }));
    expect(error).toBeInstanceOf(UserError);
    expect(error.message).toMatch(
      /^update \d+: the (loss (soft|attention|total)|norm of the gradient) is \S+: training stops/,
    );
    const update = Number(/\d+/.exec(error.message)![0]);
    expect(update).toBeGreaterThan(2);
    expect(await savedUpdate(folder)).toBe(update - 2);
    const kept = await loadModel(join(folder, 'last.safetensors'));
    const { predictions } = await evaluate(kept, { task: vqa, data: scenes, batch: 12, threads: 1 });
    expect(predictions).toHaveLength(24);
  });

  it('stops at a validation too, and says after which update', async () => {
    const error = await errorOf(finetuned({ ...absurd, validateEvery: 2 }));
    expect(error).toBeInstanceOf(UserError);
    expect(error.message).toMatch(/^update 2: validation\.jsonl:1: the model answers NaN/);
  });

  it('moves no weight by a gradient that is no number', async () => {
    const model = student();
    const before = structuredClone(model.weights);
    const examples = await vqa.read(scenes, 'train');
    const steps = train(model, {
      ...{ losses: {}, task: vqa, examples, validation: examples.slice(0, 8), updates: 2, learningRate: 1, warmup: 0 },
      preprocessor: preprocessorFor(model.config, { batch: 8 }),
      objectives: {
        // 0, with a slope of 1/0
        steep: {
          objective: ({ logits }) => mean(sqrt(subtract(logits, stopGradient(logits)))),
          weight: 1,
        },
      },
    });
    const error = await errorOf(steps.next());
    expect(error).toBeInstanceOf(UserError);
    expect(error.message).toMatch(/^update 1: the norm of the gradient is (NaN|Infinity)/);
    for (const [name, { data }] of before) expect(model.weights.get(name)!.data, name).toEqual(data);
  });

  it('is not taken for one that answers', async () => {
    const model = student();
    model.weights.get('vqa_classifier.3.bias')!.data[0] = Number.NaN;
    const judging = evaluate(model, { task: vqa, data: scenes, batch: 8, threads: 1 });
    await expect(judging).rejects.toThrow(
      /validation\.jsonl:1: the model answers NaN where a number belongs: its weights are not all finite/,
    );
  });
});

describe('a training that goes on with another number of threads', () => {
  it('says so, and with the same number says nothing', async () => {
    const folder = join(home, 'threads');
    const warnings: string[] = [];
    const options = { folder, checkpointEvery: 2, updates: 4, onWarning: (text: string) => warnings.push(text) };
    const teacher = createModel(nanoDescription('vilt'), 1);
    const given = { teacher, data: scenes, task: vqa, batch: 8, learningRate: 1e-3, ...options };
    for await (const { number } of finetune(student(), { ...given, threads: 1 })) if (number === 3) break;
    expect((await finetuned({ ...options, resume: true, threads: 2 })).map(({ number }) => number)).toEqual([4]);
    expect(warnings).toEqual([expect.stringContaining('it ran on 1 thread and goes on with 2')]);
    warnings.length = 0;
    await finetuned({ ...options, resume: true, threads: 2 });
    expect(warnings).toEqual([]);
  });
});

const disk = join(home, 'disk');

/** A disk of a few kibibytes, where this process may mount one. */
const mountDisk = (kibibytes: number): boolean => {
  try {
    execFileSync('mkdir', ['-p', disk]);
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${kibibytes}k`, 'none', disk], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

describe('a disk that is full', () => {
  it('stops the training, which goes on from the checkpoint before once there is room', async ({ skip }) => {
    if (!mountDisk(1500)) return skip('no small disk can be mounted here');
    try {
      const folder = join(disk, 'run');
      const options = { folder, updates: 6, checkpointEvery: 2, validateEvery: 6 };
      const error = await errorOf(finetuned(options));
      expect(error).toBeInstanceOf(UserError);
      expect(error.message).toContain('the disk is full');
      expect(await savedUpdate(folder)).toBe(2);
      expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
      execFileSync('mount', ['-o', 'remount,size=8000k', disk]);
      const steps = await finetuned({ ...options, resume: true });
      expect(steps.map(({ number }) => number)).toEqual([3, 4, 5, 6]);
      expect(existsSync(join(folder, 'best.safetensors'))).toBe(true);
    } finally {
      execFileSync('umount', [disk]);
    }
  });
});
