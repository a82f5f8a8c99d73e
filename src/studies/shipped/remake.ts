import { join } from 'node:path';
import {
  type FinetuneOptions,
  finetune,
  loadModel,
  type Model,
  pretrain,
  saveModel,
  type TrainStep,
} from '../../index.ts';
import { bestIn, lastIn } from '../../training.ts';
import type { Progress } from '../scenes/write.ts';
import { existingFile } from './files.ts';
import { writeMiniScenes } from './mini-scenes.ts';
import { type Lesson, learnt, recipes, type ShippedName, sharedTraining } from './recipes.ts';
import { tinyLesson } from './tiny-lesson.ts';

/** Options of `remake`. */
export interface RemakeOptions extends Pick<FinetuneOptions, 'threads' | 'onWarning'> {
  /** Path of the weights (safetensors). */
  readonly out: string;
  /** Folder of the data and runs. The runs belong to one start and one teacher: take another folder for others. */
  readonly folder: string;
  /** Path of the weights that it begins with. Default: the file of the package that the recipe names. */
  readonly from?: string | undefined;
  /** Path of its teacher. Default: the file of the package that the recipe names. */
  readonly teacher?: string | undefined;
  /** Type of the weights in the file. Default `F32`; `F16` halves it. */
  readonly dtype?: 'F32' | 'F16' | undefined;
  /** Amount of data and training. Default `full`; with `tiny` nothing is learnt. */
  readonly size?: 'full' | 'tiny' | undefined;
  /** Stops the writing of data by throwing its reason. A training ends where the loop is left. */
  readonly signal?: AbortSignal | undefined;
  readonly onScenes?: ((lesson: string, progress: Progress) => void) | undefined;
}

/** Step of one of the lessons of a recipe. */
export interface RemakeStep extends TrainStep {
  readonly lesson: string;
}

/**
 * Trains a file of the package again by its recipe, and saves it; continues where it was stopped.
 *
 * @throws UserError where a file that it needs is missing or damaged, the folder holds something else, another process
 *   writes it, or the disk is full; the signal's reason where it was aborted.
 */
export async function* remake(name: ShippedName, options: RemakeOptions): AsyncGenerator<RemakeStep, void, undefined> {
  const recipe = recipes[name];
  const teacher = recipe.teacher && (await loadModel(existingFile(recipe.teacher, options.teacher)));
  let model = await firstModel(name, options);
  for (const [lesson, full] of Object.entries(recipe.lessons)) {
    const run = join(options.folder, name, lesson);
    for await (const step of lessonSteps(model, lesson, full, { ...options, run, teacher })) yield { ...step, lesson };
    model = await loadModel(full.keeps === 'last' ? lastIn(run) : bestIn(run));
  }
  await saveModel(options.out, model, { dtype: options.dtype });
}

const isOfCaptions = ({ scenes }: Lesson): boolean => scenes.view === 'pretraining';

/** The model before its first training. */
const firstModel = async (name: ShippedName, { from }: RemakeOptions): Promise<Model> => {
  const recipe = recipes[name];
  return recipe.from === undefined ? recipe.begin() : recipe.begin(await loadModel(existingFile(recipe.from, from)));
};

interface LessonOptions extends Omit<RemakeOptions, 'teacher'> {
  readonly run: string;
  readonly teacher: Model | undefined;
}

/** One training, on data that are written first. */
async function* lessonSteps(
  model: Model,
  name: string,
  lesson: Lesson,
  { folder, run, teacher, threads, size = 'full', signal, onScenes, onWarning }: LessonOptions,
): AsyncGenerator<TrainStep, void, undefined> {
  const { scenes, training } = size === 'tiny' ? tinyLesson(lesson) : lesson;
  const data = join(folder, 'scenes', name);
  await writeMiniScenes(data, { ...scenes, signal, onProgress: (progress) => onScenes?.(name, progress) });
  const options = { ...sharedTraining, ...training, teacher, threads, onWarning, data, folder: run, resume: true };
  if (isOfCaptions(lesson)) yield* pretrain(model, options);
  else yield* finetune(model, { ...options, task: learnt[scenes.view ?? 'vqa'] });
}
