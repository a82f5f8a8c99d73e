import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStudent } from '../../src/checkpoints/derive.ts';
import { configOf } from '../../src/checkpoints/description.ts';
import { loadModel } from '../../src/checkpoints/load.ts';
import { createModel, type Model } from '../../src/checkpoints/model-file.ts';
import type { Example } from '../../src/data/example.ts';
import { encodePng } from '../../src/data/image.ts';
import { loadChosen } from '../../src/data/loader.ts';
import { createSkipPolicy } from '../../src/data/skip-policy.ts';
import { createTokenizer, SPECIAL_PIECES } from '../../src/data/tokenizer.ts';
import { preprocessorFor } from '../../src/inference/preprocessor.ts';
import type { Pixels } from '../../src/kernels/pixels.ts';
import { tiny } from '../../src/model/sizes.ts';
import { writeScenes } from '../../src/studies/scenes/write.ts';
import { nlvr2 } from '../../src/tasks/nlvr2.ts';
import { randomLoading } from '../../src/training/augmentation.ts';
import { type FinetuneOptions, finetune, train } from '../../src/training/finetune.ts';
import type { TrainStep } from '../../src/training/options.ts';
import { nanoWorld } from '../fixtures/nano.ts';

const home = mkdtempSync(join(tmpdir(), 'real-data-'));
const data = join(home, 'pairs');
let teacher: Model;
beforeAll(async () => {
  const sizes = { train: 12, validation: 3 };
  await writeScenes(data, { seed: 1, view: 'nlvr2', world: nanoWorld, sizes, encodePng });
  const examples = await nlvr2.read(data, 'train');
  const words = examples.flatMap(({ text }) => createTokenizer(SPECIAL_PIECES).encode(text).unknown);
  const vocabulary = [...SPECIAL_PIECES, ...new Set(words)];
  const sized = { ...tiny, vocabulary: vocabulary.length, types: 3 };
  const described = { model: 'vilt', task: 'nlvr2', images: 2, scoring: 'softmax', recipe: {} } as const;
  teacher = createModel(
    configOf({ ...described, sizes: sized, answers: await nlvr2.answers(data), vocabulary }, 'test'),
    1,
  );
}, 60_000);
afterAll(() => rmSync(home, { recursive: true, force: true }));

const given = { task: nlvr2, batch: 4, learningRate: 1e-3, dropoutRate: 0.1, threads: 1, seed: 3, validateEvery: 4 };

/** A student after a few updates, or as many as `until` says, and what they were. */
const taught = async (options: Partial<FinetuneOptions>, until = Number.POSITIVE_INFINITY) => {
  const student = createStudent(teacher, { seed: 2 });
  const steps: TrainStep[] = [];
  for await (const step of finetune(student, { ...given, teacher, data, updates: 4, ...options })) {
    steps.push(step);
    if (step.number === until) break;
  }
  return { steps, weights: new Map([...student.weights].map(([name, { data: numbers }]) => [name, [...numbers]])) };
};

describe('augmentation in training', () => {
  it('draws the same for a run that is resumed as for one that was left in peace', { timeout: 60_000 }, async () => {
    const [peaceful, resumed] = [join(home, 'peaceful'), join(home, 'resumed')];
    const whole = await taught({ augment: 'randaugment', folder: peaceful });
    await taught({ augment: 'randaugment', folder: resumed }, 2);
    const rest = await taught({ augment: 'randaugment', folder: resumed, resume: true });
    expect(rest.steps.map(({ number }) => number)).toEqual([3, 4]);
    expect(rest.steps.map(({ losses }) => losses)).toEqual(whole.steps.slice(2).map(({ losses }) => losses));
    expect(rest.weights).toEqual(whole.weights);
    const [one, other] = [peaceful, resumed].map((folder) => readFileSync(join(folder, 'last.safetensors')));
    expect(one!.equals(other!)).toBe(true);
    expect((await taught({})).steps[0]!.losses).not.toEqual(whole.steps[0]!.losses);
    const { config } = await loadModel(join(peaceful, 'best.safetensors'));
    expect(config.recipe).toMatchObject({ augment: 'randaugment' });
    await expect(taught({ folder: resumed, resume: true })).rejects.toThrow(
      /augment was randaugment, now not given: resume with the same options/,
    );
  });

  it.each([
    ['randaugment', 10],
    ['flips', 4],
  ] as const)('changes each picture in its own way, and the same again: %s', (augment, ways) => {
    const values = Uint8Array.from({ length: 3 * 32 * 32 }, (_, i) => (7 * i) % 251);
    const picture: Pixels = { width: 32, height: 32, data: values };
    const seen = (seed: number): string[] =>
      [0, 1, 2].flatMap((batch) =>
        [0, 1, 2].flatMap((place) =>
          [0, 1].map((image) => {
            const { data } = randomLoading({ augment, seed }).augment!(batch, place)(picture, image);
            return Buffer.from(data).toString('base64');
          }),
        ),
      );
    expect(new Set(seen(5)).size).toBeGreaterThanOrEqual(ways);
    expect(seen(5)).toEqual(seen(5));
    expect(seen(6)).not.toEqual(seen(5));
    expect(randomLoading({ augment: 'none' })).toEqual({});
  });
});

