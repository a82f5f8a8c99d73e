import { rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { createStudent, type FinetuneOptions, finetune, type Model, type TrainStep, vqa } from '../../index.ts';
import type { LossWeights } from '../../training.ts';
import { trainingCurve } from '../measures/training-curve.ts';
import type { ModelReport } from './content.ts';

/** A model of a study, and how it came about. */
export interface Studied {
  readonly trained: Model;
  readonly run: Pick<ModelReport, 'updates' | 'seconds' | 'curves'>;
}

export interface StudentsOptions extends Pick<FinetuneOptions, 'data' | 'threads' | 'seed'> {
  /** Each student's run goes below it, under the name of its recipe. */
  readonly folder: string;
  /** Of each student; all have the same budget. */
  readonly updates: number;
  readonly resume: boolean;
  readonly onProgress?:
    | ((part: string, progress: { readonly done: number; readonly of: number; readonly note: string }) => void)
    | undefined;
}

/** What a student learns from. */
export type Recipe = 'hard' | 'soft' | 'soft+attention';

const losses: Readonly<Record<Recipe, LossWeights>> = {
  hard: { hard: 1 },
  soft: { soft: 1 },
  'soft+attention': { soft: 1, attention: 1 },
};

export const recipeNames: Readonly<Record<Recipe, string>> = {
  hard: 'hard labels',
  soft: 'soft labels',
  'soft+attention': 'soft labels + attention',
};

/** How every student is trained, whatever it learns from: the same budget, data, order and initial weights. */
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
 * Students of one teacher, each by its recipe, trained side by side on a share of the cores each: small models gain
 * little from a second thread, and the result is the same to the bit on any number of them.
 */
export const studentsOf = async (
  teacher: Model,
  recipes: readonly Recipe[],
  options: StudentsOptions,
): Promise<Record<string, Studied>> => {
  const runs = recipes.map((recipe) => join(options.folder, recipe));
  if (!options.resume) await Promise.all(runs.map((run) => rm(run, { recursive: true, force: true })));
  const threads = Math.max(1, Math.floor((options.threads ?? availableParallelism()) / recipes.length));
  const onUpdate = progressOf(recipes, options);
  const studied = recipes.map(
    async (recipe) => [recipeNames[recipe], await distil(recipe, teacher, { ...options, threads, onUpdate })] as const,
  );
  return Object.fromEntries(await Promise.all(studied));
};

type OnUpdate = (recipe: Recipe, step: TrainStep) => void;

/** One progress for all students together. */
const progressOf = (recipes: readonly Recipe[], { updates, onProgress }: StudentsOptions): OnUpdate => {
  const now = new Map<Recipe, { done: number; loss: number; validation?: number | undefined }>();
  return (recipe, { number, losses, validation = now.get(recipe)?.validation }) => {
    now.set(recipe, { done: number, loss: losses.total!, ...(validation === undefined ? {} : { validation }) });
    const shown = [...now].map(([name, { loss, validation: share }]) =>
      share === undefined ? `${name} ${loss.toFixed(2)}` : `${name} ${loss.toFixed(2)}, ${(100 * share).toFixed(1)} %`,
    );
    const done = [...now.values()].reduce((sum, one) => sum + one.done, 0);
    onProgress?.('students', { done, of: updates * recipes.length, note: shown.join('; ') });
  };
};

const distil = async (
  recipe: Recipe,
  teacher: Model,
  { onUpdate, folder, updates, ...options }: StudentsOptions & { readonly onUpdate: OnUpdate },
): Promise<Studied> => {
  const trained = createStudent(teacher, options.seed === undefined ? {} : { seed: options.seed });
  const run = join(folder, recipe);
  const steps = finetune(trained, {
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
  return { trained, run: { updates, seconds: milliseconds / 1000, curves: trainingCurve(run, CURVE_POINTS) } };
};

/** How often a student is validated on its way. */
const VALIDATIONS = 6;

/** Points that a chart can still tell apart. */
const CURVE_POINTS = 100;
