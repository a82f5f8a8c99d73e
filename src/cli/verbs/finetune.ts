import { Command } from 'commander';
import { listSplits } from '../../data.ts';
import { type FinetuneOptions, finetune } from '../../index.ts';
import { lenient, openTolerance, selectedSplit } from '../options/data.ts';
import { choicesOf, refuseWithoutTeacher } from '../options/distillation.ts';
import { addFinetuneOptions, type Options } from '../options/finetune.ts';
import { type Learning, learningOf } from '../options/learner.ts';
import { onlySuch } from '../options/only.ts';
import { given } from '../options/options.ts';
import { checkOutputFolder } from '../options/output.ts';
import { answerable, taskNamed, tasks } from '../options/tasks.ts';
import { spelling } from '../options/vocabulary.ts';
import { commandOf } from '../terminal/quote.ts';
import { runTraining } from '../terminal/training-run.ts';

const examples = `
Examples:
  A teacher of one's own, on ground truth:
  $ dide finetune --from-scratch --model vilt --size mini --data data/scenes --out runs/teacher --epochs 20

  Its student, distilled (L_SL + L_CA), and what the same student learns without the teacher's attention:
  $ dide finetune --teacher runs/teacher/best.safetensors --data data/scenes --out runs/student
  $ dide finetune --teacher runs/teacher/best.safetensors --recipe soft --data data/scenes --out runs/soft

  A smaller student, from what its teacher makes of each example once; and an ablation:
  $ dide finetune --teacher runs/teacher/best.safetensors --depth 2 --shared-encoders --cache-teacher --data data/scenes --out runs/small
  $ dide finetune --teacher runs/teacher/best.safetensors --knowledge uni-modal --layers all --data data/scenes --out runs/uni

Ctrl-C stops after the update under way; the same command with --resume goes on from the last checkpoint, and ends
with the same weights as a run that was never stopped.`;

/** `dide finetune`: trains a student on its teacher's answers and attention, or any model on ground truth. */
export const finetuneCommand = (): Command =>
  addFinetuneOptions(new Command('finetune'))
    .description("Distils a student from a teacher's answers and attention, or trains a model on ground truth.")
    .addHelpText('after', examples)
    .action(run);

const run = async (options: Options): Promise<void> => {
  checkOutputFolder(options.out);
  const task = lenient(await taskNamed(options.task), options);
  refuseWithoutTeacher(options);
  const learning = await learningOf(options.tiny ? { ...options, size: 'tiny' } : options, task);
  const { model, teacher } = learning;
  const tolerance = openTolerance(options);
  const training = {
    ...trainingOf(options, learning),
    ...tolerance.preprocessor,
    ...selectedSplit(options.select, task),
    ...choicesOf(options),
    ...given({ falseTexts: options.falseTexts, gallery: options.gallery }),
    task: spelling(
      answerable(onlySuch(task, options.only), model.config.answers, options.unknownAnswers),
      model.config.vocabulary,
      options.unknownWords,
    ),
  };
  await runTraining({
    verb: 'finetune',
    ...{ out: options.out, json: options.json, task: options.task, learning, tolerance },
    steps: (onWarning) => finetune(model, teacher, { ...training, onWarning }),
    next: async (best) => {
      const splits = await listSplits(options.data);
      const split = splits.findLast((name) => name.startsWith('test')) ?? 'validation';
      const own = options.task in tasks ? [] : ['--task', options.task];
      return commandOf(['dide', 'evaluate', best, ...own, '--data', options.data, '--split', split]);
    },
  });
};

/** What stage 1 is given, too. */
type GeneralOptions = Omit<Options, 'task' | 'unknownAnswers'>;

const toy = { batch: 8, updates: 20, validateEvery: 10 };

/** The options of any training, as far as they differ from its own defaults. */
export const trainingOf = (options: GeneralOptions, { model }: Learning): Omit<FinetuneOptions, 'task'> => {
  const { data, seed, out: folder, dropout: dropoutRate } = options;
  const { epochs, updates, warmup, headMultiplier, accumulation, clip, weightDecay } = options;
  const { order, decay, validateEvery, checkpointEvery, padWordsTo, threads, resume, batch } = options;
  const { augment, maxPatches, missing } = options;
  const isNarrow = model.config.sizes.width < 384;
  return {
    batch: 64,
    learningRate: options.learningRate ?? (isNarrow ? 1e-3 : 1e-4),
    ...(options.tiny ? (epochs === undefined ? toy : { batch: toy.batch }) : {}),
    data,
    seed,
    folder,
    ...given({
      augment,
      maxPatches,
      missing,
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
