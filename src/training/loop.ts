import type { Model } from '../checkpoints/model-file.ts';
import { type Batch, type LoadOptions, loadChosen } from '../data/loader.ts';
import { keyOf } from '../engine/random.ts';
import { defaultDevice } from '../engine/runtime/device.ts';
import type { OptimizerState } from '../optim/adamw.ts';
import { createOptimizerState } from '../optim/create-state.ts';
import { startingScale } from '../optim/loss-scale.ts';
import { openOptimizer } from '../optim/open-optimizer.ts';
import type { Optimizer } from '../optim/optimizer.ts';
import { alone, type Processes } from '../processes/processes.ts';
import { usualThreads } from '../processes/usual-threads.ts';
import { randomLoading } from './augmentation.ts';
import { frozenNames } from './freeze.ts';
import type { MicroBatch } from './grad-cache.ts';
import { type Settings, settingsOf } from './option-table.ts';
import { type RunOptions, type TrainStep, trainingOptions } from './options.ts';
import { openRecord, openValidation } from './record.ts';
import { openRun, type Run } from './run-folder.ts';
import { rowsOf, sharingAmong } from './shared/part.ts';
import { unsharedRows } from './shared/rows.ts';
import { checkSameStart, together } from './shared/together.ts';
import { type ExtraFeeds, lossesFromParams, type Stage } from './stages/stage.ts';
import { createStep, type Step } from './step.ts';
import { moveWeights, usualLearningRate } from './updates/move-weights.ts';
import { checkTrainingPrecision } from './updates/precision.ts';

/** Options of a run with the defaults filled in. */
interface RunSettings
  extends Settings<typeof trainingOptions>,
    Pick<RunOptions, 'teacher' | 'preprocessor' | 'onWarning'> {
  readonly updates: number;
  readonly learningRate: number;
  readonly threads: number;
  readonly processes: Processes;
}

const runSettingsOf = (model: Model, options: RunOptions): RunSettings => {
  const { updates, learningRate = usualLearningRate(model), processes = alone } = options;
  const { threads = usualThreads(processes) } = options;
  return { ...options, ...settingsOf(trainingOptions, options), updates, learningRate, threads, processes };
};

/**
 * Trains a stage, yielding after every update. The loop is the caller's: print, plot, or break whenever it is enough.
 *
 * Order of data, dropout and augmentation come from the seed alone, so a run that was killed and resumed ends with the
 * same bits as one that was not. The model has its new weights when the loop is left.
 *
 * Processes that share the run must all leave the loop after the same update: one that closes its `processes` before ends the
 * others with an error. The first of them validates and writes; where it is lost, the next one does.
 *
 * @throws UserError where a loss or a gradient is not a number (the last checkpoint is then from before), where data
 * are wrong, or where the disk is full.
 */
export async function* trainStage(
  model: Model,
  stage: Stage,
  options: RunOptions,
): AsyncGenerator<TrainStep, void, undefined> {
  const settings = runSettingsOf(model, options);
  checkTrainingPrecision(settings.precision, defaultDevice(), options.onWarning);
  const { updates, processes } = settings;
  await using run = await openRun(model, stage, settings);
  const state = openState(model, run, settings);
  // the model holds the weights that are trained, or a large one would be in memory twice
  for (const [name, numbers] of state.weights) model.weights.set(name, numbers);
  await using optimizer = await openOptimizer(state, { reads: settings.teacher?.weights, threads: settings.threads });
  try {
    await using step = await createStep({ ...settings, losses: lossesFromParams(stage) }, state);
    await using validator = await openValidation(run, () => stage.validator(state.weights));
    await using extra = await stage.extraFeeds?.(state.weights);
    await checkSameStart(processes, run.update, state.weights);
    await using batches = openBatches(stage, settings, run.update);
    const now = { ...settings, stage, extra, frozen: step.frozen, optimizer };
    const record = openRecord(run, validator, optimizer);
    for (let number = run.update + 1; number <= updates; number += 1) {
      const began = performance.now();
      const { losses, waitMilliseconds } = await together(
        processes,
        () => forwardBackward(step, batches, { ...now, number }),
        beginAgain(number, { optimizer, batches, record }),
      );
      // Only now is it known that the weights of the update before give losses that are numbers.
      await run.save(number - 1, optimizer.current);
      const { lossScale } = state;
      const move = { ...settings, number, trained: step.trained, config: model.config, lossScale };
      const moved = await moveWeights(optimizer, move);
      state.lossScale = moved.lossScale;
      const done = await record.finish({ number, of: updates, losses, ...moved });
      if (number === updates) await saveLast(number, { run, record, optimizer, processes });
      yield* savedIfLeft(run, optimizer, { ...done, milliseconds: performance.now() - began, waitMilliseconds });
    }
  } finally {
    // copies, since views of the optimizer's memory would keep gradients and moments alive
    for (const [name, { shape, data }] of optimizer.current().weights)
      model.weights.set(name, { shape, data: data.slice() });
  }
}

interface Ending extends Pick<Begun, 'optimizer' | 'record'> {
  readonly run: Run;
  readonly processes: Processes;
}

/** Saves the last update. All processes wait for it: where the one that writes is lost meanwhile, the next one does. */
const saveLast = async (number: number, { run, record, optimizer, processes }: Ending): Promise<void> => {
  const saveAndWait = async (): Promise<void> => {
    await run.save(number, optimizer.current);
    await processes.sum([new Float64Array(1)]);
  };
  await together(processes, saveAndWait, () => record.takeOver(number));
};

