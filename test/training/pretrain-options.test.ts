import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStudent } from '../../src/checkpoints/derive.ts';
import { configOf } from '../../src/checkpoints/description.ts';
import { loadModel } from '../../src/checkpoints/load.ts';
import { createModel, type Model } from '../../src/checkpoints/model-file.ts';
import { encodePng } from '../../src/data/image.ts';
import { inOrder, loadChosen } from '../../src/data/loader.ts';
import { createTokenizer, SPECIAL_PIECES } from '../../src/data/tokenizer.ts';
import { keyOf } from '../../src/engine/random.ts';
import { UserError } from '../../src/errors.ts';
import { preprocessorFor } from '../../src/inference/preprocessor.ts';
import { MATCHING } from '../../src/model/purposes/pretraining.ts';
import { tiny } from '../../src/model/sizes.ts';
import { accumulate } from '../../src/optim/adamw.ts';
import { createOptimizerState } from '../../src/optim/create-state.ts';
import { answersOf } from '../../src/studies/scenes/vocabulary.ts';
import { writeScenes } from '../../src/studies/scenes/write.ts';
import { pretraining } from '../../src/tasks/captions.ts';
import { openHardNegatives } from '../../src/training/negatives/hard-negatives.ts';
import type { TrainStep } from '../../src/training/options.ts';
import { type PretrainOptions, pretrain } from '../../src/training/pretrain.ts';
import { pretrainingStage } from '../../src/training/stages/pretraining.ts';
import { createStep, type StepOptions } from '../../src/training/step.ts';
import { nanoWorld } from '../fixtures/nano.ts';

const home = mkdtempSync(join(tmpdir(), 'pretrain-options-'));
const data = join(home, 'captions');
let vocabulary: readonly string[];
afterAll(() => rmSync(home, { recursive: true, force: true }));
beforeAll(async () => {
  const sizes = { train: 12, validation: 4 };
  await writeScenes(data, { seed: 1, view: 'retrieval', world: nanoWorld, sizes, encodePng });
  const { encode } = createTokenizer(SPECIAL_PIECES);
  const words = (await pretraining.read(data, 'train')).flatMap(({ text }) => encode(text).unknown);
  vocabulary = [...SPECIAL_PIECES, ...new Set([...words, ...answersOf(nanoWorld)])];
});

const teacher = (): Model =>
  createModel(
    configOf(
      {
        ...{ model: 'vilt', sizes: { ...tiny, vocabulary: vocabulary.length }, task: pretraining.name, images: 1 },
        ...{ scoring: 'softmax', answers: [...MATCHING], vocabulary: [...vocabulary], recipe: {} },
      },
      'test',
    ),
    1,
  );
const student = (): Model => createStudent(teacher(), { seed: 2 });

const given = { batch: 8, updates: 4, learningRate: 1e-3, threads: 1, dropoutRate: 0.1, seed: 3 };

/** A run that is left after each of these updates and resumed. */
const run = async (options: Partial<PretrainOptions>, [model, taught = undefined]: [Model, Model?], ends = [4]) => {
  const steps: TrainStep[] = [];
  for (const end of ends) {
    for await (const step of pretrain(model, { teacher: taught, data, ...given, ...options, resume: true })) {
      steps.push(step);
      if (step.number === end) break;
    }
  }
  return steps;
};

describe('stage 1 is resumed bit for bit', () => {
  it.each([
    ['hard negatives and whole contrast', { negatives: 'hard', accumulation: 2, batch: 4 }, 'distilled'],
    ['contrast of each batch', { contrastOver: 'micro-batch', accumulation: 2, batch: 4 }, 'distilled'],
    ['patches drawn anew', { maxPatches: 2 }, 'distilled'],
    ['word-patch alignment and masked pieces', { alignment: 0.1, masking: { whole: 'pieces' } }, 'teacher'],
  ] as const)('with %s', async (name, options, who) => {
    const models = (): [Model, Model?] => (who === 'teacher' ? [teacher()] : [student(), teacher()]);
    const [peaceful, torn] = [join(home, name, 'peaceful'), join(home, name, 'torn')];
    const every = { ...options, checkpointEvery: 3, validateEvery: 2 };
    await run({ ...every, folder: peaceful }, models());
    const steps = await run({ ...every, folder: torn }, models(), [1, 4]);
    expect(steps.map(({ number }) => number)).toEqual([1, 2, 3, 4]);
    for (const file of ['last.safetensors', 'best.safetensors'])
      expect(readFileSync(join(torn, file)).equals(readFileSync(join(peaceful, file))), file).toBe(true);
    await expect(run({ ...every, folder: torn, updates: 5 }, models())).rejects.toThrow(/updates was 4, now 5/);
    const { recipe } = (await loadModel(join(torn, 'best.safetensors'))).config;
    expect(recipe.maxPatches).toBe('maxPatches' in options ? 2 : undefined);
  });
});

