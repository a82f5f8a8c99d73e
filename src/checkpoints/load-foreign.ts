import { countOf, type Numbers, type Weights } from '../engine/numbers.ts';
import { counted, UserError } from '../errors.ts';
import { mapConcurrent } from '../files/map-concurrent.ts';
import { dide, vilt } from '../model/architecture.ts';
import type { Goal, ModelConfig } from '../model/config.ts';
import { type Declared, initialWeights, type RootParams } from '../model/params.ts';
import { classifierName } from '../model/purposes/answering.ts';
import { createConfig } from '../model/purposes/purpose-of.ts';
import type { Sizes } from '../model/sizes.ts';
import { findAnswers } from './answers.ts';
import { type HuggingFaceConfig, readConfigBeside } from './beside/config.ts';
import { readPicturesBeside } from './beside/pictures.ts';
import { readWordsBeside } from './beside/words.ts';
import { checkFinite } from './check-finite.ts';
import { checkShapes, type Shapes, shapesOf, unusedParts } from './check-shapes.ts';
import { initRankHead } from './derive.ts';
import type { WeightsFile } from './formats/weights-file.ts';
import { answerCount, headsOf, isOtherHead, isPartOf, missingHeads } from './heads.ts';
import { inferSizes } from './infer-sizes.ts';
import { inferTask } from './infer-task.ts';
import { resizedRows, resizeTable } from './interpolate-positions.ts';
import { declareParams, initialDeviation, type Model } from './model-file.ts';
import { allocateTensors, readTensor } from './read-tensor.ts';
import { hasTwoTowers, type TensorPlan, tensorPlan } from './tensor-plan.ts';

