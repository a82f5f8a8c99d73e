import type { Numbers, Weights } from '../engine/numbers.ts';
import { UserError } from '../errors.ts';
import { mapConcurrent } from '../files/map-concurrent.ts';
import { type Architecture, dide, vilt } from '../model/architecture.ts';
import type { Goal, ModelConfig } from '../model/config.ts';
import { type Declared, initialWeights, type RootParams } from '../model/params.ts';
import { classifierName } from '../model/purposes/answering.ts';
import { createConfig } from '../model/purposes/purpose-of.ts';
import { checkShapes, type Shapes, shapesOf, unusedParts } from './check-shapes.ts';
import { initRankHead } from './derive.ts';
import { openWeights, type WeightsFile } from './formats/weights-file.ts';
import { answerCount, headsOf, isOtherHead, isPartOf, missingHeads } from './heads.ts';
import { inferSizes, readConfigBeside } from './infer-sizes.ts';
import { inferTask } from './infer-task.ts';
import { isResizable, resizeTable } from './interpolate-positions.ts';
import { declareParams, initialDeviation, isOurs, type Model, readModel } from './model-file.ts';
import { allocateTensors, readTensor } from './read-tensor.ts';
import { hasTwoTowers, type TensorPlan, tensorPlan } from './tensor-plan.ts';
import { findAnswers, findVocabulary } from './vocabulary.ts';

