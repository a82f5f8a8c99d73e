import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { type FinetuneOptions, finetune, listSplits, type TrainStep, UserError } from '../index.ts';
import { addFinetuneOptions, type Options } from './finetune-options.ts';
import { listenForInterrupt } from './interrupt.ts';
import { type Learning, learningOf } from './learner.ts';
import { headOf } from './model-file.ts';
import { given } from './options.ts';
import { openProgress } from './progress.ts';
import { type Cell, durationOf, factsOf, grouped, percent, print } from './table.ts';
import { answerable, tasks } from './tasks.ts';

const examples = `
Examples:
  A teacher of one's own, on ground truth:
  $ dide finetune --from-scratch --model vilt --size mini --data data/scenes --out runs/teacher --epochs 20

  Its student, distilled (L_SL + L_CA), and what the same student learns without the teacher's attention:
  $ dide finetune --teacher runs/teacher/best.safetensors --data data/scenes --out runs/student
  $ dide finetune --teacher runs/teacher/best.safetensors --recipe soft --data data/scenes --out runs/soft

Ctrl-C stops after the update under way; the same command with --resume goes on from the last checkpoint, and ends
with the same weights as a run that was never stopped.`;

/** `dide finetune`: trains a student on its teacher's answers and attention, or any model on ground truth. */
export const finetuneCommand = (): Command =>
  addFinetuneOptions(new Command('finetune'))
    .summary('distil a student from a teacher, or train a model on ground truth')
    .description("Distils a student from a teacher's answers and attention, or trains a model on ground truth.")
    .addHelpText('after', examples)
    .action(run);

const run = async (options: Options): Promise<void> => {
  const task = tasks[options.task];
  if (options.teacher === undefined && options.recipe?.startsWith('soft')) {
    throw new UserError(
      `finetune: the recipe ${options.recipe} needs a teacher: give --teacher FILE, or --recipe hard`,
    );
  }
  const learning = await learningOf(options.tiny ? { ...options, size: 'tiny' } : options, task);
  const isNew = !existsSync(options.out);
  const began = performance.now();
  const done = await learn(learning, {
    ...trainingOf(options, learning),
    task: answerable(task, learning.learner.description.answers, options.unknownAnswers),
  }).catch(async (error: unknown) => {
    if (isNew && !existsSync(lastIn(options))) await rm(options.out, { recursive: true, force: true });
    throw error;
  });
  if (done.isStopped) return await sayHowToResume(options, done);
  await report(options, learning, { ...done, milliseconds: performance.now() - began });
};

const lastIn = ({ out }: Pick<Options, 'out'>): string => join(out, 'last.safetensors');

type Training = Omit<FinetuneOptions, 'task'>;

const toy = { batch: 8, updates: 20, validateEvery: 10 };

/** The options of the training, as far as they differ from its own defaults. */
const trainingOf = (options: Options, { learner }: Learning): Training => {
  const { data, seed, out: folder, dropout: dropoutRate } = options;
  const { recipe, queries, epochs, updates, warmup, headMultiplier, accumulation, clip, weightDecay } = options;
  const { order, decay, validateEvery, checkpointEvery, padWordsTo, threads, resume, batch } = options;
  const isNarrow = learner.description.sizes.width < 384;
  return {
    batch: 64,
    learningRate: options.learningRate ?? (isNarrow ? 1e-3 : 1e-4),
    ...(options.tiny ? (epochs === undefined ? toy : { batch: toy.batch }) : {}),
    data,
    seed,
    folder,
    ...given({
      recipe,
      queries,
      epochs,
      updates,
      warmup,
      headMultiplier,
      accumulation,
      clip,
      weightDecay,
      dropoutRate,
    }),
    ...given({ order, decay, validateEvery, checkpointEvery, padWordsTo, threads, resume, batch }),
  };
};

interface Done {
  /** Absent where no update was left to do. */
  readonly last: TrainStep | undefined;
  readonly isStopped: boolean;
}

const learn = async ({ learner, teacher }: Learning, options: FinetuneOptions): Promise<Done> => {
  using progress = openProgress('finetune');
  using interrupt = listenForInterrupt(progress.say);
  let last: TrainStep | undefined;
  const noteOf = createNote();
  for await (const step of finetune(learner, teacher, { ...options, onNotice: progress.say })) {
    last = step;
    progress.update(step.number, step.of, noteOf(step));
    if (interrupt.isRequested() && step.number < step.of) return { last, isStopped: true };
  }
  return { last, isStopped: false };
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

const sayHowToResume = async (options: Options, { last }: Done): Promise<void> => {
  process.exitCode = 130;
  const path = lastIn(options);
  const saved = existsSync(path) ? (await headOf(path)).progress?.update : undefined;
  const next = saved === undefined ? 'no checkpoint was due yet' : `${path} holds update ${saved}`;
  process.stderr.write(
    `Stopped after update ${last!.number} of ${last!.of}; ${next}. To go on: the same command with --resume.\n`,
  );
};

const report = async (options: Options, { learner, began }: Learning, done: Done & { milliseconds: number }) => {
  const { description } = await headOf(join(options.out, 'best.safetensors'));
  const best = description?.recipe.best as { update: number; accuracy: number } | undefined;
  const parameters = [...learner.weights.values()].reduce((sum, { data }) => sum + data.length, 0);
  const losses = done.last?.losses ?? {};
  const facts: [string, Cell][] = [
    ['model', `${began}: ${learner.description.model}, ${grouped(parameters)} parameters`],
    ['answers', learner.description.answers.length],
    ['updates', done.last ? grouped(done.last.of) : 'none were left'],
    ...Object.entries(losses).map(([name, loss]): [string, Cell] => [`loss ${name}`, loss.toFixed(4)]),
    ['best validation', best ? `${percent(best.accuracy)} at update ${grouped(best.update)}` : 'none'],
    ['time', durationOf(done.milliseconds)],
    ['saved', options.out],
  ];
  const splits = await listSplits(options.data);
  const split = splits.findLast((name) => name.startsWith('test')) ?? 'validation';
  const next = `\n\nNext: dide evaluate ${join(options.out, 'best.safetensors')} --data ${options.data} --split ${split}`;
  const { out, task } = options;
  const result = {
    out,
    task,
    model: learner.description.model,
    parameters,
    updates: done.last?.of ?? 0,
    losses,
    best,
    milliseconds: done.milliseconds,
  };
  print(factsOf(facts) + next, result, options);
};