describe('a number of patches', () => {
  it('is the most of training alone, drawn anew in each batch', { timeout: 60_000 }, async () => {
    const examples = (await nlvr2.read(data, 'train')).slice(0, 4);
    const preprocessor = preprocessorFor(teacher.config, { batch: 2 });
    const shown = async (from: number): Promise<string[]> => {
      const batches = [examples, examples, examples].slice(from);
      const seen: string[] = [];
      for await (const { feeds } of loadChosen(batches, {
        ...preprocessor,
        ...randomLoading({ maxPatches: 2 }),
        first: from,
      })) {
        expect(feeds.patches!.shape.slice(0, 2)).toEqual([4, 2]);
        expect(feeds.patch_positions_2!.shape.slice(0, 2)).toEqual([4, 2]);
        seen.push(['patch_positions', 'patch_positions_2'].map((name) => feeds[name]!.data.join()).join());
      }
      return seen;
    };
    const all = await shown(0);
    expect(new Set(all).size).toBe(3);
    expect(await shown(1)).toEqual(all.slice(1));
    expect(randomLoading({ maxPatches: 2, seed: 1 }).patches!(0).random!()).not.toBe(
      randomLoading({ maxPatches: 2 }).patches!(0).random!(),
    );
    // weights that hardly move are judged as they are where every patch is seen
    const still = { learningRate: 1e-12, updates: 1, dropoutRate: 0 };
    const [few, whole] = [await taught({ ...still, maxPatches: 1 }), await taught(still)];
    expect(few.steps[0]!.losses).not.toEqual(whole.steps[0]!.losses);
    expect(few.steps[0]!.validation).toBe(whole.steps[0]!.validation);
  });

  it('is remembered by the run, and not with a cached teacher', { timeout: 60_000 }, async () => {
    const folder = join(home, 'patches');
    await taught({ maxPatches: 3, folder }, 1);
    await expect(taught({ folder, resume: true })).rejects.toThrow(/maxPatches was 3, now not given/);
    await expect(taught({ maxPatches: 3, cacheTeacher: join(home, 'cached') })).rejects.toThrow(
      /at most 3 patches are drawn of a picture, .* cannot be cached/,
    );
  });
});

describe('a damaged picture of a pair', () => {
  it('costs its examples, and the rest of their batches is learnt and judged', { timeout: 60_000 }, async () => {
    const hurt = join(home, 'hurt');
    await writeScenes(hurt, {
      ...{ seed: 1, view: 'nlvr2', world: nanoWorld, encodePng },
      sizes: { train: 12, validation: 3 },
    });
    for (const split of ['train', 'validation']) {
      const pictures = readdirSync(join(hurt, 'images', split)).sort();
      for (const name of pictures.filter((_, i) => i % 6 === 0)) truncateSync(join(hurt, 'images', split, name), 60);
    }
    await expect(taught({ data: hurt })).rejects.toThrow(/jsonl:\d+: .*images\/(train|validation)/);
    const unreadable = createSkipPolicy();
    const { steps } = await taught({ data: hurt, onUnreadable: unreadable.listen });
    expect(steps).toHaveLength(4);
    expect(steps.at(-1)!.validation).toBeGreaterThanOrEqual(0);
    for (const { losses } of steps) expect(Number.isFinite(losses.total)).toBe(true);
    expect(unreadable.failures().some((why) => /^train\.jsonl:\d+/.test(why))).toBe(true);
    expect(unreadable.failures().some((why) => /^validation\.jsonl:\d+/.test(why))).toBe(true);
  });
});

describe('a picture that is not there', () => {
  it('is refused before anything is learnt, or passed over and told', async () => {
    const lacking = join(home, 'lacking');
    const sizes = { train: 12, validation: 3 };
    await writeScenes(lacking, { seed: 1, view: 'nlvr2', world: nanoWorld, sizes, encodePng });
    const [first] = readdirSync(join(lacking, 'images', 'train')).sort();
    rmSync(join(lacking, 'images', 'train', first!));
    await expect(nlvr2.read(lacking, 'train')).rejects.toThrow(/1 annotation names an image that is not there: train/);
    const notices: string[] = [];
    const options = { missing: 'skip', onWarning: (notice: string) => void notices.push(notice) } as const;
    const [kept, all] = [await nlvr2.read(lacking, 'train', options), await nlvr2.read(data, 'train')];
    expect(kept.length).toBeLessThan(all.length);
    expect(notices).toHaveLength(1);
    expect(notices[0]).toMatch(
      new RegExp(`${all.length - kept.length} annotations? names? (?:an image|images) .* passed over`),
    );
  });
});

it('chooses the best weights on the split that is asked for, and remembers which', { timeout: 60_000 }, async () => {
  const folder = join(home, 'selected');
  writeFileSync(
    join(data, 'test.jsonl'),
    readFileSync(join(data, 'train.jsonl'), 'utf8').split('\n').slice(0, 4).join('\n'),
  );
  await taught({ folder, selectOn: 'test', updates: 2 });
  const { config } = await loadModel(join(folder, 'best.safetensors'));
  expect(config.recipe).toMatchObject({ selectOn: 'test' });
  await expect(taught({ folder, updates: 2, resume: true })).rejects.toThrow(/selectOn was test, now not given/);
});

it('reads no picture any more once its loop is left', { timeout: 60_000 }, async () => {
  const model = createStudent(teacher, { seed: 2 });
  const examples = await nlvr2.read(data, 'train');
  const preprocessor = preprocessorFor(model.config, { batch: 4 });
  let [running, prepared] = [0, 0];
  const prepare = async (example: Example) => {
    running += 1;
    const encoded = await preprocessor.prepare(example);
    await sleep(20);
    prepared += 1;
    running -= 1;
    return encoded;
  };
  const options = { ...given, examples, validation: examples.slice(0, 4), updates: 50 };
  for await (const { number } of train(model, { ...options, preprocessor: { ...preprocessor, prepare } })) {
    if (number === 2) break;
  }
  const before = prepared;
  expect(running).toBe(0);
  await sleep(60);
  expect([running, prepared]).toEqual([0, before]);
});