/** Facts about a model that its file may lack. A file of ours has all of them, and uses none of these but `architectures`. */
export interface LoadOptions {
  /** Task that it answers, or `retrieval` or `pretraining`. Default: the task of its classifier, where it has one. */
  readonly task?: Goal | undefined;
  /** Answers in the order of its classifier. Default: those of its config.json, or of the task. */
  readonly answers?: readonly string[] | undefined;
  /** Data folder of the task, which has the answers where the file does not name them. */
  readonly data?: string | undefined;
  /** Word pieces by id. Default: `vocab.txt` beside the file, or BERT's. */
  readonly vocabulary?: readonly string[] | undefined;
  /** Attention heads, which no tensor shows. Default: those of config.json, or one for 64 of the width. */
  readonly heads?: number | undefined;
  /** Shortest side of an image in pixels; the position table is interpolated to it. Default: that of the file. */
  readonly image?: number | undefined;
  /** Longest text in word pieces; beyond the file's the position table is interpolated. Default: that of the file. */
  readonly words?: number | undefined;
  /** Seed of a head that the file lacks. Default 0. */
  readonly seed?: number | undefined;
  /** Architectures of your own, which a file of ours may name. */
  readonly architectures?: readonly Architecture[] | undefined;
  /** Receives what was added, interpolated or left unused, a sentence each. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/**
 * Loads a model from a file or folder in any known layout: a file of ours (a model, a run's checkpoint, the folder of a
 * run), ViLT's `.ckpt`, a Hugging Face folder or file (`model.safetensors`, sharded, `pytorch_model.bin`), or the authors'
 * two-tower or distilled `.ckpt` (a `dide`, without the teacher that it carries). The file is opened once, and tensors are
 * read a few at a time, so that no more than the model and these are in memory.
 *
 * @throws UserError where the file is not safe or whole, does not say what it is for, lacks the task's head but has
 * another one's, or where any tensor is missing, unexpected or misshapen (all are listed).
 */
export const loadModel = async (path: string, options: LoadOptions = {}): Promise<Model> => {
  await using checkpoint = await openCheckpoint(path);
  return await checkpoint.load(options);
};

/** An open checkpoint: whose it is can be asked before it is loaded. */
export interface Checkpoint extends AsyncDisposable {
  /** The file itself, also where a folder was named. */
  readonly path: string;
  /** Whether it is a file of ours, which says everything of itself. */
  readonly isOurs: boolean;
  /** Loads the model, as `loadModel` does. */
  load(options?: LoadOptions): Promise<Model>;
}

/** Opens a file or folder in any layout that `loadModel` takes. @throws UserError where it is not safe or whole. */
export const openCheckpoint = async (path: string): Promise<Checkpoint> => {
  const file = await openWeights(path);
  return {
    path: file.path,
    isOurs: isOurs(file),
    load: (options = {}) => (isOurs(file) ? readOurs(file, options) : readForeign(file, options)),
    [Symbol.asyncDispose]: () => file.close(),
  };
};

const readOurs = async (file: WeightsFile, options: LoadOptions): Promise<Model> => {
  const { task, architectures, onWarning } = options;
  const model = await readModel(file, architectures);
  const { task: own } = model.config;
  if (task !== undefined && own !== task.name) {
    throw new UserError(
      `${file.path}: it was trained for ${own}, not ${task.name}: give another file, or --task ${own}`,
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
const foreignFacts = ['answers', 'vocabulary', 'heads', 'image', 'words'] as const;

const readForeign = async (file: WeightsFile, options: LoadOptions): Promise<Model> => {
  const beside = await readConfigBeside(file.path);
  const task = options.task ?? inferTask(tensorPlan(file).shapes, beside, file.path);
  const plan = tensorPlan(file, classifierName(task.name));
  const config = await configFrom(file.path, plan, { ...options, task, config: beside });
  const declared = declareParams(config);
  const expected = shapesOf(declared.declared);
  const fresh = missingHeads(headsOf(config), expected, plan.shapes);
  checkNames(expected, plan, { path: file.path, heads: headsOf(config), fresh });
  for (const message of warningsOf(plan, config, fresh)) options.onWarning?.(`${file.path}: ${message}`);
  const allocate = allocateTensors(expected);
  const numbersOf = async ([name, declaration]: [string, Declared]): Promise<[string, Numbers<Float32Array>]> => {
    const from = plan.from.get(name);
    if (!from) return [name, initialTensor(declared, [name, declaration], config, options.seed)];
    return [name, resizeTable(name, await readTensor(file, from, allocate(name)), config.sizes)];
  };
  const weights: Weights = new Map(await mapConcurrent([...declared.declared], numbersOf));
  if (fresh.includes('rank_output') && !fresh.includes('itm_score')) initRankHead(weights, matchingHeadOf(weights));
  return { config, weights };
};

const initialTensor = (
  params: RootParams,
  [name, declaration]: readonly [string, Declared],
  config: ModelConfig,
  seed = 0,
): Numbers<Float32Array> => {
  const alone = { ...params, declared: new Map([[name, declaration]]) };
  return initialWeights(alone, { seed, deviation: initialDeviation(config) }).get(name)!;
};

/** The matching head alone, from which a missing rank head is initialised. */
const matchingHeadOf = (weights: Weights): Weights =>
  new Map([...weights].filter(([name]) => isPartOf('itm_score', name)));

interface Facts extends LoadOptions {
  readonly task: Goal;
  readonly config: Awaited<ReturnType<typeof readConfigBeside>>;
}

const configFrom = async (path: string, { shapes }: TensorPlan, facts: Facts): Promise<ModelConfig> => {
  const { task, image, words, heads, config } = facts;
  const told = inferSizes(shapes, { config, heads, path });
  const count = answerCount(shapes, { task, width: told.width, path });
  const sizes = {
    ...told,
    types: Math.max(told.types, 1 + task.images),
    ...(image === undefined ? {} : { image, grid: gridOf(image, told.patch, path) }),
    ...(words === undefined ? {} : { words }),
  };
  const model = createConfig({
    architecture: hasTwoTowers(shapes) ? dide : vilt,
    task,
    sizes,
    answers: await findAnswers(count, { ...facts, path }),
    vocabulary: await findVocabulary(sizes.vocabulary, { ...facts, path }),
    recipe: { from: path },
  });
  const hasOwnDecoder = headsOf(model).includes('mlm_score') && shapes.has('mlm_score.decoder.weight');
  return hasOwnDecoder ? { ...model, decoder: 'own' } : model;
};

const gridOf = (image: number, patch: number, path: string): number => {
  if (image > 0 && image % patch === 0) return image / patch;
  throw new UserError(`${path}: ${image} pixels are not whole patches of ${patch}: give a multiple of ${patch}`);
};

/** Accounts for every name. Only tables that may be interpolated, and heads that the file lacks, may differ. */
const checkNames = (
  expected: Shapes,
  { shapes }: TensorPlan,
  {
    path,
    heads,
    fresh,
  }: { readonly path: string; readonly heads: readonly string[]; readonly fresh: readonly string[] },
): void => {
  const wanted = new Map([...expected].filter(([name]) => !fresh.some((head) => isPartOf(head, name))));
  const found = new Map(
    [...shapes].map(([name, shape]): [string, readonly number[]] => {
      const other = isResizable(name) ? wanted.get(name) : undefined;
      return [name, other?.length === shape.length && other.at(-1) === shape.at(-1) ? other : shape];
    }),
  );
  for (const name of shapes.keys()) if (isOtherHead(name, heads)) found.delete(name);
  checkShapes(wanted, found, path, { ignore: unusedParts });
};

const warningsOf = ({ shapes }: TensorPlan, config: ModelConfig, fresh: readonly string[]): string[] => {
  const { sizes, task } = config;
  const others = [...shapes.keys()].filter((name) => isOtherHead(name, headsOf(config)));
  const unused = new Set(others.map((name) => name.split('.')[0]));
  const resized = [...shapes].filter(([name, shape]) => isResizable(name) && rowsOf(name, sizes) !== shape.at(-2));
  return [
    ...fresh.map((head) => `it has no ${head}, the head for ${task}: a fresh one begins ${beginningOf(head, fresh)}`),
    ...(unused.size > 0 ? [`its ${[...unused].join(', ')} is not used for ${task}`] : []),
    ...resized.map(([name, shape]) => `${name} has ${shape.at(-2)} rows and becomes ${rowsOf(name, sizes)}`),
  ];
};

const beginningOf = (head: string, fresh: readonly string[]): string =>
  head === 'rank_output' && !fresh.includes('itm_score') ? 'as the "yes" of its itm_score' : 'at random';

const rowsOf = (name: string, { types, grid, words }: ModelConfig['sizes']): number => {
  if (name.endsWith('pos_embed')) return 1 + grid * grid;
  return name.endsWith('position_embeddings.weight') ? words : types;
};
