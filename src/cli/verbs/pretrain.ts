import { Command } from 'commander';
import { pretrain, pretraining } from '../../index.ts';
import { type Processes, pretrainingOptions } from '../../training.ts';
import { lenient, openTolerance } from '../options/data.ts';
import { checkOutputFolder } from '../options/output.ts';
import { addPretrainOptions, type Options } from '../options/pretrain.ts';
import { valuesOf } from '../options/table.ts';
import { openModels } from '../options/trained-model.ts';
import { spelling } from '../options/vocabulary.ts';
import { inProcesses } from '../terminal/in-processes.ts';
import { commandOf } from '../terminal/quote.ts';
import { runTraining } from '../terminal/training-run.ts';
import { trainingOf } from './finetune.ts';

const examples = `
Examples:
  Both stages, from captions to answers. The teacher learns from ground truth, in words that the task will need, too:
  $ dide pretrain --from-scratch --model vilt --data data/captions --vocabulary data,data/vqa --out runs/teacher

  Its student learns matching and contrast from it, and masked words:
  $ dide pretrain --teacher runs/teacher/best.safetensors --data data/captions --out runs/student

  Then the teacher learns a task, and teaches it to the student:
  $ dide finetune --from runs/teacher/best.safetensors --data data/vqa --out runs/vqa-teacher
  $ dide finetune --from runs/student/best.safetensors --teacher runs/vqa-teacher/best.safetensors --data data/vqa \\
      --out runs/vqa-student

  Contrast over 256 pairs where only 64 fit, with negatives that look right:
  $ dide pretrain --teacher runs/teacher/best.safetensors --data data/captions --out runs/hard \\
      --batch 64 --accumulation 4 --negatives hard

Data: {"image": "images/1.png", "caption": "A red cup."} a line of train.jsonl and validation.jsonl, or ViLT's Arrow
files, Karpathy's JSON, CSV, parquet, WebDataset shards. Ctrl-C stops after the update under way; the same command with
--resume goes on from the last checkpoint, and ends with the same weights as a run that was never stopped.`;

/** `dide pretrain`: stage 1, of a student on its teacher, or of any model on ground truth. */
export const pretrainCommand = (): Command =>
  addPretrainOptions(new Command('pretrain'))
    .description(
      'Learns from images with captions before any task: matching and contrast from a teacher, or from ground truth, and masked words.',
    )
    .addHelpText('after', examples)
    .action(run);

const run = (options: Options): Promise<void> => inProcesses((processes) => trainIn(processes, options));

const trainIn = async (processes: Processes, options: Options): Promise<void> => {
  checkOutputFolder(options.out);
  const task = lenient(pretraining, options);
  const models = await openModels(options.tiny ? { ...options, size: 'tiny' } : options, task);
  const { model, teacher } = models;
  const tolerance = openTolerance(options);
  const { read } = spelling(tolerance.counting(task), model.config, options.unknownWords);
  const { masking: whole, maskedShare: share } = options;
  const masking = { ...(whole !== undefined && { whole }), ...(share !== undefined && { share }) };
  const stage = { ...valuesOf(pretrainingOptions, options), ...{ teacher, read, masking } };
  const training = { ...trainingOf(options), ...stage, ...tolerance.preprocessor };
  await runTraining({
    verb: 'pretrain',
    ...{
      out: options.out,
      json: options.json,
      task: pretraining.name,
      models,
      tolerance,
      processes,
      options: training,
    },
    steps: ({ onWarning }) => pretrain(model, { ...training, onWarning, processes }),
    next: async (best) =>
      model.config.architecture.towers
        ? commandOf(['dide', 'finetune', '--from', best, '--teacher', 'TEACHER', '--data', 'TASK', '--out', 'STUDENT'])
        : commandOf(['dide', 'pretrain', '--teacher', best, '--data', options.data, '--out', 'STUDENT']),
  });
};
