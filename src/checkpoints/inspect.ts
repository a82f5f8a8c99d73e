import { countOf } from '../engine/numbers.ts';
import { UserError } from '../errors.ts';
import type { Goal } from '../model/config.ts';
import type { Sizes } from '../model/sizes.ts';
import { findAnswers } from './answers.ts';
import { type HuggingFaceConfig, labelsOf, readConfigBeside } from './beside/config.ts';
import { readWordsBeside } from './beside/words.ts';
import type { Shapes } from './check-shapes.ts';
import { openWeights } from './formats/weights-file.ts';
import { classifierTasks, isPretrainingHead } from './heads.ts';
import { inferSizes } from './infer-sizes.ts';
import { knownTask, taskOfClass } from './infer-task.ts';
import type { OpenOptions } from './load.ts';
import type { ForeignFacts } from './load-foreign.ts';
import { isOurs } from './model-file.ts';
import { hasTwoTowers, tensorPlan } from './tensor-plan.ts';

/** Contents of a checkpoint, found without reading its numbers. */
export interface CheckpointInfo {
  /** Path of the file, also where a folder was given. */
  readonly path: string;
  readonly format: 'safetensors' | 'pytorch';
  /** Number of tensors. */
  readonly tensors: number;
  /** Number of parameters. */
  readonly parameters: number;
  /** Whether it was saved by this library. Its own metadata then describes it, and it lacks nothing. */
  readonly isOurs: boolean;
  /** Architecture; absent where the names are not those of a ViLT or DiDE. */
  readonly model?: 'vilt' | 'dide' | undefined;
  readonly sizes?: Sizes | undefined;
  /**
   * Classifiers: the task of each (`classifier` where neither its name nor config.json says it) and its number of
   * answers.
   */
  readonly classifiers: readonly { readonly task: string; readonly answers: number }[];
  /** Names of its heads of pre-training and retrieval. */
  readonly otherHeads: readonly string[];
  /** Answers in the order of the classifier, where config.json has them. */
  readonly labels?: readonly string[] | undefined;
  /** Facts that it lacks and `loadModel` needs, as options of the command line. */
  readonly lacks: readonly string[];
  /** Whether it carries the teacher that it was distilled from. */
  readonly hasTeacher: boolean;
  /** Sentences about other weights in it than those that are described, such as a moving average. */
  readonly notices?: readonly string[] | undefined;
}

/**
 * Inspects a file or folder of weights, or a model of the Hub, without reading its numbers.
 *
 * @param options.heads Number of attention heads, which no tensor shows. Default: that of config.json, or one for 64 of
 * the width.
 * @param options.weights Set of weights to describe, where the file has several. Default: the usual one.
 * @throws UserError where the file is not safe to read, or not whole, or has no weights of that name.
 */
export const inspectCheckpoint = async (
  path: string,
  { heads, weights, onPull, onWarning }: Pick<ForeignFacts, 'heads' | 'weights'> & OpenOptions = {},
): Promise<CheckpointInfo> => {
  await using file = await openWeights(path, { onPull, onNotice: onWarning });
  const { shapes, notices } = tensorPlan(file, { weights });
  const ours = isOurs(file);
  const config = await readConfigBeside(file.path);
  const labels = config && labelsOf(config);
  const classifiers = classifiersOf(shapes, config);
  const source = { config, path: file.path };
  return {
    path: file.path,
    format: file.format,
    tensors: file.tensors.size,
    parameters: [...shapes.values()].reduce((sum, shape) => sum + countOf(shape), 0),
    isOurs: ours,
    classifiers,
    otherHeads: [...new Set([...shapes.keys()].filter(isPretrainingHead).map((name) => name.split('.')[0]!))],
    lacks: ours ? [] : await missingFacts(shapes, classifiers[0], source),
    hasTeacher: [...file.tensors.keys()].some((name) => /(^|\.)teacher_model\./.test(name)),
    ...(notices.length > 0 ? { notices } : {}),
    ...architectureOf(shapes, { ...source, heads }),
    ...(labels ? { labels } : {}),
  };
};

type Classifier = CheckpointInfo['classifiers'][number];

/** Classifiers of a file; Hugging Face calls every one of them `classifier`. */
const classifiersOf = (shapes: Shapes, config: HuggingFaceConfig | undefined): Classifier[] => {
  const unnamed = taskOfClass(config)?.name ?? 'classifier';
  const heads = [
    ['classifier', unnamed] as const,
    ...classifierTasks(shapes).map((task) => [`${task}_classifier`, task] as const),
  ];
  return heads.flatMap(([head, task]) => {
    const answers = shapes.get(`${head}.3.weight`)?.[0];
    return answers === undefined ? [] : [{ task, answers }];
  });
};

interface Source {
  readonly config: HuggingFaceConfig | undefined;
  readonly path: string;
}

/** Facts that `loadModel` would not find: it looks for them in the same places. */
const missingFacts = async (shapes: Shapes, classifier: Classifier | undefined, source: Source): Promise<string[]> => {
  const tower = hasTwoTowers(shapes) ? 'text_encoder.' : '';
  const rows = shapes.get(`${tower}text_embeddings.word_embeddings.weight`)?.[0];
  const task = classifier && (knownTask(classifier.task) ?? unknownTask);
  const [hasAnswers, hasVocabulary] = await Promise.all([
    task === undefined || isFound(findAnswers(classifier?.answers, { ...source, task })),
    rows === undefined || isFound(readWordsBeside(rows, source)),
  ]);
  return [
    ...(task === undefined || task === unknownTask ? ['--task NAME'] : []),
    ...(hasAnswers ? [] : [`--answers FILE, of ${classifier?.answers}`]),
    ...(hasVocabulary ? [] : [`--vocabulary FILE, of ${rows}`]),
  ];
};

const unknownTask: Pick<Goal, 'name' | 'answers'> = {
  name: 'classifier',
  answers: async () => {
    throw new UserError('the task is not known');
  },
};

const isFound = (fact: Promise<unknown>): Promise<boolean> =>
  fact.then(
    () => true,
    (error: unknown) => {
      if (error instanceof UserError) return false;
      throw error;
    },
  );

/** Architecture and sizes; nothing where the tensors are those of something else. */
const architectureOf = (...[shapes, hints]: Parameters<typeof inferSizes>): Pick<CheckpointInfo, 'model' | 'sizes'> => {
  try {
    return { model: hasTwoTowers(shapes) ? 'dide' : 'vilt', sizes: inferSizes(shapes, hints) };
  } catch (error) {
    if (error instanceof UserError) return {};
    throw error;
  }
};
