import { rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { adaptModel, type FinetuneOptions, finetune, type Model, type TrainStep, vqa } from '../../index.ts';
import type { LossWeights } from '../../training.ts';
import { trainingCurve } from '../measures/training-curve.ts';
import type { ModelReport } from './content.ts';

/** A model of the quickstart with the record of its training. */
export interface TrainedModel {
  readonly model: Model;
  readonly run: Pick<ModelReport, 'updates' | 'seconds' | 'curves'>;
}

export interface StudentsOptions extends Pick<FinetuneOptions, 'data' | 'threads' | 'seed'> {
  /** Folder of the runs, each in a folder named after its recipe. */
  readonly folder: string;
  /** Updates of each student; all have the same budget. */
  readonly updates: number;
  readonly resume: boolean;
  readonly onProgress?:
    | ((part: string, progress: { readonly done: number; readonly of: number; readonly note: string }) => void)
    | undefined;
}

/** Name of the losses that a student is trained with. */
export type Recipe = 'hard' | 'soft' | 'soft+attention';

const losses: Readonly<Record<Recipe, LossWeights>> = {
  hard: { hard: 1 },
  soft: { soft: 1 },
  'soft+attention': { soft: 1, attention: 1 },
};

/** Names of the students that the quickstart trains. */
export const recipeNames: Readonly<Record<Recipe, string>> = {
  hard: 'hard labels now',
  soft: 'soft labels now',
  'soft+attention': 'distilled now',
};

/** The models that the students begin with and learn from. */
export interface Sources {
  readonly teacher: Model;
  /** A student after stage 1: every recipe begins with it. */
  readonly pretrained: Model;
}

/** Training options that all students share, so that they differ in their recipe alone. */
const training = {
  batch: 64,
  learningRate: 1e-3,
  warmup: 0.1,
  clip: 1,
  dropoutRate: 0,
  order: 'torch',
  decay: 'correct',
} as const;

/**
 * Fine-tunes the pre-trained student by each recipe, concurrently, with the threads divided among them: small models
 * gain little from a second thread.
 *
 * @throws the error of the first training that failed, once the others have stopped after their update.
 */
export const trainStudents = async (
  sources: Sources,
  recipes: readonly Recipe[],
  options: StudentsOptions,
): Promise<Record<string, TrainedModel>> => {
  const runs = recipes.map((recipe) => join(options.folder, recipe));
  if (!options.resume) await Promise.all(runs.map((run) => rm(run, { recursive: true, force: true })));
  const threads = Math.max(1, Math.floor((options.threads ?? availableParallelism()) / recipes.length));
  const report = joinedProgress(recipes, options);
  const stop = new AbortController();
  const onUpdate: OnUpdate = (recipe, step) => {
    report(recipe, step);
    stop.signal.throwIfAborted();
  };
  const train = async (recipe: Recipe) =>
    [recipeNames[recipe], await trainStudent(recipe, sources, { ...options, threads, onUpdate })] as const;
  const stopping = (error: unknown): never => {
    stop.abort(error);
    throw error;
  };
  const trained = await Promise.allSettled(recipes.map((recipe) => train(recipe).catch(stopping)));
  stop.signal.throwIfAborted();
  return Object.fromEntries(
    trained.map((one) => (one as PromiseFulfilledResult<Awaited<ReturnType<typeof train>>>).value),
  );
};

type OnUpdate = (recipe: Recipe, step: TrainStep) => void;

/** Reports the progress of all students as one. */
const joinedProgress = (recipes: readonly Recipe[], { updates, onProgress }: StudentsOptions): OnUpdate => {
  const now = new Map<Recipe, { done: number; loss: number; validation?: number | undefined }>();
  return (recipe, { number, losses, validation = now.get(recipe)?.validation }) => {
    now.set(recipe, { done: number, loss: losses.total!, validation });
    const notes = [...now].map(([name, { loss, validation: accuracy }]) =>
      [`${name} ${loss.toFixed(2)}`, ...(accuracy === undefined ? [] : [`${(100 * accuracy).toFixed(1)} %`])].join(
        ', ',
      ),
    );
    const done = [...now.values()].reduce((sum, one) => sum + one.done, 0);
    onProgress?.('students', { done, of: updates * recipes.length, note: notes.join('; ') });
  };
};

const trainStudent = async (
  recipe: Recipe,
  { teacher, pretrained }: Sources,
  { onUpdate, folder, updates, ...options }: StudentsOptions & { readonly onUpdate: OnUpdate },
): Promise<TrainedModel> => {
  const { answers, scoring } = teacher.config;
  const model = adaptModel(pretrained, { task: { ...vqa, scoring }, answers, seed: options.seed });
  const run = join(folder, recipe);
  const steps = finetune(model, {
    teacher: recipe === 'hard' ? undefined : teacher,
    ...training,
    ...options,
    task: vqa,
    losses: losses[recipe],
    updates,
    validateEvery: Math.ceil(updates / VALIDATIONS),
    folder: run,
  });
  let milliseconds = 0;
  for await (const step of steps) {
    milliseconds += step.milliseconds;
    onUpdate(recipe, step);
  }
  return { model, run: { updates, seconds: milliseconds / 1000, curves: trainingCurve(run, CURVE_POINTS) } };
};

/** Validations of a training. */
const VALIDATIONS = 6;

/** Points of a learning curve. */
const CURVE_POINTS = 100;
