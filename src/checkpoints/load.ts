import { countOf, type Numbers, type Weights } from '../engine/numbers.ts';
import { UserError } from '../errors.ts';
import { mapConcurrent } from '../files/map-concurrent.ts';
import { fitsInMemory } from '../files/read-exactly.ts';
import type { ModelConfig } from '../model/config.ts';
import { type Declared, initialWeights, type RootParams } from '../model/params.ts';
import { pretraining } from '../tasks/pretraining.ts';
import type { Task } from '../tasks/task.ts';
import { matchWeights, type Shapes, shapesOf, unusedParts } from './check-shapes.ts';
import { openWeights, type WeightsFile } from './formats/open.ts';
import { answersOfHead, headName, headsMissing, isOf, isOfOther } from './heads.ts';
import { fitted, isFitted } from './interpolate-positions.ts';
import { declareParams, loadTrained, type Model } from './model-file.ts';
import { fromHuggingFace, nameHere, partOf } from './rename-tensors.ts';
import { beginRank } from './retrieving.ts';
import { type CheckpointConfig, configBeside, sizesFrom } from './sizes.ts';
import { answersFor, vocabularyFor } from './vocabulary.ts';

/** What a file may not say of itself. */
export interface LoadOptions {
  /** What the model is to answer. */
  readonly task: Pick<Task, 'name' | 'images' | 'scoring' | 'answers'>;
  /** Its answers in the classifier's order. Default: the file's own, or the task's. */
  readonly answers?: readonly string[] | undefined;
  /** A data folder of the task, for its answers where the file does not name them. */
  readonly data?: string | undefined;
  /** The word pieces by id. Default: `vocab.txt` beside the file; BERT's where there is none. */
  readonly vocabulary?: readonly string[] | undefined;
  /** Heads of the attention, which no tensor shows. Default: config.json's; one for 64 of the width. */
  readonly heads?: number | undefined;
  /** Shortest side of a picture in pixels; the position table is resized to it. Default: that of the file. */
  readonly image?: number | undefined;
  /** Longest text in pieces; beyond the file's the position table is interpolated. Default: that of the file. */
  readonly words?: number | undefined;
  /** Of a head that the file does not have. Default 0. */
  readonly seed?: number | undefined;
  /** Hears what was added, resized or left unused. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/**
 * Loads a model that somebody already has: ViLT's `.ckpt`, a Hugging Face folder or file (`model.safetensors`, sharded,
 * `pytorch_model.bin`), the authors' two-tower or distilled `.ckpt` (a `dide`, without the teacher that it carries), or
 * a file of ours. Tensors are read a few at a time, so that no more than the model and these are in memory.
 *
 * @throws UserError where the file is not safe or whole, lacks the task's head but has another one's, or where any
 * tensor is missing, unexpected or misshapen (all are listed).
 */
export const loadCheckpointModel = async (path: string, options: LoadOptions): Promise<Model> => {
  await using file = await openWeights(path);
  if (file.metadata.has('dide.description')) return await loadOurs(file.path, options.task);
  const plan = planOf(file, headName(options.task.name));
  const config = await describedBy(file, plan, options);
  const declared = declareParams(config);
  const wanted = shapesOf(declared.declared);
  const fresh = headsMissing(config.task, wanted, plan.shapes);
  checkNames(wanted, plan, { path: file.path, task: options.task.name, fresh });
  for (const message of noticesOf(plan, config, fresh)) options.onWarning?.(`${file.path}: ${message}`);
  const room = roomFor(wanted);
  const numbersOf = async ([name, declaration]: [string, Declared]): Promise<[string, Numbers<Float32Array>]> => {
    const from = plan.from.get(name);
    const numbers = from
      ? fitted(name, await readUnit(file, from, { head: headName(options.task.name), into: room(name) }), config.sizes)
      : freshOne({ ...declared, declared: new Map([[name, declaration]]) }, config, options.seed);
    return [name, numbers];
  };
  const weights: Weights = new Map(await mapConcurrent([...declared.declared], numbersOf));
  if (fresh.includes('rank_output') && !fresh.includes('itm_score')) beginRank(weights, matchingIn(weights));
  return { config, weights };
};

/** The matching head alone, from which a rank head that the file has not begins. */
const matchingIn = (weights: Weights): Weights => new Map([...weights].filter(([name]) => isOf('itm_score', name)));

const loadOurs = async (path: string, task: LoadOptions['task']): Promise<Model> => {
  const trained = await loadTrained(path);
  const { task: own } = trained.config;
  if (own === task.name) return trained;
  throw new UserError(`${path}: it was trained for ${own}, not ${task.name}: give another file, or --task ${own}`);
};

/** A file's tensors under our names: what they become, and from which of its own. */
export interface Plan {
  readonly shapes: Shapes;
  readonly from: ReadonlyMap<string, readonly string[]>;
}

/** What is in a file beside the weights of the model that it was written for. */
const dropped = [/(^|\.)position_ids$/, /^teacher_model\./];

/** @param head how to call the head that Hugging Face calls `classifier`. */
export const planOf = ({ tensors }: Pick<WeightsFile, 'tensors'>, head: string): Plan => {
  const from = new Map<string, string[]>();
  for (const name of tensors.keys()) {
    if (dropped.some((rule) => rule.test(name))) continue;
    const ours = nameHere(name, head);
    from.set(ours, [...(from.get(ours) ?? []), name]);
  }
  const shapes = [...from].map(([ours, names]): [string, readonly number[]] => {
    const { shape } = tensors.get(names[0]!)!;
    const isSplit = ours.includes('.attn.qkv.') && !names[0]!.includes('qkv');
    return [ours, isSplit ? [shape[0]! * names.length, ...shape.slice(1)] : shape];
  });
  return { shapes: new Map(shapes), from };
};

const describedBy = async ({ path }: WeightsFile, { shapes }: Plan, options: LoadOptions): Promise<ModelConfig> => {
  const { task, image, words, heads } = options;
  const config: CheckpointConfig | undefined = await configBeside(path);
  const told = sizesFrom(shapes, { config, heads, path });
  const count = answersOfHead(shapes, { task, width: told.width, path });
  const sizes = {
    ...told,
    types: Math.max(told.types, 1 + task.images),
    ...(image === undefined ? {} : { image, grid: gridOf(image, told.patch, path) }),
    ...(words === undefined ? {} : { words }),
  };
  return {
    model: isDual(shapes) ? 'dide' : 'vilt',
    sizes,
    task: task.name,
    images: task.images,
    scoring: task.scoring,
    answers: await answersFor(count, { ...options, config, path }),
    vocabulary: await vocabularyFor(sizes.vocabulary, { ...options, path }),
    ...(task.name === pretraining.name && shapes.has('mlm_score.decoder.weight') ? { decoder: 'own' } : {}),
    recipe: { from: path },
  };
};

/** Whether the weights have two towers. */
export const isDual = (shapes: Shapes): boolean => [...shapes.keys()].some((name) => name.startsWith('image_encoder.'));

const gridOf = (image: number, patch: number, path: string): number => {
  if (image > 0 && image % patch === 0) return image / patch;
  throw new UserError(`${path}: ${image} pixels are not whole patches of ${patch}: give a multiple of ${patch}`);
};

/** Every name is accounted for; only tables that may be resized, and a head that is not there yet, may differ. */
const checkNames = (
  wanted: Shapes,
  { shapes }: Plan,
  { path, task, fresh }: { readonly path: string; readonly task: string; readonly fresh: readonly string[] },
): void => {
  const expected = new Map([...wanted].filter(([name]) => !fresh.some((head) => isOf(head, name))));
  const found = new Map(
    [...shapes].map(([name, shape]): [string, readonly number[]] => {
      const other = isFitted(name) ? expected.get(name) : undefined;
      return [name, other?.length === shape.length && other.at(-1) === shape.at(-1) ? other : shape];
    }),
  );
  for (const name of shapes.keys()) if (isOfOther(name, task)) found.delete(name);
  matchWeights(expected, found, path, { ignore: unusedParts });
};

const noticesOf = ({ shapes }: Plan, { sizes, task }: ModelConfig, fresh: readonly string[]): string[] => {
  const unused = new Set([...shapes.keys()].filter((name) => isOfOther(name, task)).map((name) => name.split('.')[0]));
  const resized = [...shapes].filter(([name, shape]) => isFitted(name) && rowsOf(name, sizes) !== shape.at(-2));
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

/** A tensor begins where the processor likes it to. Floats. */
const ALIGNED = 16;

/**
 * Where each tensor's numbers go: all into one array, where there can be one so long. Many arrays of some megabytes
 * would have the garbage collector look through everything after each few of them.
 */
const roomFor = (wanted: Shapes): ((name: string) => Float32Array | undefined) => {
  const places = new Map<string, { readonly begin: number; readonly count: number }>();
  let end = 0;
  for (const [name, shape] of wanted) {
    places.set(name, { begin: end, count: countOf(shape) });
    end += Math.ceil(countOf(shape) / ALIGNED) * ALIGNED;
  }
  if (!fitsInMemory(4 * end)) return () => undefined;
  const all = new Float32Array(end);
  return (name) => {
    const { begin, count } = places.get(name)!;
    return all.subarray(begin, begin + count);
  };
};

/** One tensor of ours from those of the file that it is made of: query, key and value, or itself. */
const readUnit = async (
  file: WeightsFile,
  from: readonly string[],
  { head, into }: { readonly head: string; readonly into: Float32Array | undefined },
): Promise<Numbers<Float32Array>> => {
  const parts = new Map<string, Numbers>();
  const rows = (into?.length ?? 0) / from.length;
  for (const name of from) {
    const begin = Math.max(0, partOf(name)) * rows;
    parts.set(name, await file.read(name, from.length === 1 ? into : into?.subarray(begin, begin + rows)));
  }
  const [only, ...more] = fromHuggingFace(parts, head).values();
  if (only && more.length === 0) return only;
  throw new UserError(`${file.path}: ${from.join(', ')} do not make one tensor: the file is damaged, copy it again`);
};

const freshOne = (declared: RootParams, { sizes }: ModelConfig, seed = 0): Numbers<Float32Array> =>
  [...initialWeights(declared, { seed, deviation: 0.02 * Math.sqrt(768 / sizes.width) }).values()][0]!;
