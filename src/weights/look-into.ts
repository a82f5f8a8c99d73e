import { countOf } from '../engine/numbers.ts';
import { UserError } from '../errors.ts';
import type { Sizes } from '../models/sizes.ts';
import { otherHeads, tasksIn } from './checkpoint-heads.ts';
import { configBeside, labelsOf, sizesFrom } from './checkpoint-sizes.ts';
import { isDual, planOf } from './load-teacher.ts';
import { openWeights } from './weights-file.ts';

/** What a checkpoint of ViLT, DiDE or Hugging Face holds, without its numbers being read. */
export interface Looked {
  readonly path: string;
  readonly format: 'safetensors' | 'pytorch';
  readonly tensors: number;
  readonly parameters: number;
  /** Whether a file of ours: it then says everything of itself, and the rest here is left out. */
  readonly isOurs: boolean;
  /** Absent where the names are not those of a ViLT or DiDE. */
  readonly model?: 'vilt' | 'dide';
  readonly sizes?: Sizes;
  /** Its classifiers: the task of each, `classifier` where it does not say, and how many answers it gives. */
  readonly classifiers: readonly { readonly task: string; readonly answers: number }[];
  /** Its heads of pre-training and retrieval. */
  readonly otherHeads: readonly string[];
  /** The names of its answers, where config.json says them. */
  readonly labels?: readonly string[];
  /** Whether it carries the teacher that it was distilled from. */
  readonly hasTeacher: boolean;
}

/** Opens a file or folder of weights and says what is in it. @throws UserError where it is not safe or whole. */
export const lookInto = async (path: string): Promise<Looked> => {
  await using file = await openWeights(path);
  const { shapes } = planOf(file, 'classifier');
  const config = await configBeside(file.path);
  const labels = config && labelsOf(config);
  const classifiers = ['', ...tasksIn(shapes)].flatMap((task) => {
    const answers = shapes.get(task === '' ? 'classifier.3.weight' : `${task}_classifier.3.weight`)?.[0];
    return answers === undefined ? [] : [{ task: task || 'classifier', answers }];
  });
  const others = [...shapes.keys()].filter((name) => otherHeads.some((rule) => rule.test(name)));
  return {
    path: file.path,
    format: file.format,
    tensors: file.tensors.size,
    parameters: [...shapes.values()].reduce((sum, shape) => sum + countOf(shape), 0),
    isOurs: file.metadata.has('dide.description'),
    classifiers,
    otherHeads: [...new Set(others.map((name) => name.split('.')[0]!))],
    hasTeacher: [...file.tensors.keys()].some((name) => name.startsWith('teacher_model.')),
    ...modelOf(shapes, { config, path: file.path }),
    ...(labels ? { labels } : {}),
  };
};

/** The model and its sizes, or nothing where the tensors are those of something else. */
const modelOf = (...[shapes, hints]: Parameters<typeof sizesFrom>): Pick<Looked, 'model' | 'sizes'> => {
  try {
    return { model: isDual(shapes) ? 'dide' : 'vilt', sizes: sizesFrom(shapes, hints) };
  } catch (error) {
    if (error instanceof UserError) return {};
    throw error;
  }
};
