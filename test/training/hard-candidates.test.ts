import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { adaptModel, createStudent } from '../../src/checkpoints/derive.ts';
import { loadModel } from '../../src/checkpoints/load.ts';
import { createModel, type Model } from '../../src/checkpoints/model-file.ts';
import { saveModel } from '../../src/checkpoints/save-model.ts';
import { loadBatches } from '../../src/data/loader.ts';
import { openPredictor } from '../../src/inference/open-predictor.ts';
import { preprocessorFor } from '../../src/inference/preprocessor.ts';
import { pretraining, retrieval } from '../../src/tasks/captions.ts';
import { finetune } from '../../src/training/finetune.ts';
import { hardCandidates, openHardCandidates } from '../../src/training/negatives/hard-candidates.ts';
import { rankingTeacher } from '../fixtures/colours.ts';
import { mean, retrievalForTests } from './retrieving.fixture.ts';

const { home, data, usual, run, vocabulary } = retrievalForTests({ updates: 4, learningRate: 3e-3, gallery: 6 });

const teacher = (): Model => rankingTeacher(vocabulary(), 7);
const student = (scoring: 'softmax' | 'sigmoid' = 'softmax'): Model =>
  createStudent(teacher(), { seed: 2, task: { ...retrieval, scoring } });

const long = { updates: 60, validateEvery: 60, dropoutRate: 0 };

describe('hard candidates', () => {
  it('are the matched pair and the others that are most similar, the most similar first', () => {
    const similarity = { shape: [3, 3], data: Float32Array.of(9, 1, 2, 5, 0, 5, 3, 4, -1) };
    const { texts, images } = hardCandidates(similarity, 2);
    expect([...texts.data]).toEqual([0, 2, 1, 4, 3, 5, 8, 7, 6]);
    expect([...images.data]).toEqual([0, 3, 6, 4, 7, 1, 8, 5, 2]);
    expect([...hardCandidates(similarity, 1).images.data]).toEqual([0, 3, 4, 7, 8, 5]);
    expect(() => hardCandidates(similarity, 3)).toThrow(/3 hard negatives are to be found in a batch of 3/);
  });

  it.each([
    ['ranks', teacher],
    ['learnt matching', () => adaptModel(teacher(), { task: pretraining, answers: ['unmatched', 'matched'] })],
  ])('are scored by a teacher that %s, as it scores each pair alone', async (name, model) => {
    const from = model();
    const examples = (await retrieval.read(data, 'train')).filter((_, i) => i % 4 === 0).slice(0, 5);
    const preprocessor = preprocessorFor(from.config, { batch: 5 });
    const { value: batch } = await loadBatches(examples, [0, 1, 2, 3, 4], preprocessor).next();
    const learner = student();
    const options = { config: learner.config, teacher: from, count: 2, threads: 1 };
    await using extra = await openHardCandidates(learner.weights, options);
    const { feeds } = await extra.feeds(batch!, 0);
    await using scorer = await openPredictor(from, { threads: 1 });
    for (const of of ['text', 'image']) {
      const [places, scores] = [feeds[`candidate_${of}s`]!.data, feeds[`teacher_${of}_scores`]!.data];
      for (const [i, place] of [...places].entries()) {
        const pair = { ...examples[place % 5]!, images: examples[Math.floor(place / 5)]!.images };
        const { value: alone } = await loadBatches([pair], [0], preprocessor).next();
        const logits = (await scorer.logits(alone!.feeds)).data;
        expect(scores[i], `${name} ${of} ${i}`).toBeCloseTo(
          logits.length === 1 ? logits[0]! : logits[1]! - logits[0]!,
          4,
        );
      }
    }
  });
});