/** The mean gradients of L_ITC of one update over the first 16 examples, by name. */
const contrastOf = async (batch: number, accumulation: number): Promise<Map<string, Float32Array>> => {
  const model = student();
  const examples = (await pretraining.read(data, 'train')).map((one) => ({ ...one, answers: MATCHED }));
  const preprocessor = preprocessorFor(model.config, { batch });
  const options = { preprocessor, updates: 1, learningRate: 1, dropoutRate: 0, threads: 1, accumulation };
  const stage = pretrainingStage(model, options, { examples, validation: examples });
  const losses: StepOptions['losses'] = (p) =>
    Object.fromEntries(
      Object.entries(stage.losses(p, undefined)).map(([name, term]) => [
        name,
        { ...term, weight: name === 'itc' ? 1 : 0 },
      ]),
    );
  const state = createOptimizerState(model.weights, { microBatches: accumulation });
  await using step = await createStep({ ...options, losses }, state);
  const batches = loadChosen(inOrder(examples, [...Array(16).keys()], batch), preprocessor);
  const micros = async function* () {
    for await (const { waitMilliseconds, ...made } of batches)
      yield {
        feeds: { ...made.feeds, ...stage.feeds({ ...made, waitMilliseconds }, 0).feeds },
        waitMilliseconds,
        key: KEY,
      };
  };
  for await (const { feeds, ...how } of step.contrast?.seeded(micros()) ?? micros()) {
    await step.run(feeds, { number: 1, ...how });
    if (accumulation > 1) accumulate(state);
  }
  const found = state.accumulated ?? state.gradients;
  return new Map([...found].map(([name, { data: sum }]) => [name, sum.map((x) => x / accumulation)]));
};

const KEY = keyOf(0, 'dropout');
const MATCHED = [{ answer: 'matched', score: 1 }];

describe('contrast in stage 1', () => {
  it('has the gradients of one batch of 16 in 4 batches of 4, for every parameter and its temperature', async () => {
    const [whole, parts] = [await contrastOf(16, 1), await contrastOf(4, 4)];
    const largest = Math.max(
      ...[...whole.values()].flatMap((data) => data.reduce((m, x) => Math.max(m, Math.abs(x)), 0)),
    );
    expect(Math.abs(whole.get('itc.logit_scale')![0]!)).toBeGreaterThan(1e-3);
    for (const [name, data] of whole) {
      const apart = data.reduce((most, x, i) => Math.max(most, Math.abs(x - parts.get(name)![i]!)), 0);
      expect(apart / largest, name).toBeLessThan(1e-5);
    }
  });
});

describe('hard negatives', () => {
  it('are images of the batch, with the target that says which are true', async () => {
    const model = student();
    const preprocessor = preprocessorFor(model.config, { batch: 8 });
    const examples = await pretraining.read(data, 'train');
    await using choosing = await openHardNegatives(model.weights, { ...model, seed: 0, threads: 1 });
    for await (const batch of loadChosen(inOrder(examples, [...Array(16).keys()], 8), preprocessor)) {
      const { target, matching_images, ...rest } = (await choosing.feeds(batch, 0)).feeds;
      const places = [...matching_images!.data];
      const isOwn = places.map((place, text) => place === text);
      expect(isOwn.filter(Boolean)).toHaveLength(4);
      expect(places.every((place) => place >= 0 && place < 8)).toBe(true);
      expect([...target!.data]).toEqual(isOwn.flatMap((own) => (own ? [0, 1] : [1, 0])));
      expect(Object.keys(rest).sort()).toEqual(['false_texts', 'matching_pairs']);
    }
  });

  it('are refused where the learner cannot compare images and texts', async () => {
    const steps = pretrain(teacher(), { data, ...given, negatives: 'hard' });
    await expect(steps.next()).rejects.toThrow(UserError);
    await expect(pretrain(teacher(), { data, ...given, negatives: 'hard' }).next()).rejects.toThrow(
      /^hard negatives: a vilt has no vectors/,
    );
  });
});
