import { galleryOf, recalls } from '../../../data.ts';
import {
  adaptModel,
  createStudent,
  finetune,
  loadTrained,
  type Model,
  preprocessorFor,
  retrieval,
  scoreGallery,
} from '../../../index.ts';
import { type Context, type Job, type Result, weightsOf } from '../job.ts';
import type { ReproductionSize } from '../size.ts';
import { measured, scenesOf } from './scenes.ts';
import { PRETRAINED_TEACHER, pretrainedStudent } from './stage1.ts';
import { type Lesson, runOptions, trainedTo } from './training.ts';

/** The fusion encoder fine-tuned to rank texts. */
export const RETRIEVAL_TEACHER = 'teacher/retrieval';

/** Table 2: what a student that retrieves learns from, and what it begins from. */
export const retrievalRows = [
  { name: 'without distillation', recipe: 'hard', begins: 'teacher' },
  { name: '+ fine-tuning distillation', recipe: 'soft+attention', begins: 'teacher' },
  { name: '+ pre-training distillation', recipe: 'hard', begins: 'stage 1' },
  { name: '+ both', recipe: 'soft+attention', begins: 'stage 1' },
] as const;

type Row = (typeof retrievalRows)[number];

export const retrievalId = ({ recipe, begins }: Pick<Row, 'recipe' | 'begins'>, seed: number): string =>
  `student/retrieval/${recipe === 'hard' ? 'contrast' : 'attention'}/${begins.replace(' ', '-')}/seed-${seed}`;

/** A fusion encoder sees sixteen texts with each image: as many pairs an update as a student's batch is wide. */
const TEACHER = { learningRate: 6e-4, shareOfBatch: 1 / 8 } as const;

const STUDENT_RATE = 1e-3;

export const retrievalTeacherPiece = ({ batch, updates }: ReproductionSize): Job => ({
  id: RETRIEVAL_TEACHER,
  needs: [PRETRAINED_TEACHER],
  cost: 2 * updates.teacher,
  run: async (context) => {
    const begun = await loadTrained(weightsOf(context.folder, PRETRAINED_TEACHER));
    const model = adaptModel(begun, { task: retrieval, answers: [], seed: 0 });
    const how = { learningRate: TEACHER.learningRate, batch: Math.max(2, batch * TEACHER.shareOfBatch), seed: 0 };
    return learnt(
      model,
      undefined,
      { ...how, id: RETRIEVAL_TEACHER, recipe: 'hard', updates: updates.teacher },
      context,
    );
  },
});

/** The students that retrieve, of one seed. */
export const retrievalPieces = ({ batch, updates }: ReproductionSize, seed: number): Job[] =>
  retrievalRows.map((row) => {
    const begins = row.begins === 'teacher' ? PRETRAINED_TEACHER : pretrainedStudent(seed);
    const id = retrievalId(row, seed);
    return {
      id,
      needs: [begins, RETRIEVAL_TEACHER],
      cost: updates.student,
      run: async (context) => {
        const teacher = await loadTrained(weightsOf(context.folder, RETRIEVAL_TEACHER));
        const begun = await loadTrained(weightsOf(context.folder, begins));
        const how = { task: retrieval, answers: [], seed };
        const model = row.begins === 'stage 1' ? adaptModel(begun, how) : createStudent(begun, how);
        const lesson = { id, seed, batch, recipe: row.recipe, learningRate: STUDENT_RATE, updates: updates.student };
        return learnt(model, row.recipe === 'hard' ? undefined : teacher, lesson, context);
      },
    };
  });

const learnt = async (
  model: Model,
  teacher: Model | undefined,
  { id, updates, ...lesson }: Lesson & Pick<Row, 'recipe'>,
  context: Context,
): Promise<Pick<Result, 'measures' | 'training'>> => {
  const data = scenesOf(context.folder, 'retrieval');
  const options = { ...runOptions(id, updates, context), ...lesson, task: retrieval, data, queries: 'valid' } as const;
  const run = await trainedTo(id, model, finetune(model, teacher, options), context);
  const best = await loadTrained(weightsOf(context.folder, id));
  const measures: Record<string, Record<string, number>> = {};
  for (const split of measured) measures[split] = await recallsOf(best, await retrieval.read(data, split), context);
  return { training: { ...run, learningRate: lesson.learningRate }, measures };
};

/** Recall over the whole gallery of a split. */
const recallsOf = async (
  trained: Model,
  examples: Awaited<ReturnType<typeof retrieval.read>>,
  { threads }: Context,
): Promise<Record<string, number>> => {
  const { scores, ...gallery } = await scoreGallery(trained, galleryOf(examples), {
    preprocessor: preprocessorFor(trained.config, { batch: 64 }),
    threads,
  });
  return recalls(scores, gallery);
};
