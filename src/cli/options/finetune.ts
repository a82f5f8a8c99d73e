import { type Command, Option } from 'commander';
import type { FinetuneOptions } from '../../index.ts';
import { sizes } from '../../model.ts';
import type { RetrievalOptions } from '../../training.ts';
import { answersOption, headsOption, wordsOption } from './checkpoint.ts';
import { type DataOptions, dataOptions, selectOption } from './data.ts';
import { type ChoiceOptions, choiceOptions } from './distillation.ts';
import type { LearnerOptions } from './learner.ts';
import { onlyOption } from './only.ts';
import { amount, count, jsonOption, oneOf, seedOption, share, threadsOption } from './options.ts';
import { retrievalOptions } from './retrieval.ts';
import { type TaskName, taskOption, type Unknown } from './tasks.ts';

/** What `dide finetune` is given. */
export interface Options extends LearnerOptions, ChoiceOptions, RetrievalOptions, Partial<DataOptions> {
  readonly out: string;
  /** `validation`, `reference`, or a split's name. */
  readonly select?: string | undefined;
  readonly augment?: FinetuneOptions['augment'] | undefined;
  readonly maxPatches?: number | undefined;
  readonly task: TaskName;
  readonly only?: string | undefined;
  readonly resume?: boolean | undefined;
  readonly tiny?: boolean | undefined;
  readonly unknownAnswers: Unknown;
  readonly unknownWords?: Unknown | undefined;
  readonly batch?: number | undefined;
  readonly learningRate?: number | undefined;
  readonly dropout?: number | undefined;
  readonly json?: boolean | undefined;
  readonly epochs?: number | undefined;
  readonly updates?: number | undefined;
  readonly warmup?: number | undefined;
  readonly headMultiplier?: number | undefined;
  readonly accumulation?: number | undefined;
  readonly clip?: number | undefined;
  readonly weightDecay?: number | undefined;
  readonly order?: FinetuneOptions['order'] | undefined;
  readonly decay?: FinetuneOptions['decay'] | undefined;
  readonly validateEvery?: number | undefined;
  readonly checkpointEvery?: number | undefined;
  readonly padWordsTo?: number | undefined;
  readonly threads?: number | undefined;
}

/** Everything that `finetune` is, beside its action. */
export const addFinetuneOptions = (command: Command): Command =>
  addGroups(command, [
    ['Data and run:', [...runOptions(), onlyOption(), ...dataOptions(), selectOption()]],
    ['What learns (one of the first three):', learnerOptions()],
    ['What it learns from:', choiceOptions()],
    ['Of retrieval:', retrievalOptions()],
    ['How it learns:', recipeOptions()],
    ['How long, how often:', lengthOptions()],
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
  required('--data <folder>', 'train.jsonl, validation.jsonl and the pictures they name'),
  required('--out <folder>', 'of the run: best.safetensors, last.safetensors, curves'),
  taskOption('what is learnt').default('vqa'),
  new Option('--resume', 'go on from last.safetensors in the --out folder, where there is one'),
  oneOf('--unknown-answers <what>', 'where the model cannot give an answer of the data', ['refuse', 'ignore']).default(
    'refuse',
  ),
  unknownWordsOption(),
  new Option('--tiny', 'everything at toy size, for trying out: seconds'),
];

/** Of texts whose words the model's vocabulary cannot spell. */
export const unknownWordsOption = (): Option =>
  oneOf('--unknown-words <what>', 'where the model does not know more than 1 in 100 words of the data', [
    'refuse',
    'ignore',
  ]).default('refuse');

export const learnerOptions = (): Option[] => [
  new Option('--teacher <file>', 'distil a student from this model'),
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
  oneOf('--scoring <which>', "from scratch: one right answer or several (default: the task's)", ['sigmoid', 'softmax']),
];

export const recipeOptions = (): Option[] => [
  amount('--learning-rate <rate>', 'at the end of the warm-up (default: 1e-4; 1e-3 for models below 384 wide)'),
  share('--warmup <share>', 'of the updates in which it rises (default: 0.1)'),
  amount('--head-multiplier <factor>', 'how much faster the head learns; ViLT: 10 for VQA (default: 1)'),
  amount('--clip <norm>', 'largest norm of the gradient (default: not clipped)'),
  share('--dropout <share>', '(default: 0.1)'),
  oneOf(
    '--augment <how>',
    'how training pictures are changed; ViLT: randaugment; flips only where texts name no side (default: none)',
    ['none', 'randaugment', 'flips'],
  ),
  count(
    '--max-patches <n>',
    'most patches of a training picture, drawn anew each time; ViLT in pre-training: 200 (default: all)',
  ),
  amount('--weight-decay <factor>', '(default: 0.01)'),
  oneOf('--order <which>', "AdamW of the authors' time or of today's PyTorch (default: reference)", [
    'reference',
    'torch',
  ]),
  oneOf('--decay <which>', 'which parameters decay (default: reference)', ['reference', 'correct']),
];

export const lengthOptions = (): Option[] => [
  count('--epochs <n>', 'passes over the training data (default: 10)').conflicts('updates'),
  count('--updates <n>', 'instead of epochs'),
  count('--batch <n>', 'examples at a time (default: 64)'),
  count('--accumulation <n>', 'batches of one update (default: 1)'),
  count('--pad-words-to <n>', 'pads texts to so many words; ViLT: 40 (default: the longest of the batch)'),
  count('--validate-every <updates>', '(default: a tenth of all)'),
  count('--checkpoint-every <updates>', '(default: at each validation)'),
];
