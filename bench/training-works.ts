import { createModel, type Model } from '../src/checkpoints/model-file.ts';
import type { Numbers } from '../src/engine/numbers.ts';
import { keyOf } from '../src/engine/random.ts';
import { preprocessorFor } from '../src/inference/preprocessor.ts';
import { MATCHING, pretrainingPurpose } from '../src/model/purposes/pretraining.ts';
import { adamwStep, gradientNorm } from '../src/optim/adamw.ts';
import { createOptimizerState } from '../src/optim/create-state.ts';
import { decayGroups } from '../src/optim/decay-groups.ts';
import { vqa } from '../src/tasks/vqa.ts';
import { train } from '../src/training/finetune.ts';
import { objectivesOf } from '../src/training/losses.ts';
import { collatePairs } from '../src/training/negatives/matching-pairs.ts';
import { answeringLosses } from '../src/training/stages/answering-losses.ts';
import { pretrainingStage } from '../src/training/stages/pretraining.ts';
import { lossesFromParams, type Stage } from '../src/training/stages/stage.ts';
import { createStep } from '../src/training/step.ts';
import { type Case, describe, randomFeeds } from './cases.ts';
import { PICTURES, pathOfPicture } from './materials.ts';
import type { Setting, Work } from './work.ts';

interface Pair {
  readonly model: Model;
  readonly teacher: Model;
}

/** A student over an optimiser's memory, its teacher, and the losses between them. */
const prepared = (
  { model, teacher }: Pair,
  stageOf: (pair: Pair) => Pick<Stage, 'losses' | 'teacherOutputs'>,
  threads: number,
) => {
  const state = createOptimizerState(model.weights, { threads });
  const losses = lossesFromParams(stageOf({ model, teacher }));
  return { state, options: { losses, teacher, dropoutRate: 0, threads } };
};

type Prepared = ReturnType<typeof prepared>;

/** The gradient's norm and AdamW included. */
const updates = async ({ state, options }: Prepared, feeds: Readonly<Record<string, Numbers>>): Promise<Work> => {
  const graph = await createStep(options, state);
  let number = 0;
  return async () => {
    number += 1;
    const losses = await graph.run(feeds, { number, key: keyOf(0) });
    gradientNorm(state);
    adamwStep(state, { step: number, learningRate: 1e-4, decays: decayGroups.reference });
    return { loss: losses.total! };
  };
};

const answeringPair = (given: Case): Pair => ({
  model: createModel(describe('dide', given), 0),
  teacher: createModel(describe('vilt', given), 1),
});

const objectives = objectivesOf({ losses: { soft: 1, attention: 1 } }, 'sigmoid');

/** Student, teacher and losses of one step of fine-tuning. */
export const prepareStep = ({ case: given, threads }: Pick<Setting, 'case' | 'threads'>): Prepared =>
  prepared(answeringPair(given), ({ model, teacher }) => answeringLosses(model, teacher, objectives), threads);

/** A whole update as a training does it: teacher forward, student forward and backward, the gradient's norm, AdamW. */
export const step = (setting: Setting): Promise<Work> =>
  updates(prepareStep(setting), randomFeeds(setting.case, setting.batch));

/** Update with the teacher in int8. */
export const stepByInt8 = (setting: Setting): Promise<Work> => {
  const { state, options } = prepareStep(setting);
  const teacher: Model = { ...options.teacher, precision: 'int8' };
  return updates({ state, options: { ...options, teacher } }, randomFeeds(setting.case, setting.batch));
};

/** Building and compiling the graph of a training, once the weights are there. */
export const startup = async (setting: Setting): Promise<Work> => {
  const { state, options } = prepareStep(setting);
  return async () => {
    await using _graph = await createStep(options, state);
    return { loss: null };
  };
};

/** Update in stage 1: matching, contrast, masked words. */
export const pretrain = ({ case: given, batch, threads }: Setting): Promise<Work> => {
  const heads = {
    ...{ purpose: pretrainingPurpose, task: pretrainingPurpose.name },
    ...{ answers: [...MATCHING], scoring: 'softmax' as const },
  };
  const pair = {
    model: createModel({ ...describe('dide', given), ...heads }, 0),
    teacher: createModel({ ...describe('vilt', given), ...heads }, 1),
  };
  const nobody = { id: '', text: '', images: [], answers: [] };
  const stageOf = ({ model, teacher }: Pair): Stage => {
    const run = {
      teacher,
      preprocessor: preprocessorFor(model.config, { batch: 1 }),
      updates: 1,
      learningRate: 0,
    };
    return pretrainingStage(model, run, { examples: [nobody], validation: [nobody] });
  };
  return updates(prepared(pair, stageOf, threads), pretrainingFeeds(given, batch));
};

const MASKED_SHARE = 0.15;

/** Full-length pairs, every other text to be matched with a wrong image, and 15 % of each text's words masked. */
const pretrainingFeeds = (given: Case, batch: number): Record<string, Numbers> => {
  const { words, vocabulary } = given.sizes;
  const { words: texts, word_mask } = randomFeeds(given, batch);
  const images = Array.from({ length: batch }, (_, i) => (i % 2 === 0 ? i : batch + Math.floor(i / 2)));
  const { patches, patch_mask, patch_positions } = randomFeeds(given, batch + Math.floor(batch / 2));
  const masked = Math.max(1, Math.round(MASKED_SHARE * (words - 2)));
  const shape = [batch * masked];
  const places = Int32Array.from(
    { length: batch * masked },
    (_, i) => Math.floor(i / masked) * words + 1 + (i % masked),
  );
  return {
    ...{ words: texts!, word_mask: word_mask!, masked_words: texts! },
    ...{ patches: patches!, patch_mask: patch_mask!, patch_positions: patch_positions! },
    ...collatePairs(images),
    masked_places: { shape, data: places },
    masked_labels: { shape, data: places.map((place) => (place * 7919) % vocabulary) },
  };
};

/** One update of a real training over pictures on the disk, and how long it waited for them. */
export const waiting = async ({ case: given, batch, threads, folder }: Setting): Promise<Work> => {
  const { model, teacher } = answeringPair(given);
  const examples = Array.from({ length: PICTURES }, (_, i) => ({
    id: `${i}`,
    text: 'is it red?',
    images: [pathOfPicture(folder, i)],
    answers: [{ answer: 'answer 0', score: 1 }],
  }));
  const steps = train(model, {
    ...{ teacher, task: vqa, examples, validation: examples.slice(0, 1), threads },
    preprocessor: preprocessorFor(model.config, { batch, padWordsTo: given.sizes.words }),
    updates: Math.floor(PICTURES / batch),
    validateEvery: PICTURES,
    learningRate: 1e-4,
  });
  return async () => {
    const { value, done } = await steps.next();
    if (done) throw new Error(`waiting: each of the ${PICTURES} pictures was seen: give fewer --repeats`);
    return { loss: value.losses.total!, waitMilliseconds: value.waitMilliseconds };
  };
};
