import type { Job, Result } from './job.ts';
import { retrievalPieces, retrievalTeacherPiece } from './jobs/retrieval.ts';
import { pretrainedStudentPiece, pretrainedTeacherPiece } from './jobs/stage1.ts';
import { type Beginning, type StudentRun, studentId, studentPiece, teacherPiece } from './jobs/understanding.ts';
import type { ReproductionSize } from './size.ts';
import { SEARCHED, taskNames } from './tasks.ts';
import { type VariantName, variants } from './variants.ts';

export const variantNames = Object.keys(variants) as VariantName[];

/** The learning rate of each variant, as the search found it. */
export type Rates = Readonly<Record<VariantName, number>>;

/** What the students need, and the search for learning rates: the same tuning effort for every variant. */
export const groundwork = (shipped: string, size: ReproductionSize): Job[] => [
  pretrainedTeacherPiece(shipped, size),
  ...taskNames.map((task) => teacherPiece(task, size)),
  retrievalTeacherPiece(size),
  ...variantNames.flatMap((variant) =>
    size.learningRates.map((rate) => studentPiece(searched(variant, size), size, rate)),
  ),
  ...size.seeds.map((seed) => pretrainedStudentPiece(seed, size)),
];

const usual = { begins: 'teacher', share: 1 } as const;

const searched = (variant: VariantName, { seeds }: ReproductionSize): StudentRun => ({
  ...usual,
  task: SEARCHED,
  variant,
  seed: seeds[0]!,
});

/** Every rate that was tried for a variant, with its validation accuracy. */
export const triedRates = (
  variant: VariantName,
  size: ReproductionSize,
  outcomes: ReadonlyMap<string, Result>,
): { readonly rate: number; readonly accuracy: number }[] =>
  size.learningRates.flatMap((rate) => {
    const accuracy = outcomes.get(studentId(searched(variant, size), rate))?.measures.validation?.accuracy;
    return accuracy === undefined ? [] : [{ rate, accuracy }];
  });

/** The best of the rates by validation, or nothing while the search of some variant has not ended. */
export const chosenRates = (size: ReproductionSize, outcomes: ReadonlyMap<string, Result>): Rates | undefined => {
  const all = variantNames.map((variant) => [variant, triedRates(variant, size, outcomes)] as const);
  if (all.some(([, tried]) => tried.length < size.learningRates.length)) return undefined;
  const best = ([variant, tried]: (typeof all)[number]) =>
    [variant, tried.reduce((a, b) => (b.accuracy > a.accuracy ? b : a)).rate] as const;
  return Object.fromEntries(all.map(best)) as Rates;
};

/** Table 1: without distillation, with it in either stage, and in both. */
export const stages: readonly { readonly name: string; readonly variant: VariantName; readonly begins: Beginning }[] = [
  { name: 'without distillation', variant: 'hard', begins: 'teacher' },
  { name: '+ fine-tuning distillation', variant: 'cross', begins: 'teacher' },
  { name: '+ pre-training distillation', variant: 'hard', begins: 'stage 1' },
  { name: '+ both', variant: 'cross', begins: 'stage 1' },
];

/** Table 4: what is looked at of the teacher. */
export const knowledge: readonly VariantName[] = ['hard', 'soft', 'hidden', 'whole', 'uni', 'cross'];

/** What is compared over amounts of data and over depths: the method and ground truth. */
export const compared: readonly VariantName[] = ['hard', 'cross'];

/** The students of the paper's tables with one seed, the most telling first. */
export const studentsOfPaper = (seed: number): StudentRun[] => [
  ...taskNames.flatMap((task) => stages.map(({ variant, begins }) => ({ ...usual, task, variant, begins, seed }))),
  ...taskNames.flatMap((task) =>
    [...knowledge, 'layers' as const].map((variant) => ({ ...usual, task, variant, seed })),
  ),
];

/** What the paper lacks, with one seed: less data, and shallower students. */
const beyondPaper = ({ shares, depths }: ReproductionSize, seed: number): StudentRun[] => [
  ...shares.flatMap((share) => compared.map((variant) => ({ ...usual, task: SEARCHED, variant, share, seed }))),
  ...depths.flatMap((depth) => compared.map((variant) => ({ ...usual, task: SEARCHED, variant, depth, seed }))),
];

/**
 * All that the tables show, each once: the paper's with every seed before what it lacks, and a whole seed before the
 * next, so that a study that is stopped says something.
 */
export const mainPieces = (size: ReproductionSize, rates: Rates): Job[] => {
  const { seeds } = size;
  const pieceOf = (run: StudentRun): Job => studentPiece(run, size, rates[run.variant]);
  const pieces = [
    ...seeds.flatMap((seed) => [...studentsOfPaper(seed).map(pieceOf), ...retrievalPieces(size, seed)]),
    ...seeds.flatMap((seed) => beyondPaper(size, seed).map(pieceOf)),
  ];
  return [...new Map(pieces.map((piece) => [piece.id, piece])).values()];
};
