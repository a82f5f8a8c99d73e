import { UserError } from '../errors.ts';
import { openTeacherCache, type TeacherCache } from './teacher-cache.ts';
import { type TrainOptions, type TrainStep, train } from './train.ts';

/** As `train`, and who hears of the caching. */
export interface TrainOnRecordsOptions extends Omit<TrainOptions, 'teacherCache'> {
  readonly onNotice?: (message: string) => void;
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
  const { teacher, augment = 'none', maxPatches, onNotice } = options;
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
  await using teacherCache = await openTeacherCache({ ...options, teacher, folder });
  try {
    yield* train({ ...options, teacherCache });
  } finally {
    onNotice?.(savedBy(teacherCache));
  }
}

const savedBy = (cache: TeacherCache): string => {
  const { examples, milliseconds } = cache.saved();
  return `the cached teacher was asked ${examples} times and saved ${(milliseconds / 1000).toFixed(1)} s`;
};
