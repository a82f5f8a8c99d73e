import { Option } from 'commander';
import { type Model, UserError } from '../../index.ts';
import { defaultLosses, type LossOptions, type LossWeights, lossOptions, type Values } from '../../training.ts';
import { amount, oneOf } from './options.ts';
import { optionsOf, valuesOf } from './table.ts';

const { attention: knowledge, ...comparison } = lossOptions;

/**
 * Flags of `finetune` that say what is learnt. `--recipe`, `--knowledge` and the weights become the library's `losses`.
 */
export interface DistillationFlags extends Values<typeof comparison> {
  readonly recipe?: 'hard' | 'soft' | 'soft+attention' | undefined;
  readonly knowledge?: (typeof knowledge.choices)[number] | 'none' | undefined;
  readonly attentionWeight?: number | undefined;
  readonly softWeight?: number | undefined;
  readonly hardWeight?: number | undefined;
  readonly rankingWeight?: number | undefined;
  /** True where no folder was named. */
  readonly cacheTeacher?: string | true | undefined;
}

/** Options that say what is learnt, and how it is compared. */
export const distillationOptions = (): Option[] => [
  oneOf('--recipe <name>', 'what is learnt from (default: soft+attention with a teacher, hard without)', [
    'hard',
    'soft',
    'soft+attention',
  ]),
  oneOf(knowledge.flag, `${knowledge.meaning} (default: cross-modal attention for soft+attention, otherwise none)`, [
    ...knowledge.choices,
    'none',
  ]),
  ...optionsOf(comparison),
  amount('--attention-weight <factor>', 'of that knowledge in the loss (default: 1)'),
  amount(
    '--soft-weight <factor>',
    "of the teacher's answers in the loss, in retrieval of its scores (default: 1; hard, retrieval: 0)",
  ),
  amount('--hard-weight <factor>', 'of ground truth in the loss (default: 0; hard: 1)'),
  amount(
    '--ranking-weight <factor>',
    'of the order in which the teacher ranks hard negatives; of retrieval (default: 0)',
  ),
  new Option(
    '--cache-teacher [folder]',
    "compute the teacher's outputs for each example once, and keep them as float16; not with --augment or --max-patches (default folder: beside --out)",
  ),
];

/** The library's options for these flags. */
export const lossesOf = (flags: DistillationFlags, model: Model, teacher: Model | undefined): LossOptions => {
  const { knowledge: matched } = flags;
  return {
    ...valuesOf(comparison, flags),
    losses: weightsOf(flags, defaultLosses(model.config, flags.recipe === 'hard' ? undefined : teacher)),
    attention: matched === 'none' ? undefined : matched,
  };
};

/**
 * Weights of the losses: those of the recipe, then `--knowledge`, which adds what it names or takes attention out, then
 * each weight that is given.
 *
 * @throws UserError where there is a weight of attention, and no attention.
 */
const weightsOf = (flags: DistillationFlags, usual: LossWeights): LossWeights => {
  const { recipe, knowledge: matched, attentionWeight, softWeight, hardWeight, rankingWeight } = flags;
  const { hard, soft, attention } = recipe === 'soft' ? { soft: 1, hard: undefined, attention: undefined } : usual;
  const isMatched = matched === undefined ? attention !== undefined : matched !== 'none';
  if (!isMatched && (flags.layers ?? attentionWeight) !== undefined) {
    throw new UserError(
      '--layers and --attention-weight are of what is compared inside the teacher, and nothing is: give --knowledge, such as cross-modal',
    );
  }
  return {
    hard: hardWeight ?? hard,
    soft: softWeight ?? soft,
    attention: isMatched ? (attentionWeight ?? attention ?? 1) : undefined,
    ranking: rankingWeight,
  };
};

/** Folder of the cached teacher. One without a name stands beside the run, so that other runs may share it. */
export const cacheFolderOf = ({ cacheTeacher, out }: DistillationFlags & { readonly out: string }) =>
  cacheTeacher === true ? `${out}-teacher-cache` : cacheTeacher;

/** @throws UserError where a flag needs a teacher, and there is none. */
export const refuseWithoutTeacher = (flags: DistillationFlags & { readonly teacher?: string | undefined }): void => {
  const { teacher, recipe = 'hard', knowledge: matched = 'none', softWeight = 0, rankingWeight = 0 } = flags;
  if (teacher !== undefined) return;
  const wanting = [
    ...(recipe === 'hard' ? [] : [`the recipe ${recipe}`]),
    ...(matched === 'none' ? [] : [`the knowledge ${matched}`]),
    ...(softWeight === 0 ? [] : ['a weight of soft labels']),
    ...(rankingWeight === 0 ? [] : ['a weight of the order of hard negatives']),
  ][0];
  if (wanting === undefined) return;
  throw new UserError(`finetune: ${wanting} needs a teacher: give --teacher FILE, or --recipe hard`);
};
