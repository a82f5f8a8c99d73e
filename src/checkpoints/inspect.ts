import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { countOf } from '../engine/numbers.ts';
import { UserError } from '../errors.ts';
import type { Sizes } from '../model/sizes.ts';
import { openWeights } from './formats/weights-file.ts';
import { classifierTasks, otherHeads } from './heads.ts';
import { inferSizes, labelsOf, readConfigBeside } from './infer-sizes.ts';
import { isOurs } from './model-file.ts';
import { hasTwoTowers, tensorPlan } from './tensor-plan.ts';

/** What a checkpoint of ViLT, DiDE or Hugging Face holds, without its numbers being read. */
export interface CheckpointInfo {
  readonly path: string;
  readonly format: 'safetensors' | 'pytorch';
  readonly tensors: number;
  readonly parameters: number;
  /** Whether a file of ours: it then says everything of itself, and the rest here is left out. */
  readonly isOurs: boolean;
  /** Absent where the names are not those of a ViLT or DiDE. */
  readonly model?: 'vilt' | 'dide' | undefined;
  readonly sizes?: Sizes | undefined;
  /** Its classifiers: the task of each, `classifier` where nothing says it, and how many answers it gives. */
  readonly classifiers: readonly { readonly task: string; readonly answers: number }[];
  /** Its heads of pre-training and retrieval. */
  readonly otherHeads: readonly string[];
  /** The names of its answers, where config.json says them. */
  readonly labels?: readonly string[] | undefined;
  /** What has to be told where it is opened, as the command line's options. */
  readonly lacks: readonly string[];
  /** Whether it carries the teacher that it was distilled from. */
  readonly hasTeacher: boolean;
}

/** Of which task a head of Hugging Face's is, by its class. */
const architectures: Readonly<Record<string, string>> = {
  ViltForQuestionAnswering: 'vqa',
  ViltForImagesAndTextClassification: 'nlvr2',
};

/**
 * Opens a file or folder of weights and says what is in it.
 *
 * @param heads of its attention, which no tensor shows. Default: config.json's; one for 64 of the width.
 * @throws UserError where it is not safe or whole.
 */
export const inspectCheckpoint = async (
  path: string,
  { heads }: { readonly heads?: number | undefined } = {},
): Promise<CheckpointInfo> => {
  await using file = await openWeights(path);
  const { shapes } = tensorPlan(file);
  const ours = isOurs(file);
  const config = await readConfigBeside(file.path);
  const table = `${hasTwoTowers(shapes) ? 'text_encoder.' : ''}text_embeddings.word_embeddings.weight`;
  const labels = config && labelsOf(config);
  const classifiers = ['', ...classifierTasks(shapes)].flatMap((task) => {
    const answers = shapes.get(task === '' ? 'classifier.3.weight' : `${task}_classifier.3.weight`)?.[0];
    const unnamed = architectures[config?.architectures?.[0] ?? ''] ?? 'classifier';
    return answers === undefined ? [] : [{ task: task || unnamed, answers }];
  });
  const others = [...shapes.keys()].filter((name) => otherHeads.some((rule) => rule.test(name)));
  return {
    path: file.path,
    format: file.format,
    tensors: file.tensors.size,
    parameters: [...shapes.values()].reduce((sum, shape) => sum + countOf(shape), 0),
    isOurs: ours,
    classifiers,
    otherHeads: [...new Set(others.map((name) => name.split('.')[0]!))],
    lacks: ours ? [] : lacksOf({ classifiers, labels, path: file.path, rows: shapes.get(table)?.[0] }),
    hasTeacher: [...file.tensors.keys()].some((name) => name.startsWith('teacher_model.')),
    ...modelOf(shapes, { config, heads, path: file.path }),
    ...(labels ? { labels } : {}),
  };
};

/** BERT's word pieces, which are read where no others are given. */
const BERT_PIECES = 30_522;

interface Told extends Pick<CheckpointInfo, 'path' | 'classifiers'> {
  readonly labels: readonly string[] | undefined;
  /** Of its table of words. */
  readonly rows: number | undefined;
}

const lacksOf = ({ classifiers, labels, path, rows }: Told): string[] => {
  const [only] = classifiers;
  const isKnown = only === undefined || labels?.length === only.answers || only.task === 'nlvr2' || only.task === 've';
  const hasWords = rows === undefined || rows === BERT_PIECES || existsSync(join(dirname(path), 'vocab.txt'));
  return [
    ...(only === undefined || only.task === 'classifier' ? ['--task NAME'] : []),
    ...(isKnown ? [] : [`--answers FILE, of ${only.answers}`]),
    ...(hasWords ? [] : [`--vocabulary FILE, of ${rows}`]),
  ];
};

/** The model and its sizes, or nothing where the tensors are those of something else. */
const modelOf = (...[shapes, hints]: Parameters<typeof inferSizes>): Pick<CheckpointInfo, 'model' | 'sizes'> => {
  try {
    return { model: hasTwoTowers(shapes) ? 'dide' : 'vilt', sizes: inferSizes(shapes, hints) };
  } catch (error) {
    if (error instanceof UserError) return {};
    throw error;
  }
};
