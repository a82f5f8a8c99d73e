import type { Result } from './result-file.ts';
import type { Run, StudentRun } from './run.ts';
import type { ReproductionSize } from './size.ts';

/** The result of a job with the run that it is of. */
export interface RunResult extends Result {
  readonly run: Run;
}

/** Results of a reproduction so far. */
export interface Measured {
  readonly size: ReproductionSize;
  /** In the order of the plan. */
  readonly results: readonly RunResult[];
  /** Number of jobs in the plan. */
  readonly planned: number;
}

type RunWith<K extends Run['kind']> = Extract<Run, { readonly kind: K }>;

/** Fields that a run must have to be selected; a field that is given as undefined must be absent. */
export type Where<K extends Run['kind']> = { readonly kind: K } & Partial<RunWith<K>>;

/** The results whose run has all the given fields. */
export const resultsWith = <K extends Run['kind']>(
  results: readonly RunResult[],
  where: Where<K>,
): (RunResult & { readonly run: RunWith<K> })[] =>
  results.filter((result): result is RunResult & { readonly run: RunWith<K> } =>
    Object.entries(where).every(([field, value]) => result.run[field as keyof Run] === value),
  );

/** The first result whose run has all the given fields. */
export const resultWith = <K extends Run['kind']>(results: readonly RunResult[], where: Where<K>) =>
  resultsWith(results, where)[0];

/** A student of the tables: on all training data, for as many updates as all, from the teacher's weights. */
export const usualStudent = {
  kind: 'student',
  initFrom: 'teacher',
  share: 1,
  updates: undefined,
} as const satisfies Where<'student'>;

/** Fields that select one student of the tables among those of all seeds. */
export type StudentFields = Pick<StudentRun, 'task' | 'variant'> &
  Partial<Pick<StudentRun, 'initFrom' | 'share' | 'updates' | 'learningRate'>>;

/** The result of a student with one seed. */
export const studentResult = (
  { results, size: { learningRate } }: Measured,
  fields: StudentFields,
  seed: number,
): RunResult | undefined => resultWith(results, { ...usualStudent, learningRate, ...fields, seed });
