import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createStudent } from '../../src/checkpoints/derive.ts';
import { loadModel } from '../../src/checkpoints/load.ts';
import { createModel, type Model } from '../../src/checkpoints/model-file.ts';
import { scoreRetrieval } from '../../src/evaluation/score-retrieval.ts';
import { preprocessorFor } from '../../src/inference/preprocessor.ts';
import { retrieval } from '../../src/tasks/captions.ts';
import { firstImages, galleryOf, meanRecall } from '../../src/tasks/metrics/recall.ts';
import { finetune } from '../../src/training/finetune.ts';
import { readMetrics } from '../../src/training/metrics.ts';
import { rankingTeacher } from '../fixtures/colours.ts';
import { expectAlike } from './alike.ts';
import { mean, retrievalForTests } from './retrieving.fixture.ts';

const { home, data, usual, run, vocabulary } = retrievalForTests({ updates: 12, learningRate: 1e-3 });

const teacher = (): Model => rankingTeacher(vocabulary());
/** Attention that is not even, so that there is something to learn of it. */
const loud = (trained: Model): Model => {
  for (const [name, { data }] of trained.weights)
    if (name.endsWith('attn.qkv.weight')) data.set(data.map((x) => 3 * x));
  return trained;
};
const student = (): Model => createStudent(teacher(), { seed: 2 });

const long = { updates: 60, validateEvery: 60, learningRate: 3e-3, dropoutRate: 0 };

describe('learning to retrieve', () => {
  it('a teacher learns to rank: it begins at ln(1 + false texts), and falls; its matching head stays', async () => {
    const model = teacher();
    const matching = structuredClone(model.weights.get('itm_score.fc.weight'));
    const steps = await run(model, undefined, { ...long, falseTexts: 3 });
    expect(Object.keys(steps[0]!.losses)).toEqual(['rank', 'total']);
    expect(Math.abs(steps[0]!.losses.rank! - Math.log(4))).toBeLessThan(0.3);
    expect(mean(steps.slice(-10), 'rank')).toBeLessThan(0.95 * mean(steps.slice(0, 10), 'rank'));
    expect(steps.at(-1)!.validation).toBeGreaterThan(0);
    expect(model.weights.get('itm_score.fc.weight')).toEqual(matching);
  });

  it('a student learns contrast and attention, moves all of its weights and none of its teacher', async () => {
    const [from, model] = [loud(createModel(teacher().config, 7)), student()];
    const before = structuredClone(from.weights);
    const steps = await run(model, from, long);
    expect(Object.keys(steps[0]!.losses)).toEqual(['itc', 'attention', 'total']);
    for (const name of ['itc', 'attention'])
      expect(mean(steps.slice(-10), name), name).toBeLessThan(0.95 * mean(steps.slice(0, 10), name));
    expect(from.weights).toEqual(before);
    const fixed = [...student().weights].filter(([name, { data: was }]) =>
      was.every((x, i) => x === model.weights.get(name)!.data[i]),
    );
    expect(fixed.map(([name]) => name)).toEqual([]);
  });

  it.each([
    ['an update a batch', {}],
    ['several batches an update, every layer', { accumulation: 2, layers: 'all' }],
  ] as const)('a student learns the same from a cached teacher: %s', async (name, choices) => {
    const from = loud(createModel(teacher().config, 7));
    const options = { ...choices, updates: 3, dropoutRate: 0 };
    const said: string[] = [];
    const cached = { ...options, cacheTeacher: join(home, name), onWarning: (message: string) => said.push(message) };
    const [kept, whole] = [await run(student(), from, cached), await run(student(), from, options)];
    expect(said.at(-1)).toMatch(`the cached teacher was asked ${name === 'an update a batch' ? 24 : 48} times`);
    expectAlike(kept, whole);
  });

  it('caches no teacher of which nothing is learnt', async () => {
    const hard = run(student(), teacher(), { losses: { hard: 1 }, cacheTeacher: join(home, 'hard') });
    await expect(hard).rejects.toThrow('nothing is learnt from the teacher');
  });

  it('a student without a teacher, or with one that it only began from, learns contrast alone', async () => {
    const [alone] = await run(student(), undefined, { updates: 1 });
    const [hard] = await run(student(), teacher(), { updates: 1, losses: { hard: 1 } });
    expect(Object.keys(alone!.losses)).toEqual(['itc', 'total']);
    expect(hard!.losses).toEqual(alone!.losses);
  });

  it.each([
    ['a student', student, teacher],
    ['a teacher', teacher, () => undefined],
  ])('%s goes on bit for bit where it was left', async (name, model, from) => {
    const [peaceful, torn] = [join(home, `${name} peaceful`), join(home, `${name} torn`)];
    const options = {
      ...{
        accumulation: 2,
        batch: 4,
        clip: 1,
        seed: 5,
        checkpointEvery: 3,
        validateEvery: 6,
        falseTexts: 2,
        gallery: 4,
      },
    };
    await run(model(), from(), { ...options, folder: peaceful });
    for (const last of [2, 7, 12]) {
      const given = { ...usual, teacher: from(), data, ...options, folder: torn, resume: true };
      for await (const { number } of finetune(model(), given)) if (number === last) break;
    }
    for (const file of ['last.safetensors', 'best.safetensors'])
      expect(readFileSync(join(torn, file)).equals(readFileSync(join(peaceful, file))), file).toBe(true);
    const curves = (folder: string) => readMetrics(folder).map(({ step, values }) => ({ step, values }));
    expect(curves(torn)).toEqual(curves(peaceful));
  });

  it('is judged by the mean recall on the first validation images, and its file says the same', async () => {
    const folder = join(home, 'judged');
    const steps = await run(student(), undefined, { folder, updates: 4, validateEvery: 4, gallery: 6 });
    const best = await loadModel(join(folder, 'best.safetensors'));
    const gallery = firstImages(galleryOf(await retrieval.read(data, 'validation')), 6);
    const { scores } = await scoreRetrieval(best, gallery, {
      preprocessor: preprocessorFor(best.config, { batch: 5 }),
      threads: 1,
    });
    expect(gallery.images).toHaveLength(6);
    expect(meanRecall(scores, gallery)).toBe(steps.at(-1)!.validation);
  });

  it('remembers the split that chose its weights, where it is another than validation', async () => {
    const folder = join(home, 'selected');
    const chosen = { folder, updates: 2, validateEvery: 1, gallery: 4 };
    await run(student(), undefined, { ...chosen, selectOn: 'train' });
    expect((await loadModel(join(folder, 'best.safetensors'))).config.recipe.selectOn).toBe('train');
    await expect(run(student(), undefined, { ...chosen, resume: true })).rejects.toThrow(
      /selectOn was train, now not given/,
    );
  });

  it('refuses what has no meaning', async () => {
    await expect(run(teacher(), teacher())).rejects.toThrow(/leave the teacher out/);
    await expect(run(student(), undefined, { batch: 69 })).rejects.toThrow(/wants 69 images, .* have 68/);
  });
});
