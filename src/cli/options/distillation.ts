import { Option } from 'commander';
import { UserError } from '../../index.ts';
import type { DistillationOptions, Knowledge, Recipe } from '../../training.ts';
import { amount, given, oneOf } from './options.ts';

/** What is learnt from, as `finetune` is told it. */
export interface ChoiceOptions extends DistillationOptions {
  readonly recipe?: Recipe | undefined;
  /** True where no folder was named. */
  readonly cacheTeacher?: string | true | undefined;
}

const knowledge: readonly Knowledge[] = ['cross-modal', 'uni-modal', 'whole', 'joint', 'hidden-states', 'none'];

/** What is learnt from, and how it is compared. */
export const choiceOptions = (): Option[] => [
  oneOf('--recipe <name>', 'what is learnt from (default: soft+attention with a teacher, hard without)', [
    'hard',
    'soft',
    'soft+attention',
  ]),
  oneOf(
    '--knowledge <which>',
    "what of the teacher's inside is matched (default: cross-modal attention for soft+attention, otherwise none)",
    knowledge,
  ),
  oneOf('--layers <which>', 'where it is matched (default: last)', ['last', 'all']),
  oneOf('--queries <which>', 'words and patches whose attention is compared (default: all)', ['all', 'valid']),
  oneOf('--divergence <way>', 'which way KL goes (default: teacher-student)', ['teacher-student', 'student-teacher']),
  amount('--temperature <t>', 'of soft labels by softmax (default: 1)'),
  amount('--attention-weight <factor>', 'of that knowledge in the loss (default: 1)'),
  amount('--soft-weight <factor>', "of the teacher's answers in the loss (default: 1; hard: 0)"),
  amount('--hard-weight <factor>', 'of ground truth in the loss (default: 0; hard: 1)'),
  new Option(
    '--cache-teacher [folder]',
    'compute what the teacher makes of each example once, and keep it as float16; not with --augment or --max-patches (default folder: beside --out)',
  ),
];

/** The choices that were made. A cache without a name stands beside the run, so that other runs may share it. */
export const choicesOf = (options: ChoiceOptions & { readonly out: string }) => {
  const { recipe, knowledge, layers, queries, divergence, temperature } = options;
  const { attentionWeight, softWeight, hardWeight } = options;
  const cacheTeacher = options.cacheTeacher === true ? `${options.out}-teacher-cache` : options.cacheTeacher;
  return given({
    ...{ recipe, knowledge, layers, queries, divergence, temperature },
    ...{ attentionWeight, softWeight, hardWeight, cacheTeacher },
  });
};

/** @throws UserError where a choice needs a teacher, and there is none. */
export const refuseWithoutTeacher = (options: ChoiceOptions & { readonly teacher?: string | undefined }): void => {
  const { teacher, recipe = 'hard', knowledge = 'none', softWeight = 0 } = options;
  if (teacher !== undefined) return;
  const wanting = [
    ...(recipe === 'hard' ? [] : [`the recipe ${recipe}`]),
    ...(knowledge === 'none' ? [] : [`the knowledge ${knowledge}`]),
    ...(softWeight === 0 ? [] : ['a weight of soft labels']),
  ][0];
  if (wanting === undefined) return;
  throw new UserError(`finetune: ${wanting} needs a teacher: give --teacher FILE, or --recipe hard`);
};
