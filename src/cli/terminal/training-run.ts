import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { LockedError } from '../../files/lock.ts';
import type { TrainStep } from '../../index.ts';
import { type Processes, passesOver, type TrainingOptions } from '../../training.ts';
import { countsText, createWaiting, type SplitCounts, type Tolerance } from '../options/data.ts';
import { headOf } from '../options/model-file.ts';
import type { TrainingModels } from '../options/trained-model.ts';
import { listenForInterrupt, STOPPING, sayStopped } from './interrupt.ts';
import { openProgress, silent } from './progress.ts';
import { type Cell, durationOf, factsOf, grouped, groupedCount, percent, print } from './table.ts';

/** A training on the command line, and the facts for its report. */
export interface TrainingRun {
  readonly verb: string;
  /** The folder of the run. */
  readonly out: string;
  readonly json?: boolean | undefined;
  readonly task: string;
  readonly models: TrainingModels;
  /** Options of the training: its batch and passes say how many examples are left out at its end. */
  readonly options: TrainingOptions;
  /** Processes that train together. */
  readonly processes: Processes;
  /** Examples that could not be read, where such are left out. */
  readonly tolerance: Tolerance;
  /** The training itself; notices go above the bar, and the signal ends what comes before the first update. */
  readonly steps: (how: {
    readonly onWarning: (message: string) => void;
    readonly signal: AbortSignal;
  }) => AsyncIterable<TrainStep>;
  /** The command that one runs next, given the best weights. */
  readonly next: (best: string) => Promise<string>;
}

/**
 * Trains with a bar until all is done or Ctrl-C is pressed, and reports. A new folder that did not come as far as any
 * weights is removed again.
 */
export const runTraining = async (run: TrainingRun): Promise<void> => {
  const isNew = !existsSync(run.out);
  const began = performance.now();
  const done = await learn(run).catch(async (error: unknown) => {
    // the folder of a training that began a moment before is not this one's to remove
    if (isNew && isFirst(run) && !(error instanceof LockedError) && ![lastIn(run), bestIn(run)].some(existsSync))
      await rm(run.out, { recursive: true, force: true });
    throw error;
  });
  if (!isFirst(run)) return;
  if (done.isStopped) return await sayHowToResume(run, done);
  await report(run, { ...done, milliseconds: performance.now() - began });
};

/** Whether this process writes and prints. */
const isFirst = ({ processes }: TrainingRun): boolean => processes.rank === 0;

const lastIn = ({ out }: TrainingRun): string => join(out, 'last.safetensors');
const bestIn = ({ out }: TrainingRun): string => join(out, 'best.safetensors');

interface Done {
  /** Absent where no update was left to do. */
  readonly last: TrainStep | undefined;
  readonly isStopped: boolean;
  /** The first notices, of what was left out and the like. */
  readonly notices: readonly string[];
  readonly waiting: ReturnType<typeof createWaiting>;
}

/** Number of notices that `--json` repeats. */
const MOST_NOTICES = 100;

const learn = async (run: TrainingRun): Promise<Done> => {
  const { verb, steps, processes } = run;
  using progress = isFirst(run) ? openProgress(verb) : silent;
  let last: TrainStep | undefined;
  using interrupt = listenForInterrupt(() =>
    progress.say(last ? STOPPING : 'Stopping as soon as possible (Ctrl-C again: at once).'),
  );
  const noteOf = createNote();
  const waiting = createWaiting();
  const notices: string[] = [];
  const listen = (message: string): void => {
    if (notices.length < MOST_NOTICES) notices.push(message);
    progress.warn(message);
  };
  const { signal } = interrupt;
  try {
    for await (const step of steps({ onWarning: listen, signal })) {
      last = step;
      waiting.add(step);
      progress.update(step.number, step.of, noteOf(step));
      // all stop after the same update, whenever the signal reached each of them
      const isAsked = !(await processes.agree(!signal.aborted));
      if (isAsked && step.number < step.of) return { last, isStopped: true, notices, waiting };
    }
  } catch (error) {
    if (!signal.aborted || error !== signal.reason) throw error;
    return { last, isStopped: true, notices, waiting };
  }
  return { last, isStopped: false, notices, waiting };
};