interface Begun {
  readonly optimizer: Optimizer;
  readonly batches: Batches;
  readonly record: ReturnType<typeof openRecord>;
}

/** Makes ready for an update to be done again, among the processes that are left. */
const beginAgain =
  (number: number, { optimizer, batches, record }: Begun) =>
  async (): Promise<void> => {
    await optimizer.forget();
    await batches.reopen(number - 1);
    await record.takeOver(number - 1);
  };

/** Yields a step; where the caller leaves the loop there, the run is saved. */
async function* savedIfLeft(run: Run, { current }: Optimizer, done: TrainStep): AsyncGenerator<TrainStep, void> {
  let isLeft = true;
  try {
    yield done;
    isLeft = false;
  } finally {
    if (isLeft) await run.save(done.number, current, 'now');
  }
}

/** Batches of a run, one after the other. */
interface Batches extends AsyncDisposable {
  next(): Promise<Batch | undefined>;
  /** Begins again behind an update, among the processes that there are now. */
  reopen(update: number): Promise<void>;
}

const openBatches = (stage: Stage, settings: RunSettings, update: number): Batches => {
  const { accumulation, processes } = settings;
  const open = (done: number): AsyncGenerator<Batch, void> => {
    const first = done * accumulation;
    const sharing = processes.size > 1 ? sharingAmong(processes) : undefined;
    return loadChosen(stage.batches(first), { ...loadingOf(stage, settings), first, sharing });
  };
  let loading = open(update);
  return {
    next: async () => (await loading.next()).value ?? undefined,
    reopen: async (done) => {
      await loading.return();
      loading = open(done);
    },
    // wherever the loop is left, no image is read any more
    [Symbol.asyncDispose]: async () => void (await loading.return()),
  };
};

/** Options of loading the batches of a stage: none may be missing, since each is an update's, or a part of one. */
const loadingOf = (
  { pictures = 'apart' }: Stage,
  { preprocessor, ...options }: RunSettings,
): Omit<LoadOptions, 'batch'> => ({
  ...preprocessor,
  collate: { ...preprocessor.collate, pictures },
  ...randomLoading(options),
  empty: 'refuse',
  // the micro-batches of an update may be read twice, for a contrast over all of them
  reuse: options.accumulation === 1,
});

/** Memory of the optimizer, from the weights of the model or from where the run was stopped. */
const openState = (model: Model, { start }: Run, settings: RunSettings): OptimizerState => {
  const { accumulation, threads, freeze, precision } = settings;
  const frozen = frozenNames([...model.weights.keys()], freeze);
  const state = createOptimizerState(start?.weights ?? model.weights, { microBatches: accumulation, threads, frozen });
  if (start) restoreMoments(state, start);
  if (precision === 'fp16') state.lossScale = start?.progress.lossScale ?? startingScale;
  return state;
};

const restoreMoments = (state: OptimizerState, { first, second }: NonNullable<Run['start']>): void => {
  for (const [name, { data }] of first) state.first.get(name)!.data.set(data);
  for (const [name, { data }] of second) state.second.get(name)!.data.set(data);
};

/** One update of a run. */
interface Update extends RunSettings {
  readonly stage: Stage;
  readonly extra: ExtraFeeds | undefined;
  readonly frozen: Step['frozen'];
  /** Number of the update, from 1. */
  readonly number: number;
  readonly optimizer: Optimizer;
}

/** Runs the micro-batches of one update. → the means of their losses, and the time waited for data */
const forwardBackward = async (step: Step, batches: Batches, now: Update) => {
  const { accumulation, number, optimizer, processes } = now;
  const sums: Record<string, number> = {};
  let waitMilliseconds = 0;
  const micros = microBatches(batches, now);
  for await (const { feeds, waitMilliseconds: waited, ...how } of step.contrast?.seeded(micros) ?? micros) {
    const losses = await step.run(feeds, { number, ...how });
    if (accumulation > 1) await optimizer.accumulate();
    for (const [name, loss] of Object.entries(losses)) sums[name] = (sums[name] ?? 0) + loss / accumulation;
    waitMilliseconds += waited;
  }
  const losses = Float64Array.from(Object.values(sums));
  await processes.sum([losses]);
  if (processes.size > 1) await optimizer.reduce((gradients) => processes.sum(gradients));
  const names = Object.keys(sums);
  return { losses: Object.fromEntries(names.map((name, i) => [name, losses[i]!])), waitMilliseconds };
};

/** The batches of one update, each with all of its feeds. */
async function* microBatches(
  batches: Batches,
  { stage, extra, frozen, accumulation, seed, number, processes }: Update,
): AsyncGenerator<MicroBatch, void, undefined> {
  for (let micro = 0; micro < accumulation; micro += 1) {
    const batch = await batches.next();
    if (!batch) throw new Error(`train: no batch for update ${number}`);
    const count = (number - 1) * accumulation + micro;
    const parts = [stage.feeds(batch, count), await extra?.feeds(batch, count)];
    const feeds = Object.assign({}, batch.feeds, ...parts.map((part) => part?.feeds));
    const { waitMilliseconds } = batch;
    const key = keyOf(seed, 'dropout', number, micro);
    const rows = processes.size > 1 ? rowsOf(batch, parts) : unsharedRows;
    yield { feeds: { ...feeds, ...(await frozen.feeds(feeds)) }, key, rows, waitMilliseconds };
  }
}
