import type { Model } from '../../checkpoints/model-file.ts';
import type { Example } from '../../data/example.ts';
import type { Tensor } from '../../engine/tensor.ts';
import { counted, UserError } from '../../errors.ts';
import { createParams } from '../../model/params.ts';
import { trainStage } from '../loop.ts';
import type { RunOptions, TrainStep } from '../options.ts';
import type { Stage } from '../stages/stage.ts';
import { openTeacherCache, type TeacherCache } from './cache.ts';
import { teacherPlaceholder, tensorsUsedBy } from './placeholder.ts';

/** Options of a training on cached outputs of its teacher. */
interface CachedOptions extends RunOptions {
  readonly cacheFolder: string;
  readonly examples: readonly Example[];
  readonly onWarning?: ((message: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Trains on the teacher's outputs for each example, computed once and kept in a folder: the teacher's passes are paid
 * for in the first epoch alone, or by whoever filled the folder before. Losses are those of `trainStage` but for the
 * rounding to float16.
 *
 * @throws UserError where there is no teacher, where images are augmented or patches drawn, so that every epoch sees
 * others, or where the folder is another teacher's.
 */
export async function* trainOnCachedTeacher(
  model: Model,
  stage: Stage,
  options: CachedOptions,
): AsyncGenerator<TrainStep, void, undefined> {
  const { teacher, cacheFolder: folder, onWarning } = options;
  if (!teacher) throw new UserError(`${folder}: there is no teacher to cache: give one`);
  refuseChangingImages(options);
  await using cache = await openTeacherCache({ ...options, folder, model, teacher, tensors: teacherTensors(stage) });
  try {
    yield* trainStage(model, onCache(stage, cache), options);
  } finally {
    onWarning?.(savedBy(cache));
  }
}

/** Teacher tensors that the losses of a stage depend on, by the names under which they are fed from a cache. */
export const teacherTensors = (stage: Pick<Stage, 'losses' | 'teacherOutputs'>): Map<string, Tensor> => {
  const outputs = stage.teacherOutputs!(createParams());
  return tensorsUsedBy(outputs, (placeholder) =>
    Object.values(stage.losses(createParams(), placeholder)).map(({ loss }) => loss),
  );
};

/** The stage with the teacher's outputs fed from the cache, instead of computed. */
const onCache = (stage: Stage, cache: Pick<TeacherCache, 'feeds'>): Stage => ({
  ...stage,
  losses: (model, teacher) => stage.losses(model, teacher && teacherPlaceholder(teacher)),
  extraFeeds: async (weights) => {
    const extra = await stage.extraFeeds?.(weights);
    return {
      feeds: async (batch, number) => {
        const others = await extra?.feeds(batch, number);
        return { ...others, feeds: { ...others?.feeds, ...(await cache.feeds(batch)) } };
      },
      // the cache belongs to the training, which closes it
      [Symbol.asyncDispose]: async () => await extra?.[Symbol.asyncDispose](),
    };
  },
  identity: { ...stage.identity, teacher: 'cached as float16' },
});

const refuseChangingImages = ({ cacheFolder: folder, augment = 'none', maxPatches }: CachedOptions): void => {
  if (augment !== 'none') {
    throw new UserError(
      `${folder}: with augmentation (${augment}) a picture is another one in every epoch, and what the teacher makes of it cannot be cached: leave one of them out`,
    );
  }
  if (maxPatches !== undefined) {
    throw new UserError(
      `${folder}: at most ${maxPatches === 1 ? '1 patch is' : `${maxPatches} patches are`} drawn of a picture, others in every epoch, and what the teacher makes of it cannot be cached: leave one of them out`,
    );
  }
};

const savedBy = (cache: TeacherCache): string => {
  const { examples, milliseconds } = cache.saved();
  return `the cached teacher was asked ${counted(examples, 'time')} and saved ${(milliseconds / 1000).toFixed(1)} s`;
};
