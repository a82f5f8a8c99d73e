import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Model, metadataOf } from '../checkpoints/model-file.ts';
import { saveModel } from '../checkpoints/save-model.ts';
import { counted, UserError } from '../errors.ts';
import { removeUnfinished } from '../files/atomic-write.ts';
import { makeFolder } from '../files/disk-errors.ts';
import { takeLock, whenFree } from '../files/lock.ts';
import type { ModelConfig } from '../model/config.ts';
import type { OptimizerState } from '../optim/adamw.ts';
import { alone, type ProcessOptions } from '../processes/processes.ts';
import { type Checkpoint, loadCheckpoint, saveCheckpoint } from './checkpoint.ts';
import { type Metrics, openMetrics, readMetrics } from './metrics.ts';
import { identityOf } from './option-table.ts';
import { type TrainingOptions, type TrainStep, trainingOptions } from './options.ts';
import { bestOf, type Progress, progressSchema } from './run-progress.ts';
import type { Stage } from './stages/stage.ts';

/** Folder of one training: `last.safetensors` to go on from, `best.safetensors` to use, and the curves. */
export interface Run extends AsyncDisposable {
  /** Number of updates that were done before. */
  readonly update: number;
  /** Checkpoint to go on from. */
  readonly start: Checkpoint<Progress> | undefined;
  /** Whether this process validates and writes, the first of those that share the run. */
  readonly isFirst: boolean;
  readonly isValidated: (number: number) => boolean;
  /**
   * Goes on with the folder after an update where the process that wrote there is lost, and this one is first now.
   * → whether it is, and the update is to be validated and recorded here
   */
  readonly takeOver: (number: number) => Promise<boolean>;
  /** Logs an update, and keeps its weights where they are the best so far. */
  readonly record: (step: Omit<TrainStep, 'milliseconds' | 'waitMilliseconds'>, state: CurrentState) => Promise<void>;
  /**
   * Saves the checkpoint of an update, where one is due, or `now`. Call it once the losses of the weights are known to
   * be finite.
   */
  readonly save: (number: number, state: CurrentState, when?: 'due' | 'now') => Promise<void>;
}

/** State of the optimizer as it is now; asked for where it is written alone, since a device copies it. */
type CurrentState = () => OptimizerState;

type KeptRun = Omit<Run, 'isValidated' | 'isFirst' | 'takeOver'>;

/** Rules by which a model reads texts and pictures, where they are not the usual ones: two runs that read otherwise are two runs. */
const readingOf = ({ words, pictures, sizes: { activation } }: ModelConfig): Readonly<Record<string, string>> => ({
  ...(words && { words: JSON.stringify(words) }),
  ...(pictures && { pictures: JSON.stringify(pictures) }),
  ...(activation && { activation }),
});

/** Run without a folder: nothing is kept. */
const unkept: KeptRun = {
  update: 0,
  start: undefined,
  record: async () => {},
  save: async () => {},
  [Symbol.asyncDispose]: async () => {},
};

