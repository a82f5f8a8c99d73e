import { type Command, Option } from 'commander';
import { type FinetuneOptions, sizes } from '../index.ts';
import type { LearnerOptions } from './learner.ts';
import { amount, count, jsonOption, oneOf, seedOption, share, threadsOption } from './options.ts';
import { type TaskName, tasks, type Unknown } from './tasks.ts';

/** What `dide finetune` is given. */
export interface Options extends LearnerOptions {
  readonly out: string;
  readonly task: TaskName;
  readonly resume?: boolean;
  readonly tiny?: boolean;
  readonly unknownAnswers: Unknown;
  readonly batch?: number;
  readonly learningRate?: number;
  readonly dropout?: number;
  readonly json?: boolean;
  readonly recipe?: FinetuneOptions['recipe'];
  readonly queries?: FinetuneOptions['queries'];
  readonly epochs?: number;
  readonly updates?: number;
  readonly warmup?: number;
  readonly headMultiplier?: number;
  readonly accumulation?: number;
  readonly clip?: number;
  readonly weightDecay?: number;
  readonly order?: FinetuneOptions['order'];
  readonly decay?: FinetuneOptions['decay'];
  readonly validateEvery?: number;
  readonly checkpointEvery?: number;
  readonly padWordsTo?: number;
  readonly threads?: number;
}

/** Everything that `finetune` is, beside its action. */
export const addFinetuneOptions = (command: Command): Command => {
  const groups: readonly (readonly [string, readonly Option[]])[] = [
    ['Data and run:', dataOptions()],
    ['What learns (one of the first three):', learnerOptions()],
    ['How it learns:', recipeOptions()],
    ['How long, how often:', lengthOptions()],
    ['Everything else:', [seedOption(), threadsOption(), jsonOption()]],
  ];
  for (const [group, options] of groups) {
    for (const option of options) command.addOption(option.helpGroup(group));
  }
  return command.addHelpOption(new Option('-h, --help', 'display help for command').helpGroup('Everything else:'));
};

const required = (flags: string, description: string): Option => new Option(flags, description).makeOptionMandatory();

const dataOptions = (): Option[] => [
  required('--data <folder>', 'train.jsonl, validation.jsonl and the pictures they name'),
  required('--out <folder>', 'of the run: best.safetensors, last.safetensors, curves'),
  oneOf('--task <name>', 'what is learnt', Object.keys(tasks)).default('vqa'),
  new Option('--resume', 'go on from last.safetensors in the --out folder, where there is one'),
  oneOf('--unknown-answers <what>', 'where the model cannot give an answer of the data', ['refuse', 'ignore']).default(
    'refuse',
  ),
  new Option('--tiny', 'everything at toy size, for trying out: seconds'),
];

const learnerOptions = (): Option[] => [
  new Option('--teacher <file>', 'distil a student from this model'),
  new Option('--from <file>', 'go on from this model, with --teacher as its student'),
  new Option('--from-scratch', 'a model that has learnt nothing yet').conflicts(['teacher', 'from']),
  oneOf('--model <name>', 'from scratch: fusion encoder or dual encoder', ['vilt', 'dide']).default('vilt'),
  oneOf('--size <name>', 'from scratch: how large', Object.keys(sizes)).default('mini'),
  count('--depth <layers>', 'from scratch: layers (default: that of the size)'),
  count('--image <pixels>', 'from scratch: shortest side of a picture (default: that of the size)'),
  new Option('--vocabulary <which>', 'from scratch: bert, data, or a vocab.txt (default: data; base32: bert)'),
  oneOf('--scoring <which>', "from scratch: one right answer or several (default: the task's)", ['sigmoid', 'softmax']),
];

const recipeOptions = (): Option[] => [
  oneOf('--recipe <name>', 'what is learnt from (default: soft+attention with a teacher, hard without)', [
    'hard',
    'soft',
    'soft+attention',
  ]),
  oneOf('--queries <which>', 'words and patches whose attention is compared (default: all)', ['all', 'valid']),
  amount('--learning-rate <rate>', 'at the end of the warm-up (default: 1e-4; 1e-3 for models below 384 wide)'),
  share('--warmup <share>', 'of the updates in which it rises (default: 0.1)'),
  amount('--head-multiplier <factor>', 'how much faster the head learns; ViLT: 10 for VQA (default: 1)'),
  amount('--clip <norm>', 'largest norm of the gradient (default: not clipped)'),
  share('--dropout <share>', '(default: 0.1)'),
  amount('--weight-decay <factor>', '(default: 0.01)'),
  oneOf('--order <which>', "AdamW of the authors' time or of today's PyTorch (default: reference)", [
    'reference',
    'torch',
  ]),
  oneOf('--decay <which>', 'which parameters decay (default: reference)', ['reference', 'correct']),
];

const lengthOptions = (): Option[] => [
  count('--epochs <n>', 'passes over the training data (default: 10)').conflicts('updates'),
  count('--updates <n>', 'instead of epochs'),
  count('--batch <n>', 'examples at a time (default: 64)'),
  count('--accumulation <n>', 'batches of one update (default: 1)'),
  count('--pad-words-to <n>', 'pads texts to so many words; ViLT: 40 (default: the longest of the batch)'),
  count('--validate-every <updates>', '(default: a tenth of all)'),
  count('--checkpoint-every <updates>', '(default: at each validation)'),
];
