import { type Command, Option } from 'commander';
import type { PretrainOptions } from '../../index.ts';
import { dataOptions } from './data.ts';
import {
  addGroups,
  type Options as FinetuneCommandOptions,
  learnerOptions,
  lengthOptions,
  recipeOptions,
  unknownWordsOption,
} from './finetune.ts';
import { amount, jsonOption, oneOf, seedOption, share, threadsOption } from './options.ts';

/** What `dide pretrain` is given. */
export interface Options extends Omit<FinetuneCommandOptions, 'task' | 'only' | 'unknownAnswers'> {
  readonly negatives?: PretrainOptions['negatives'] | undefined;
  readonly contrastOver?: PretrainOptions['contrastOver'] | undefined;
  readonly wpa?: number | undefined;
  readonly masking?: 'words' | 'pieces' | undefined;
  readonly maskedShare?: number | undefined;
}

/** Options of fine-tuning that say something of a task. */
const OF_TASKS = ['recipe', 'head-multiplier', 'scoring', 'answers'];

const isGeneral = (option: Option): boolean => !OF_TASKS.includes(option.name());

/** Everything that `pretrain` is, beside its action. */
export const addPretrainOptions = (command: Command): Command =>
  addGroups(command, [
    ['Data and run:', [...runOptions(), ...dataOptions()]],
    ['What learns (one of the first three):', learnerOptions().filter(isGeneral)],
    ['How it learns:', [...stageOptions(), ...recipeOptions().filter(isGeneral)]],
    ['How long, how often:', lengthOptions()],
    ['Everything else:', [seedOption(), threadsOption(), jsonOption()]],
  ]);

const runOptions = (): Option[] => [
  new Option('--data <folder>', 'images with captions, train and validation, in any layout').makeOptionMandatory(),
  new Option('--out <folder>', 'of the run: best.safetensors, last.safetensors, curves').makeOptionMandatory(),
  new Option('--resume', 'go on from last.safetensors in the --out folder, where there is one'),
  unknownWordsOption(),
  new Option('--tiny', 'everything at toy size, for trying out: seconds'),
];

const stageOptions = (): Option[] => [
  oneOf('--negatives <which>', 'matched in vain: any image, or one of the batch that looks right (default: random)', [
    'random',
    'hard',
  ]),
  oneOf('--contrast-over <what>', 'with --accumulation: texts and images of which all are compared (default: update)', [
    'update',
    'micro-batch',
  ]),
  oneOf('--queries <which>', 'words and patches whose attention is compared (default: all)', ['all', 'valid']),
  amount('--wpa <weight>', 'of word-patch alignment; ViLT: 0.1 (default: 0, none)'),
  oneOf('--masking <what>', 'masked as a whole (default: words)', ['words', 'pieces']),
  share('--masked-share <share>', 'of the word pieces that are masked (default: 0.15)'),
];