/** Options of `openRun`. */
interface RunFolderOptions extends TrainingOptions, ProcessOptions {
  readonly updates: number;
  readonly threads: number;
  readonly teacher?: Model | undefined;
  /** Receives a warning where the run goes on with another number of threads. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/**
 * Opens a run, at its last checkpoint where it is to be resumed and has one, and keeps other trainings out of its folder.
 *
 * @throws UserError where the folder holds another run, or another process trains there.
 */
export const openRun = async (model: Model, stage: Stage, options: RunFolderOptions): Promise<Run> => {
  const { folder, updates, processes = alone } = options;
  const isValidated = (number: number): boolean => isDue(number, validateEveryOf(options), updates);
  const open = (resumeAt?: number): Promise<KeptRun> =>
    folder === undefined ? Promise.resolve(unkept) : openAlone(folder, model, stage, { ...options, resumeAt });
  let isFirst = processes.rank === 0;
  let kept = isFirst || folder === undefined ? await open() : await openBeside(folder, model, stage, options);
  return {
    ...{ update: kept.update, start: kept.start, isValidated },
    get isFirst() {
      return isFirst;
    },
    takeOver: async (number) => {
      if (isFirst || processes.rank !== 0) return false;
      // the lock is free once the system has buried who held it
      kept = await whenFree(() => open(number - 1));
      isFirst = true;
      return true;
    },
    record: (step, state) => kept.record(step, state),
    save: (number, state, when) => kept.save(number, state, when),
    [Symbol.asyncDispose]: () => kept[Symbol.asyncDispose](),
  };
};

/** Run folder that another process writes: gives the checkpoint to go on from, and keeps nothing. */
const openBeside = async (
  folder: string,
  { config }: Model,
  stage: Stage,
  options: RunFolderOptions,
): Promise<KeptRun> => {
  const start = options.resume ? await lastCheckpoint(folder, identityOfRun(config, stage, options)) : undefined;
  return { ...unkept, start, update: start?.progress.update ?? 0 };
};

/** Options of a run whose folder is opened. */
interface OpeningOptions extends RunFolderOptions {
  /** Last update whose curves stay, where the run goes on from another process and not from a checkpoint. */
  readonly resumeAt?: number | undefined;
}

/** Opens the folder, and keeps others out of it. */
const openAlone = async (folder: string, model: Model, stage: Stage, options: OpeningOptions): Promise<KeptRun> => {
  await makeFolder(folder);
  const unlock = await takeLock(join(folder, 'run.lock'), folder);
  try {
    const run = await openKept(folder, model, stage, options);
    const close = async (): Promise<void> => {
      await run[Symbol.asyncDispose]();
      await unlock();
    };
    return { ...run, [Symbol.asyncDispose]: close };
  } catch (error) {
    await unlock();
    throw error;
  }
};

const validateEveryOf = ({ updates, validateEvery }: RunFolderOptions): number =>
  validateEvery ?? Math.max(1, Math.floor(updates / 10));

const isDue = (number: number, every: number, updates: number): boolean => number % every === 0 || number === updates;

/** Whether an update's weights are the best so far: the last that are validated, where no accuracy tells them apart. */
const isBest = (
  { number, validation }: Pick<TrainStep, 'number' | 'validation'>,
  best: Progress['best'],
  options: RunFolderOptions,
): boolean => {
  if (validation !== undefined) return validation > (best?.accuracy ?? Number.NEGATIVE_INFINITY);
  return best === null && isDue(number, validateEveryOf(options), options.updates);
};

/** Identity of a run: that of its stage, of its options, and of how the model reads. */
const identityOfRun = (config: ModelConfig, stage: Stage, options: RunFolderOptions): Progress['options'] => ({
  ...stage.identity,
  ...(options.teacher?.precision === 'int8' && { teacherPrecision: 'int8' }),
  ...identityOf(trainingOptions, options),
  ...readingOf(config),
});

/** Opens the files of a run in a folder that is this process's alone. */
const openKept = async (folder: string, { config }: Model, stage: Stage, options: OpeningOptions): Promise<KeptRun> => {
  const { resume = false, updates, checkpointEvery = validateEveryOf(options), processes = alone, resumeAt } = options;
  const identity = identityOfRun(config, stage, options);
  await removeUnfinished(folder);
  const start = resume || resumeAt !== undefined ? await lastCheckpoint(folder, identity) : undefined;
  const update = start?.progress.update ?? 0;
  if (start && resumeAt === undefined) warnOfThreads(start.progress, options);
  const metrics = await openMetrics(folder, resume || resumeAt !== undefined ? { resumeAt: resumeAt ?? update } : {});
  let best = resumeAt === undefined ? (start?.progress.best ?? null) : bestOf(readMetrics(folder));
  let saved = update;
  const shared = processes.size > 1 ? { processes: processes.size } : {};
  return {
    update,
    start,
    record: async (step, state) => {
      log(metrics, step);
      if (!isBest(step, best, options)) return;
      if (step.validation !== undefined) best = { update: step.number, accuracy: step.validation };
      await saveModel(bestIn(folder), {
        config: described(config, { ...identity, ...(best && { best }) }),
        weights: state().weights,
      });
    },
    save: async (number, state, when = 'due') => {
      if (number === saved || (when === 'due' && !isDue(number, checkpointEvery, updates))) return;
      saved = number;
      const { lossScale, ...current } = state();
      const kept = { threads: options.threads, ...shared, ...(lossScale && { lossScale }) };
      await saveCheckpoint(
        lastIn(folder),
        { ...current, progress: { update: number, best, options: identity, ...kept } },
        metadataOf(described(config, { ...identity, ...(best ? { best } : {}) })),
      );
    },
    [Symbol.asyncDispose]: async () => metrics.close(),
  };
};

/** Path of a run's last checkpoint, from which it goes on. */
export const lastIn = (folder: string): string => join(folder, 'last.safetensors');

/** Path of a run's weights with the best validation. */
export const bestIn = (folder: string): string => join(folder, 'best.safetensors');

const lastCheckpoint = async (
  folder: string,
  identity: Progress['options'],
): Promise<Checkpoint<Progress> | undefined> => {
  const path = lastIn(folder);
  if (!existsSync(path)) return undefined;
  const checkpoint = await loadCheckpoint(path, progressSchema);
  const [before, now] = [checkpoint.progress.options, identity];
  const differing = Object.keys({ ...before, ...now }).filter((key) => before[key] !== now[key]);
  if (differing.length === 0) return checkpoint;
  const listed = differing
    .map((key) => `${key} was ${before[key] ?? 'not given'}, now ${now[key] ?? 'not given'}`)
    .join('; ');
  throw new UserError(
    `${path}: it belongs to another run: ${listed}: resume with the same options, or give another folder`,
  );
};

/**
 * Warns where sums may round otherwise than before: see `compile` for what does not depend on the number of threads.
 */
const warnOfThreads = ({ threads: before }: Progress, { folder, threads: now, onWarning }: RunFolderOptions): void => {
  if (before === undefined || before === now) return;
  onWarning?.(
    `${folder}: it ran on ${counted(before, 'thread')} and goes on with ${now}: small batches may differ in the last bits: give --threads ${before} for the same`,
  );
};

/** Config of the model with this run in its recipe. */
const described = (config: ModelConfig, run: Readonly<Record<string, unknown>>): ModelConfig => ({
  ...config,
  recipe: { ...config.recipe, ...run },
});

const log = (
  metrics: Metrics,
  { number, losses, learningRate, gradientNorm, validation }: Parameters<Run['record']>[0],
): void => {
  const curves = Object.fromEntries(Object.entries(losses).map(([name, loss]) => [`loss/${name}`, loss]));
  // an update that was skipped in fp16 has no finite gradient
  const norm = Number.isFinite(gradientNorm) ? { gradientNorm } : {};
  metrics.log(number, { ...curves, learningRate, ...norm, ...(validation === undefined ? {} : { validation }) });
};
