import { Command } from 'commander';
import { listSplits } from '../../data.ts';
import { finetune } from '../../index.ts';
import { type Processes, retrievalOptions, type TrainingOptions, trainingOptions } from '../../training.ts';
import { lenient, openTolerance, selectedSplit } from '../options/data.ts';
import { cacheFolderOf, lossesOf, refuseWithoutTeacher } from '../options/distillation.ts';
import { filterExamples } from '../options/example-filter.ts';
import { addFinetuneOptions, type Options } from '../options/finetune.ts';
import { checkOutputFolder } from '../options/output.ts';
import { valuesOf } from '../options/table.ts';
import { answerable, taskNamed, tasks } from '../options/tasks.ts';
import { openModels } from '../options/trained-model.ts';
import { spelling } from '../options/vocabulary.ts';
import { inProcesses } from '../terminal/in-processes.ts';
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

  On four processes, each with 16 examples of a batch of 64, here or on several machines (docs/scale.md):
  $ mpirun -n 4 dide finetune --teacher runs/teacher/best.safetensors --data data/scenes --out runs/student --batch 16

Ctrl-C stops after the update under way; the same command with --resume goes on from the last checkpoint, and ends
with the same weights as a run that was never stopped.`;

/** `dide finetune`: trains a student on its teacher's answers and attention, or any model on ground truth. */
export const finetuneCommand = (): Command =>
  addFinetuneOptions(new Command('finetune'))
    .description("Distils a student from a teacher's answers and attention, or trains a model on ground truth.")
    .addHelpText('after', examples)
    .action(run);

const run = (options: Options): Promise<void> => inProcesses((processes) => trainIn(processes, options));

const trainIn = async (processes: Processes, options: Options): Promise<void> => {
  for (const folder of [options.out, cacheFolderOf(options)]) if (folder !== undefined) checkOutputFolder(folder);
  const task = lenient(await taskNamed(options.task), options);
  refuseWithoutTeacher(options);
  const models = await openModels(options.tiny ? { ...options, size: 'tiny' } : options, task);
  const { model, teacher } = models;
  const tolerance = openTolerance(options);
  const training = {
    ...trainingOf(options),
    ...valuesOf(retrievalOptions, options),
    ...lossesOf(options, model, teacher),
    ...tolerance.preprocessor,
    ...selectedSplit(options.select, task),
    ...{ teacher, cacheTeacher: cacheFolderOf(options) },
    task: spelling(
      answerable(filterExamples(tolerance.counting(task), options.only), model.config.answers, options.unknownAnswers),
      model.config,
      options.unknownWords,
    ),
  };
  await runTraining({
    verb: 'finetune',
    ...{ out: options.out, json: options.json, task: options.task, models, tolerance, processes, options: training },
    steps: (how) => finetune(model, { ...training, ...how, processes }),
    next: async (best) => {
      // data on the Hub, or in one file, have no list of splits
      const splits = await listSplits(options.data).catch(() => []);
      const split = splits.findLast((name) => name.startsWith('test')) ?? 'validation';
      const own = options.task in tasks ? [] : ['--task', options.task];
      return commandOf(['dide', 'evaluate', best, ...own, '--data', options.data, '--split', split]);
    },
  });
};

/** Options of `pretrain`, too. */
type GeneralOptions = Omit<Options, 'task' | 'unknownAnswers'>;

/** The library's options of any training. */
export const trainingOf = ({ data, missing, tiny, ...options }: GeneralOptions) => {
  const values = valuesOf(trainingOptions, options);
  return { ...values, ...(tiny ? toyOf(values) : {}), data, missing };
};

/** Length of a training at toy size, where nothing else is asked for. */
const toyOf = ({ batch = 8, epochs, updates, validateEvery }: TrainingOptions): TrainingOptions =>
  epochs === undefined ? { batch, updates: updates ?? 20, validateEvery: validateEvery ?? 10 } : { batch };
