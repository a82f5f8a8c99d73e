import { availableParallelism } from 'node:os';
import { type Batch, type LoadOptions, loadChosen } from '../data/loader.ts';
import { keyOf } from '../engine/random.ts';
import { UserError } from '../errors.ts';
import {
  accumulate,
  adamwStep,
  clipScale,
  createOptimizerState,
  decayGroups,
  gradientNorm,
  type OptimizerState,
} from '../optim/adamw.ts';
import { learningRateAt } from '../optim/schedule.ts';
import { drawnBy } from './augmentation.ts';
import type { MicroBatch } from './grad-cache.ts';
import type { RunOptions, TrainStep } from './options.ts';
import { openRun, type Run } from './run-folder.ts';
import type { ExtraFeeds, Stage } from './stages/stage.ts';
import { createStep, type Step } from './step.ts';

/**
 * Trains, yielding after every update. The loop is the caller's: print, plot, or break whenever it is enough.
 *
 * Order of data, dropout and initial weights come from the seed alone, so a run that was killed and resumed ends with
 * the same bits as one that was not. The learner has its new weights when the loop is left.
 *
 * @throws UserError where a loss or a gradient is not a number (the last checkpoint is then from before), where data are wrong, or where the disk is full.
 */
export async function* trainStage(stage: Stage, options: RunOptions): AsyncGenerator<TrainStep, void, undefined> {
  const { model, updates, accumulation = 1, dropoutRate = 0.1, threads = availableParallelism() } = options;
  await using run = await openRun(stage, options);
  let batches: AsyncGenerator<Batch, void> | undefined;
  const state = createOptimizerState(run.start?.weights ?? model.weights, { microBatches: accumulation, threads });
  if (run.start) restoreMoments(state, run.start);
  // the learner looks at the weights that are trained, or a large one would be held twice
  for (const [name, numbers] of state.weights) model.weights.set(name, numbers);
  try {
    await using step = await createStep({ ...options, terms: stage.losses, dropoutRate }, state);
    await using validator = await stage.validator(state.weights);
    await using choosing = await stage.extraFeeds?.(state.weights);
    const first = run.update * accumulation;
    batches = loadChosen(stage.batches(first), { ...loadingOf(stage, options), first });
    const now = { ...options, stage, choosing, state };
    for (let number = run.update + 1; number <= updates; number += 1) {
      const began = performance.now();
      const { losses, waitMilliseconds } = await forwardBackward(step, batches, { ...now, number });
      // Only now is it known that the weights of the update before give losses that are numbers.
      await run.save(number - 1, state);
      const moved = update(state, { ...options, number, trained: step.trained });
      const validation = run.isValidated(number) ? await validator.accuracy().catch(namingUpdate(number)) : undefined;
      const done = { number, of: updates, losses, ...moved, ...(validation === undefined ? {} : { validation }) };
      await run.record(done, state);
      if (number === updates) await run.save(number, state);
      yield* savedIfLeft(run, state, { ...done, milliseconds: performance.now() - began, waitMilliseconds });
    }
  } finally {
    // wherever the loop is left, no picture is read any more
    await batches?.return();
    // a copy of its own, or it would keep gradients and moments alive
    for (const [name, { shape, data }] of state.weights) model.weights.set(name, { shape, data: data.slice() });
  }
}

/** Yields a step; where the caller leaves the loop there, the run is saved. */
async function* savedIfLeft(run: Run, state: OptimizerState, done: TrainStep): AsyncGenerator<TrainStep, void> {
  let isLeft = true;
  try {
    yield done;
    isLeft = false;
  } finally {
    if (isLeft) await run.save(done.number, state, 'now');
  }
}

/** How a stage reads the examples of its batches: each batch is an update's, or a part of one, and none may be missing. */
const loadingOf = (
  { pictures = 'apart' }: Stage,
  { preprocessor, ...options }: RunOptions,
): Omit<LoadOptions, 'batch'> => ({
  ...preprocessor,
  collate: { ...preprocessor.collate, pictures },
  ...drawnBy(options),
  empty: 'refuse',
});

const restoreMoments = (state: OptimizerState, { first, second }: NonNullable<Run['start']>): void => {
  for (const [name, { data }] of first) state.first.get(name)!.data.set(data);
  for (const [name, { data }] of second) state.second.get(name)!.data.set(data);
};

interface Now extends RunOptions {
  readonly stage: Stage;
  readonly choosing: ExtraFeeds | undefined;
  readonly number: number;
  readonly state: OptimizerState;
}

/** The micro-batches of one update; losses are their means. */
const forwardBackward = async (step: Step, batches: AsyncGenerator<Batch>, now: Now) => {
  const { accumulation = 1, number, state } = now;
  const sums: Record<string, number> = {};
  let waitMilliseconds = 0;
  const micros = microBatches(batches, now);
  for await (const { feeds, waitMilliseconds: waited, ...how } of step.contrast?.seeded(micros) ?? micros) {
    const losses = await step.run(feeds, { number, ...how });
    if (accumulation > 1) accumulate(state);
    for (const [name, loss] of Object.entries(losses)) sums[name] = (sums[name] ?? 0) + loss / accumulation;
    waitMilliseconds += waited;
  }
  return { losses: sums, waitMilliseconds };
};

/** The next batches, as many as make an update, each with all that the step is fed. */
async function* microBatches(
  batches: AsyncGenerator<Batch>,
  { stage, choosing, accumulation = 1, seed = 0, number }: Now,
): AsyncGenerator<MicroBatch, void, undefined> {
  for (let micro = 0; micro < accumulation; micro += 1) {
    const { value: batch } = await batches.next();
    if (!batch) throw new Error(`train: no batch for update ${number}`);
    const count = (number - 1) * accumulation + micro;
    const others = { ...stage.feeds(batch, count), ...(await choosing?.feeds(batch, count)) };
    const { waitMilliseconds } = batch;
    yield { feeds: { ...batch.feeds, ...others }, key: keyOf(seed, 'dropout', number, micro), waitMilliseconds };
  }
}

const update = (state: OptimizerState, options: RunOptions & Pick<Step, 'trained'> & { readonly number: number }) => {
  const {
    number,
    updates,
    accumulation = 1,
    clip,
    learningRate: peak,
    warmup = 0.1,
    headMultiplier = 1,
    model,
  } = options;
  const head = `${model.config.task}_classifier.`;
  const norm = gradientNorm(state) / accumulation;
  refuseEndless(norm, number);
  const learningRate = learningRateAt(number - 1, { peak, warmup: Math.floor(warmup * updates), total: updates });
  adamwStep(state, {
    step: number,
    learningRate,
    gradientScale: (clip === undefined ? 1 : clipScale(norm, clip)) / accumulation,
    multiplier: (name) => (!options.trained.has(name) ? 0 : name.startsWith(head) ? headMultiplier : 1),
    decays: decayGroups[options.decay ?? 'reference'],
    weightDecay: options.weightDecay ?? 0.01,
    order: options.order ?? 'reference',
  });
  return { learningRate, gradientNorm: norm };
};

/** The losses may still be numbers where their gradient is none; the weights must not move by it. */
const refuseEndless = (norm: number, update: number): void => {
  if (Number.isFinite(norm)) return;
  throw new UserError(
    `update ${update}: the norm of the gradient is ${norm}: training stops here, and the last checkpoint is kept: lower the learning rate`,
  );
};

/** What is wrong in a validation is said together with the update after which it was. */
const namingUpdate =
  (update: number) =>
  (error: unknown): never => {
    throw error instanceof UserError ? new UserError(`update ${update}: ${error.message}`, { cause: error }) : error;
  };