describe('a student that learns from hard candidates', () => {
  it.each(['soft', 'ranking'] as const)('learns %s, and leaves its teacher as it was', async (name) => {
    const from = teacher();
    const before = structuredClone(from.weights);
    const steps = await run(student(), from, { ...long, losses: { [name]: 1 }, candidates: 3 });
    expect(Object.keys(steps[0]!.losses)).toEqual([name, 'total']);
    expect(mean(steps.slice(-10), name)).toBeLessThan(0.95 * mean(steps.slice(0, 10), name));
    expect(from.weights).toEqual(before);
  });

  it('goes on bit for bit where it was left, with all losses and several batches an update', async () => {
    const [peaceful, torn] = [join(home, 'peaceful'), join(home, 'torn')];
    const losses = { hard: 1, soft: 0.5, attention: 1, ranking: 0.5 };
    const options = {
      losses,
      candidates: 2,
      temperature: 2,
      accumulation: 2,
      batch: 4,
      checkpointEvery: 1,
      updates: 4,
    };
    await run(student(), teacher(), { ...options, folder: peaceful });
    for (const last of [1, 4]) {
      const given = { ...usual, teacher: teacher(), data, ...options, folder: torn, resume: true };
      for await (const { number } of finetune(student(), given)) if (number === last) break;
    }
    const [one, other] = [peaceful, torn].map((folder) => readFileSync(join(folder, 'last.safetensors')));
    expect(one!.equals(other!)).toBe(true);
    const changed = run(student(), teacher(), { ...options, candidates: 3, folder: torn, resume: true });
    await expect(changed).rejects.toThrow(/candidates was 2, now 3/);
  });

  it('learns the same beside a cached teacher, whose scores are not kept', async () => {
    const options = { losses: { hard: 1, attention: 1, ranking: 1 }, updates: 2, dropoutRate: 0 };
    const [kept, whole] = [
      await run(student(), teacher(), { ...options, cacheTeacher: join(home, 'cache') }),
      await run(student(), teacher(), options),
    ];
    for (const name of ['itc', 'ranking', 'attention'])
      expect(kept[0]!.losses[name]! / whole[0]!.losses[name]!, name).toBeCloseTo(1, 3);
    const none = run(student(), teacher(), { losses: { ranking: 1 }, cacheTeacher: join(home, 'none') });
    await expect(none).rejects.toThrow(/nothing is learnt from the teacher that is the same in every epoch/);
  });

  it.each([
    ['without a teacher', { soft: 1 }, {}, () => undefined, /soft scores are a teacher's, and there is none/],
    ['one hard negative', { ranking: 1 }, { candidates: 1 }, teacher, /1 hard negative has no order/],
    ['candidates for nothing', { hard: 1 }, { candidates: 3 }, teacher, /no loss asks for its scores/],
    [
      'a dual encoder as teacher',
      { ranking: 1 },
      {},
      student,
      /need a teacher that scores pairs, and this dide is for retrieval/,
    ],
  ] as const)('refuses %s', async (_, losses, options, from, message) => {
    await expect(run(student(), from(), { losses, ...options })).rejects.toThrow(message);
  });
});

describe('a student that scores by sigmoid', () => {
  it('learns each pair alone, its bias too, over all pairs of an update, and is the same from its file', async () => {
    const model = student('sigmoid');
    expect(model.weights.get('itc.logit_bias')!.data[0]).toBe(-10);
    const steps = await run(model, undefined, { ...long, batch: 4, accumulation: 2 });
    expect(Object.keys(steps[0]!.losses)).toEqual(['itc', 'total']);
    expect(mean(steps.slice(-10), 'itc')).toBeLessThan(0.8 * mean(steps.slice(0, 10), 'itc'));
    expect(model.weights.get('itc.logit_bias')!.data[0]).not.toBe(-10);
    const path = join(home, 'sigmoid.safetensors');
    await saveModel(path, model);
    const read = await loadModel(path);
    expect(read.config.scoring).toBe('sigmoid');
    expect(read.weights).toEqual(model.weights);
  });

  it('has the loss of one batch in any number of micro-batches', async () => {
    const options = { losses: { hard: 1 }, updates: 1, dropoutRate: 0 };
    const [whole] = await run(student('sigmoid'), undefined, { ...options, batch: 8 });
    const [parts] = await run(student('sigmoid'), undefined, { ...options, batch: 2, accumulation: 4 });
    expect(parts!.losses.itc! / whole!.losses.itc!).toBeCloseTo(1, 5);
    expect(parts!.gradientNorm / whole!.gradientNorm).toBeCloseTo(1, 4);
  });
});

it('a student without a bias is as it always was', () => {
  const plain = createStudent(teacher(), { seed: 2 });
  expect([...plain.weights.keys()]).not.toContain('itc.logit_bias');
  expect(createModel(plain.config, 0).weights.size).toBe(plain.weights.size);
});
