import { UserError } from '../errors.ts';
import type { PullOptions } from '../hub/pull.ts';
import type { Architecture } from '../model/architecture.ts';
import { checkFinite } from './check-finite.ts';
import { openWeights, type WeightsFile } from './formats/weights-file.ts';
import type { ForeignFacts } from './load-foreign.ts';
import { isOurs, type Model, type ModelPrecision, readModel } from './model-file.ts';

/**
 * Options of `loadModel`. A file of ours lacks no facts and heeds only `task`, which is checked, and `architectures`.
 */
export interface LoadOptions extends ForeignFacts, OpenOptions {
  /** Architectures of your own, by whose names a file of ours may be saved. */
  readonly architectures?: readonly Architecture[] | undefined;
  /** Precision of its matrix products; see `Model`. Default float32. */
  readonly precision?: ModelPrecision | undefined;
}

/** Options of opening what may have to be fetched from the Hub first. */
export interface OpenOptions {
  /** Called as the bytes of a model of the Hub arrive; not where it is in the cache. */
  readonly onPull?: PullOptions['onPull'];
  /** Called with what is worth knowing: the Hub was not asked, or other weights are in the file. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/**
 * Loads a model from a file or folder in any known layout, or from the Hub by its id (`dandelin/vilt-b32-finetuned-vqa`,
 * `org/name@revision`; a path that exists wins): a file of ours (a model, a run's checkpoint, the folder of a
 * run), ViLT's `.ckpt`, a Hugging Face folder or file (`model.safetensors`, sharded, `pytorch_model.bin`), or the
 * authors' two-tower or distilled `.ckpt` (a `dide`, without the teacher that it carries). The file is opened once, and
 * tensors are read a few at a time, so that no more than the model and these are in memory.
 *
 * @throws UserError where the file is not safe or whole, does not say what it is for, lacks the task's head but has
 * another one's, or where any tensor is missing, unexpected or misshapen (all are listed).
 */
export const loadModel = async (path: string, options: LoadOptions = {}): Promise<Model> => {
  await using checkpoint = await openCheckpoint(path, options);
  return await checkpoint.load(options);
};

/** An open checkpoint, from which a model can be loaded. */
export interface Checkpoint extends AsyncDisposable {
  /** Path of the file, also where a folder was given. */
  readonly path: string;
  /** Whether it was saved by this library. It then lacks no facts. */
  readonly isOurs: boolean;
  /** Loads the model, with the options and errors of `loadModel`. */
  load(options?: LoadOptions): Promise<Model>;
}

/** Opens a file, a folder or an id of the Hub as `loadModel` takes it. @throws UserError where it is not safe or whole. */
export const openCheckpoint = async (path: string, { onPull, onWarning }: OpenOptions = {}): Promise<Checkpoint> => {
  const file = await openWeights(path, { onPull, onNotice: onWarning });
  return {
    path: file.path,
    isOurs: isOurs(file),
    load: async ({ precision, ...options } = {}) => {
      const model = isOurs(file) ? await readOurs(file, options) : await readTheirs(file, options);
      return precision === undefined ? model : { ...model, precision };
    },
    [Symbol.asyncDispose]: () => file.close(),
  };
};

/** Loaded here: a file of ours needs none of the modules that know the layouts of others. */
const readTheirs = async (file: WeightsFile, options: LoadOptions): Promise<Model> =>
  await (await import('./load-foreign.ts')).readForeign(file, options);

const readOurs = async (file: WeightsFile, options: LoadOptions): Promise<Model> => {
  const { task, architectures, onWarning } = options;
  const model = await readModel(file, architectures);
  checkFinite(model.weights, file.path);
  const trainedFor = model.config.task;
  if (task !== undefined && trainedFor !== task.name) {
    throw new UserError(
      `${file.path}: it was trained for ${trainedFor}, not ${task.name}: give another file, or --task ${trainedFor}`,
    );
  }
  const unused = foreignFacts.filter((name) => options[name] !== undefined).map((name) => `--${name}`);
  if (unused.length > 0) {
    const which = `${unused.join(', ')} ${unused.length === 1 ? 'is' : 'are'} not used for it`;
    onWarning?.(`${file.path}: it was saved by dide and says this itself: ${which}`);
  }
  return model;
};

/** Options that a file of ours has no use for. */
const foreignFacts = ['answers', 'vocabulary', 'heads', 'image', 'words', 'weights'] as const;