/** Facts about a model that its file may lack. */
export interface ForeignFacts {
  /** Task that it answers, or `retrieval` or `pretraining`. Default: the task of its classifier, where it has one. */
  readonly task?: Goal | undefined;
  /** Answers in the order of its classifier. Default: those of its config.json, or of the task. */
  readonly answers?: readonly string[] | undefined;
  /**
   * A head whose answers nothing names, or not as many as it gives: an error (default), or each is called `unknown (0)`
   * and so on, for a model that is given another head.
   */
  readonly unnamedAnswers?: 'refuse' | 'number' | undefined;
  /** Data folder of the task, which has the answers where the file does not name them. */
  readonly data?: string | undefined;
  /** Word pieces by id. Default: those of `tokenizer.json` or `vocab.txt` beside the file, or BERT's. */
  readonly vocabulary?: readonly string[] | undefined;
  /** Attention heads, which no tensor shows. Default: those of config.json, or one for 64 of the width. */
  readonly heads?: number | undefined;
  /**
   * Shortest side of an image in pixels; the position table is interpolated to each image once. Default: that of
   * `processor_config.json` or `preprocessor_config.json` beside the file, or of the position table.
   */
  readonly image?: number | undefined;
  /** Longest text in word pieces; beyond the file's the position table is interpolated. Default: that of the file. */
  readonly words?: number | undefined;
  /**
   * Set of weights to take, where the file has several, by what stands before their names: `ema` for a moving average.
   * Default: the usual one; those that are left are counted in a warning.
   */
  readonly weights?: string | undefined;
  /** Seed of the random weights of a head that the file lacks. Default 0. */
  readonly seed?: number | undefined;
  /** Receives what was added, interpolated or left unused, a sentence each. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/**
 * Reads the model from an open file that was not saved by this library.
 *
 * @throws UserError where a fact is missing that neither the file nor the options say, or where any tensor is missing,
 * unexpected or misshapen (all are listed).
 */
export const readForeign = async (file: WeightsFile, options: ForeignFacts): Promise<Model> => {
  const theirs = await readConfigBeside(file.path);
  const task = options.task ?? inferTask(tensorPlan(file, { weights: options.weights }).shapes, theirs, file.path);
  const plan = tensorPlan(file, { head: classifierName(task.name), weights: options.weights });
  const config = await inferConfig(file.path, plan, { ...options, task, config: theirs });
  const params = declareParams(config);
  const expected = shapesOf(params.declared);
  const fresh = missingHeads(headsOf(config), expected, plan.shapes);
  const zero = absentBiases(expected, plan.shapes);
  const isAbsent = (name: string): boolean => zero.has(name) || fresh.some((head) => isPartOf(head, name));
  checkNames(expected, plan, { path: file.path, config, isAbsent });
  for (const message of [...warningsOf(plan, config, fresh), ...zeroNotices(zero)])
    options.onWarning?.(`${file.path}: ${message}`);
  const allocate = allocateTensors(expected);
  const numbersOf = async ([name, declared]: [string, Declared]): Promise<[string, Numbers<Float32Array>]> => {
    const sources = plan.sources.get(name);
    if (zero.has(name)) return [name, { shape: declared.shape, data: new Float32Array(countOf(declared.shape)) }];
    if (!sources) return [name, initialTensor(params, [name, declared], config, options.seed)];
    return [name, resizeTable(name, await readTensor(file, sources, allocate(name)), config.sizes)];
  };
  const weights: Weights = new Map(await mapConcurrent([...params.declared], numbersOf));
  checkFinite(weights, file.path, (name) => plan.sources.get(name)?.join(', ') ?? name);
  if (copiesMatching('rank_output', fresh)) initRankHead(weights, matchingHeadOf(weights));
  return { config, weights };
};

/** Biases of queries, keys and values that a file without any has none of (`qkv_bias: false`): zero is the same. */
const absentBiases = (expected: Shapes, found: Shapes): ReadonlySet<string> => {
  const biases = (shapes: Shapes): string[] => [...shapes.keys()].filter((name) => name.endsWith('.attn.qkv.bias'));
  return new Set(biases(found).length === 0 ? biases(expected) : []);
};

const zeroNotices = ({ size }: ReadonlySet<string>): string[] =>
  size === 0 ? [] : ['its queries, keys and values have no biases (qkv_bias false): they are zero here'];

/** Random initial weights of one parameter. */
const initialTensor = (
  params: RootParams,
  [name, declared]: readonly [string, Declared],
  config: ModelConfig,
  seed = 0,
): Numbers<Float32Array> => {
  const alone = { ...params, declared: new Map([[name, declared]]) };
  return initialWeights(alone, { seed, deviation: initialDeviation(config) }).get(name)!;
};

/** Whether a head that the file lacks is initialised from its matching head: a rank head is (ViLT code). */
const copiesMatching = (head: string, fresh: readonly string[]): boolean =>
  head === 'rank_output' && fresh.includes(head) && !fresh.includes('itm_score');

/** Weights of the matching head alone. */
const matchingHeadOf = (weights: Weights): Weights =>
  new Map([...weights].filter(([name]) => isPartOf('itm_score', name)));

interface Facts extends ForeignFacts {
  readonly task: Goal;
  readonly config: HuggingFaceConfig | undefined;
}

/** Config of a model, from the shapes of its tensors, the config.json beside it, and the options. */
const inferConfig = async (path: string, { shapes }: TensorPlan, facts: Facts): Promise<ModelConfig> => {
  const { task, image, words, heads, config, onWarning } = facts;
  const inferred = inferSizes(shapes, { config, heads, path });
  const count = answerCount(shapes, { task, width: inferred.width, path });
  const answers = await findAnswers(count, { ...facts, path });
  const beside = await readPicturesBeside(path, { patch: inferred.patch, isOfTransformers: config !== undefined });
  const read = await readWordsBeside(inferred.vocabulary, { ...facts, path });
  const sizes = {
    ...inferred,
    types: Math.max(inferred.types, 1 + task.images),
    image: image === undefined ? (beside.image ?? inferred.image) : wholePatches(image, inferred.patch, path),
    words: words ?? inferred.words,
  };
  const model = createConfig({
    architecture: hasTwoTowers(shapes) ? dide : vilt,
    task,
    sizes,
    answers,
    vocabulary: read.vocabulary,
    ...(read.words && { words: read.words }),
    ...(beside.pictures && { pictures: beside.pictures }),
    recipe: { from: path, ...(facts.weights === undefined ? {} : { weights: facts.weights }) },
  });
  for (const notice of [...beside.notices, ...read.notices, ...configNotices(config, inferred)])
    onWarning?.(`${path}: ${notice}`);
  const hasOwnDecoder = headsOf(model).includes('mlm_score') && shapes.has('mlm_score.decoder.weight');
  return hasOwnDecoder ? { ...model, decoder: 'own' } : model;
};

/** Sentences about fields of config.json that are not followed. */
const configNotices = (config: HuggingFaceConfig | undefined, { image }: Pick<Sizes, 'image'>): string[] => {
  const { max_image_length: most, image_size: said } = config ?? {};
  const isOther = said !== undefined && [said].flat().some((side) => side !== image);
  return [
    ...(most && most > 0 ? [`config.json: its max_image_length of ${most} is not followed: all patches are read`] : []),
    ...(isOther
      ? [
          `config.json has image_size ${JSON.stringify(said)} and the position table is of ${image} pixels, which differs: the table is followed`,
        ]
      : []),
  ];
};

const wholePatches = (image: number, patch: number, path: string): number => {
  if (image > 0 && image % patch === 0) return image;
  throw new UserError(`${path}: ${image} pixels are not whole patches of ${patch}: give a multiple of ${patch}`);
};

interface NameCheck {
  readonly path: string;
  readonly config: ModelConfig;
  /** Whether the file may lack a parameter. */
  readonly isAbsent: (name: string) => boolean;
}

/** Checks the shapes of a file. Tables that can be resized may have other rows, and absent parameters be missing. */
const checkNames = (parameters: Shapes, { shapes }: TensorPlan, { path, config, isAbsent }: NameCheck): void => {
  const expected = new Map([...parameters].filter(([name]) => !isAbsent(name)));
  const found = new Map(
    [...shapes].map(([name, shape]): [string, readonly number[]] => {
      const resized = resizedRows(name, config.sizes) === undefined ? undefined : expected.get(name);
      return [name, resized?.length === shape.length && resized.at(-1) === shape.at(-1) ? resized : shape];
    }),
  );
  for (const name of shapes.keys()) if (isOtherHead(name, headsOf(config))) found.delete(name);
  checkShapes(expected, found, path, { ignore: unusedParts });
};

/** Sentences that say which heads are fresh, which are not used, and which tables are resized. */
const warningsOf = ({ shapes, notices }: TensorPlan, config: ModelConfig, fresh: readonly string[]): string[] => {
  const { sizes, task } = config;
  const others = [...shapes.keys()].filter((name) => isOtherHead(name, headsOf(config)));
  const unused = new Set(others.map((name) => name.split('.')[0]));
  return [
    ...notices,
    ...fresh.map((head) => {
      const begins = copiesMatching(head, fresh) ? 'as the "yes" of its itm_score' : 'at random';
      return `it has no ${head}, the head for ${task}: a fresh one begins ${begins}`;
    }),
    ...(unused.size > 0 ? [`its ${[...unused].join(', ')} is not used for ${task}`] : []),
    ...[...shapes].flatMap(([name, shape]) => {
      const [rows, resized] = [shape.at(-2), resizedRows(name, sizes)];
      return resized === undefined || resized === rows
        ? []
        : [`${name} has ${counted(rows!, 'row')} and becomes ${resized}`];
    }),
  ];
};
