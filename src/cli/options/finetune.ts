import { type Command, Option } from 'commander';
import { sizes } from '../../model.ts';
import { retrievalOptions, trainingOptions } from '../../training.ts';
import { answersOption, headsOption, weightsOption, wordsOption } from './checkpoint.ts';
import { type DataOptions, dataOptions, selectOption } from './data.ts';
import { precisionOption } from './device.ts';
import { type DistillationFlags, distillationOptions } from './distillation.ts';
import { filterOption } from './example-filter.ts';
import { count, jsonOption, oneOf, seedOption, threadsOption } from './options.ts';
import { pictureOptions } from './pictures.ts';
import { optionOf, optionsOf } from './table.ts';
import { type TaskName, taskOption, type Unknown } from './tasks.ts';
import type { TrainedModelOptions } from './trained-model.ts';

/** Options of `dide finetune`, as Commander parses them; those of the library's tables are read by `valuesOf`. */
export interface Options extends TrainedModelOptions, DistillationFlags, Partial<DataOptions> {
  readonly out: string;
  /** `validation`, `reference`, or a split's name. */
  readonly select?: string | undefined;
  readonly task: TaskName;
  readonly only?: string | undefined;
  readonly tiny?: boolean | undefined;
  readonly unknownAnswers: Unknown;
  readonly unknownWords?: Unknown | undefined;
  readonly json?: boolean | undefined;
}

/** Headings of help under which the options of every training stand, as the library's table groups them. */
export const HOW = trainingOptions.learningRate.group;
export const LONG = trainingOptions.updates.group;

/** Adds all options of `finetune`, under headings. */
export const addFinetuneOptions = (command: Command): Command =>
  addGroups(command, [
    ['Data and run:', [...runOptions(), filterOption(), ...dataOptions(), selectOption()]],
    ['What learns (one of the first three):', trainedModelOptions()],
    ['What it learns from:', distillationOptions()],
    ['Of retrieval:', [...optionsOf(retrievalOptions), optionOf(trainingOptions.contrastOver)]],
    [HOW, optionsOf(trainingOptions, HOW)],
    [LONG, optionsOf(trainingOptions, LONG)],
    ['Everything else:', [seedOption(), threadsOption(), jsonOption()]],
  ]);

/** Adds options under headings, that of help to the last of them. */
export const addGroups = (
  command: Command,
  groups: readonly (readonly [heading: string, options: readonly Option[]])[],
): Command => {
  for (const [group, options] of groups) {
    for (const option of options) command.addOption(option.helpGroup(group));
  }
  return command.addHelpOption(new Option('-h, --help', 'display help for command').helpGroup('Everything else:'));
};

const required = (flags: string, description: string): Option => new Option(flags, description).makeOptionMandatory();

const runOptions = (): Option[] => [
  required(
    '--data <folder>',
    'train.jsonl, validation.jsonl and the pictures they name, or any other layout; hf:org/name on the Hub',
  ),
  required(trainingOptions.folder.flag, trainingOptions.folder.meaning),
  taskOption('what is learnt').default('vqa'),
  optionOf(trainingOptions.resume),
  ...pictureOptions(),
  oneOf('--unknown-answers <what>', 'where the model cannot give an answer of the data', ['refuse', 'ignore']).default(
    'refuse',
  ),
  new Option(
    '--new-answers',
    'a new head for the answers of the data (default: where the model lacks some of them); those that it has begin as they are',
  ).conflicts('fromScratch'),
  unknownWordsOption(),
  new Option('--tiny', 'everything at toy size, for trying out: seconds'),
];

/** Option for texts whose words the model's vocabulary cannot spell. */
export const unknownWordsOption = (): Option =>
  oneOf('--unknown-words <what>', 'where the model does not know more than 1 in 100 words of the data', [
    'refuse',
    'ignore',
  ]).default('refuse');

/** Options that say which model is trained. */
export const trainedModelOptions = (): Option[] => [
  new Option('--teacher <file>', 'distil a student from this model: a file, a folder, or an id of the Hub'),
  precisionOption('--teacher-precision <number>', "the teacher's products are"),
  new Option('--from <file>', 'go on from this model, with --teacher as its student'),
  new Option('--from-scratch', 'a model that has learnt nothing yet').conflicts(['teacher', 'from']),
  oneOf('--model <name>', 'from scratch: fusion encoder or dual encoder', ['vilt', 'dide']).default('vilt'),
  oneOf('--size <name>', 'from scratch: how large', Object.keys(sizes)).default('mini'),
  new Option(
    '--init-image <file>',
    'from scratch: begin as this ViT, which decides width, heads and patches (safetensors, PyTorch, ONNX)',
  ).conflicts(['teacher', 'from']),
  new Option('--init-text <file>', 'from scratch: begin with the word embeddings of this BERT').conflicts([
    'teacher',
    'from',
  ]),
  oneOf(
    '--text-part <which>',
    'of the BERT of --init-text: its embeddings, or the whole, which becomes the text encoder of --model dide (default: embeddings)',
    ['embeddings', 'whole'],
  ).conflicts(['teacher', 'from']),
  oneOf(
    '--image-vector <which>',
    'from scratch, of --model dide: what stands for a picture, [CLS] or the mean of all its tokens (default: cls)',
    ['cls', 'mean'],
  ).conflicts(['teacher', 'from']),
  count(
    '--projection <width>',
    'from scratch, of retrieval: width of a hidden layer of the projections of pictures and texts (default: none, a matrix each)',
  ).conflicts(['teacher', 'from']),
  oneOf(
    '--normalize <how>',
    'from scratch: values of a picture from -1 to 1, as ViLT has them, or by the mean and deviation of ImageNet, as most ViTs do (default: vilt)',
    ['vilt', 'imagenet'],
  ).conflicts(['teacher', 'from']),
  count('--depth <layers>', "layers (default: the teacher's; from scratch: that of the size)").conflicts('from'),
  new Option(
    '--shared-encoders',
    "one Transformer for the student's texts and images: about the size of its teacher (default: one each)",
  ).conflicts('from'),
  count('--image <pixels>', "shortest side of a picture (default: the checkpoint's; from scratch: that of the size)"),
  count('--patch <pixels>', 'from scratch: side of a patch (default: that of the size)').conflicts(['from', 'teacher']),
  new Option(
    '--vocabulary <which>',
    'bert, data, folders of data, a vocab.txt, with commas between (default: that of a checkpoint, or bert; from scratch: data; base32: bert)',
  ),
  answersOption(),
  headsOption(),
  wordsOption(),
  weightsOption(),
  oneOf(
    '--scoring <which>',
    "from scratch: one right answer or several (default: the task's); in retrieval, a student's too: whether a softmax compares the pairs of a batch or a sigmoid judges each alone (SigLIP)",
    ['sigmoid', 'softmax'],
  ),
];
