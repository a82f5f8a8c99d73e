import { crossModalAttention } from '../objectives/cross-modal-attention-distillation.ts';
import type { QueryMask } from '../objectives/divergence.ts';
import { hardLabels, hardLabelsBinary } from '../objectives/hard-labels.ts';
import type { Objectives } from '../objectives/objective.ts';
import { softLabels, softLabelsBinary } from '../objectives/soft-label-distillation.ts';
import type { Scoring, Task } from '../tasks/task.ts';
import { type ReadingOptions, readingFor } from '../weights/reading.ts';
import type { Trained } from '../weights/trained.ts';
import { type TrainOptions, type TrainStep, train } from './train.ts';

/**
 * What the student learns from: ground truth, the teacher's answers, or its answers and its cross-modal attention
 * (the method: L_SL + L_CA, all weights 1).
 */
export type Recipe = 'hard' | 'soft' | 'soft+attention';

/** The objectives of a recipe (Wang et al. 2022, §3.3). */
export const objectivesOf = (
  recipe: Recipe,
  scoring: Scoring,
  { queries }: { readonly queries?: QueryMask } = {},
): Objectives => {
  if (recipe === 'hard')
    return {
      hard: { objective: scoring === 'sigmoid' ? hardLabelsBinary : hardLabels, weight: 1, needsTeacher: false },
    };
  const soft = { objective: scoring === 'sigmoid' ? softLabelsBinary : softLabels(), weight: 1, needsTeacher: true };
  if (recipe === 'soft') return { soft };
  const options = queries === undefined ? {} : { queries };
  return { soft, attention: { objective: crossModalAttention(options), weight: 1, needsTeacher: true } };
};

/** Everything of a training that the data and the recipe do not already say. */
export interface FinetuneOptions
  extends Omit<
      TrainOptions,
      'learner' | 'teacher' | 'objectives' | 'task' | 'examples' | 'validation' | 'reading' | 'updates'
    >,
    ReadingOptions {
  readonly task: Task;
  /** The folder of the data. */
  readonly data: string;
  /** Default: `soft+attention` with a teacher, `hard` without. */
  readonly recipe?: Recipe;
  /** Which queries L_CA averages over. Default all, as the authors' code. */
  readonly queries?: QueryMask;
  /** Passes over the training examples. */
  readonly epochs?: number;
  /** Instead of epochs, a number of updates. */
  readonly updates?: number;
}

/**
 * Stage 2: fine-tuning on a task, of a student distilled from a teacher or of any model on ground truth. The learner is
 * trained in place.
 */
export async function* finetune(
  learner: Trained,
  teacher: Trained | undefined,
  options: FinetuneOptions,
): AsyncGenerator<TrainStep, void, undefined> {
  const { data, task, recipe = teacher ? 'soft+attention' : 'hard', epochs = 10, accumulation = 1, batch } = options;
  const examples = await task.read(data, 'train');
  const validation = await task.read(data, 'validation');
  const updates =
    options.updates ?? Math.max(1, Math.floor((Math.floor(examples.length / batch) * epochs) / accumulation));
  const { scoring } = learner.description;
  yield* train({
    ...options,
    learner,
    ...(teacher ? { teacher } : {}),
    objectives: objectivesOf(recipe, scoring, options.queries === undefined ? {} : { queries: options.queries }),
    examples,
    validation,
    reading: readingFor(learner.description, options),
    updates,
  });
}