/** The loss as a running mean, and the last validation. */
const createNote = (): ((step: TrainStep) => string) => {
  let loss: number | undefined;
  let validation: number | undefined;
  return (step) => {
    loss = loss === undefined ? step.losses.total! : 0.9 * loss + 0.1 * step.losses.total!;
    validation = step.validation ?? validation;
    return `loss ${loss.toFixed(3)}${validation === undefined ? '' : ` · validation ${percent(validation)}`}`;
  };
};

const sayHowToResume = async (run: TrainingRun, { last }: Done): Promise<void> => {
  if (!last)
    return sayStopped('Stopped before the first update; what the teacher made is kept. The same command goes on.');
  const path = lastIn(run);
  const saved = existsSync(path) ? (await headOf(path)).progress?.update : undefined;
  const next = saved === undefined ? 'no checkpoint was due yet' : `${path} holds update ${saved}`;
  sayStopped(`Stopped after update ${last.number} of ${last.of}; ${next}. To go on: the same command with --resume.`);
};

const report = async (run: TrainingRun, done: Done & { readonly milliseconds: number }): Promise<void> => {
  const { out, task, models } = run;
  const { model, began } = models;
  const weights = bestIn(run);
  const { config } = await headOf(weights);
  const best = config?.recipe.best as { update: number; accuracy: number } | undefined;
  const { architecture, answers } = model.config;
  const { name } = architecture;
  const parameters = [...model.weights.values()].reduce((sum, { data }) => sum + data.length, 0);
  const losses = done.last?.losses ?? {};
  const { examples = 0, batch = run.options.batch } = config?.recipe ?? {};
  const { leftOut: atEnd } = passesOver(Number(examples), { ...run.options, batch: batch as number | undefined });
  const counts = run.tolerance.counts().map((one) => learntOf(one, config?.recipe.examples));
  const facts: [string, Cell][] = [
    ['model', `${began}: ${name}, ${grouped(parameters)} parameters`],
    ...(answers.length > 0 ? [['answers', answers.length] satisfies [string, Cell]] : []),
    ...counts.map((one): [string, Cell] => [one.split, countsText(one)]),
    ['updates', done.last ? grouped(done.last.of) : 'none were left'],
    ...(atEnd > 0
      ? [
          [
            'left out',
            `${groupedCount(atEnd, 'example')}, since a pass counts as its whole batches (all: --updates)`,
          ] satisfies [string, Cell],
        ]
      : []),
    ...Object.entries(losses).map(([name, loss]): [string, Cell] => [`loss ${name}`, loss.toFixed(4)]),
    ['best validation', best ? `${percent(best.accuracy)} at update ${grouped(best.update)}` : 'none'],
    ...(run.processes.size > 1 ? [['processes', run.processes.size] satisfies [string, Cell]] : []),
    ['time', durationOf(done.milliseconds)],
    ...(done.last ? [done.waiting.fact(model.config.sizes.image)] : []),
    ['saved', out],
  ];
  const { milliseconds } = done;
  const { failures, leftOut, lines: told } = run.tolerance;
  const notUsed = { counts, leftOut: leftOut(), beyondBatches: atEnd, unreadable: failures() };
  const lines = told()
    .map((line) => `\n${line}`)
    .join('');
  const result = {
    out,
    task,
    model: name,
    parameters,
    updates: done.last?.of ?? 0,
    losses,
    best: best ?? null,
    milliseconds,
    waitedForData: done.waiting.share(),
    ...notUsed,
    notices: done.notices,
  };
  print(`${factsOf(facts)}${lines}\n\nNext: ${await run.next(weights)}`, result, run);
};

/** Numbers of the training split with the examples that a stage did not learn from, where it says how many it did. */
const learntOf = (counts: SplitCounts, learnt: unknown): SplitCounts & { readonly notLearnt?: number } => {
  if (counts.split !== 'train' || typeof learnt !== 'number') return counts;
  const notLearnt = counts.used + counts.unreadable - learnt;
  return { ...counts, used: counts.used - notLearnt, notLearnt };
};
