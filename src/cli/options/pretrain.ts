import { type Command, Option } from 'commander';
import { pretrainingOptions, trainingOptions } from '../../training.ts';
import { dataOptions } from './data.ts';
import {
  addGroups,
  type Options as FinetuneCommandOptions,
  HOW,
  LONG,
  trainedModelOptions,
  unknownWordsOption,
} from './finetune.ts';
import { jsonOption, oneOf, seedOption, share, threadsOption } from './options.ts';
import { pictureOptions } from './pictures.ts';
import { optionOf, optionsOf } from './table.ts';

/** Options of `dide pretrain`, as Commander parses them; those of the library's tables are read by `valuesOf`. */
export interface Options extends Omit<FinetuneCommandOptions, 'task' | 'only' | 'unknownAnswers'> {
  readonly masking?: 'words' | 'pieces' | undefined;
  readonly maskedShare?: number | undefined;
}

/** Options of fine-tuning that are of a task. */
const OF_TASKS = ['head-multiplier', 'scoring', 'answers'];

const isGeneral = (option: Option): boolean => !OF_TASKS.includes(option.name());

/** Adds all options of `pretrain`, under headings. */
export const addPretrainOptions = (command: Command): Command =>
  addGroups(command, [
    ['Data and run:', [...runOptions(), ...dataOptions()]],
    ['What learns (one of the first three):', trainedModelOptions().filter(isGeneral)],
    [HOW, [...stageOptions(), ...optionsOf(trainingOptions, HOW).filter(isGeneral)]],
    [LONG, optionsOf(trainingOptions, LONG)],
    ['Everything else:', [seedOption(), threadsOption(), jsonOption()]],
  ]);

const runOptions = (): Option[] => [
  new Option(
    '--data <folder>',
    'images with captions, train and validation, in any layout; hf:org/name on the Hub',
  ).makeOptionMandatory(),
  new Option(trainingOptions.folder.flag, trainingOptions.folder.meaning).makeOptionMandatory(),
  optionOf(trainingOptions.resume),
  ...pictureOptions(),
  unknownWordsOption(),
  new Option('--tiny', 'everything at toy size, for trying out: seconds'),
];

const stageOptions = (): Option[] => [
  ...optionsOf(pretrainingOptions),
  optionOf(trainingOptions.contrastOver),
  oneOf('--masking <what>', 'masked as a whole (default: words)', ['words', 'pieces']),
  share('--masked-share <share>', 'share of the word pieces that are masked (default: 0.15)'),
];
