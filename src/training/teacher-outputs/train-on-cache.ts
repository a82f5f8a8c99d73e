import type { Model } from '../../checkpoints/model-file.ts';
import type { Example } from '../../data/example.ts';
import { input, type Tensor } from '../../engine/tensor.ts';
import { UserError } from '../../errors.ts';
import { forward } from '../../model/forward.ts';
import { inputsFor } from '../../model/inputs.ts';
import { createParams } from '../../model/params.ts';
import type { RunOptions } from '../options.ts';
import { type TrainOptions, type TrainStep, train } from '../stages/answering.ts';
import { openTeacherCache, type TeacherCache } from './cache.ts';
import { tensorsUsedBy } from './placeholder.ts';

/** As `train`, and who hears of the caching. */
export interface TrainOnRecordsOptions extends Omit<TrainOptions, 'teacherCache'> {
  readonly onWarning?: ((message: string) => void) | undefined;
}

/**
 * Trains on what the teacher makes of each example once, kept in a folder: its passes are paid for in the first epoch
 * alone, or by whoever filled the folder before. Losses are those of `train` but for the rounding of float16.
 *
 * @throws UserError where there is no teacher, where pictures are augmented or patches drawn, since every epoch then sees
 * others, or where the folder is another teacher's.
 */
export async function* trainOnRecords(
  options: TrainOnRecordsOptions,
  folder: string,
): AsyncGenerator<TrainStep, void, undefined> {
  yield* onRecords(folder, options, {
    wanted: (teacher) => wantedToAnswer(options, teacher),
    train: (teacherCache) => train({ ...options, teacherCache }),
  });
}

/** What the objectives look at in the teacher. */
export const wantedToAnswer = (
  { model, objectives }: Pick<TrainOptions, 'model' | 'objectives'>,
  teacher: Model,
): Map<string, Tensor> => {
  const { config } = model;
  const inputs = inputsFor(config.sizes, { images: config.images });
  const student = forward(config, createParams(), inputs);
  const target = input('target', ['batch', config.answers.length]);
  return tensorsUsedBy(forward(teacher.config, createParams(), inputs), (kept) =>
    Object.values(objectives).map(({ objective }) => objective(student, kept, target)),
  );
};

/** A training whose teacher can be computed before. */
export interface Recordable {
  /** What its losses look at in the teacher, as `lookedAt` finds it. */
  readonly wanted: (teacher: Model) => ReadonlyMap<string, Tensor>;
  readonly train: (teacherCache: TeacherCache) => AsyncGenerator<TrainStep, void, undefined>;
}

/** Any training on the records of a folder, as `trainOnRecords` says of that on a task. */
export async function* onRecords(
  folder: string,
  options: RunOptions & Pick<TrainOnRecordsOptions, 'onWarning'> & { readonly examples: readonly Example[] },
  { wanted, train }: Recordable,
): AsyncGenerator<TrainStep, void, undefined> {
  const { teacher, augment = 'none', maxPatches, onWarning } = options;
  if (!teacher) throw new UserError(`${folder}: there is no teacher to cache: give one`);
  if (augment !== 'none') {
    throw new UserError(
      `${folder}: with augmentation (${augment}) a picture is another one in every epoch, and what the teacher makes of it cannot be cached: leave one of them out`,
    );
  }
  if (maxPatches !== undefined) {
    throw new UserError(
      `${folder}: at most ${maxPatches} patches are drawn of a picture, others in every epoch, and what the teacher makes of it cannot be cached: leave one of them out`,
    );
  }
  await using teacherCache = await openTeacherCache({ ...options, teacher, folder, wanted: wanted(teacher) });
  try {
    yield* train(teacherCache);
  } finally {
    onWarning?.(savedBy(teacherCache));
  }
}

const savedBy = (cache: TeacherCache): string => {
  const { examples, milliseconds } = cache.saved();
  return `the cached teacher was asked ${examples} times and saved ${(milliseconds / 1000).toFixed(1)} s`;
};
