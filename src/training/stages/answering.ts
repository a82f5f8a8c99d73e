import type { Trained } from '../../checkpoints/model-file.ts';
import { collateAnswers } from '../../data/batch.ts';
import type { Example } from '../../data/example.ts';
import { inOrder } from '../../data/loader.ts';
import { input } from '../../engine/tensor.ts';
import { openValidator } from '../../evaluation/evaluate.ts';
import { answered } from '../../model/architecture.ts';
import { modelOf } from '../../model/config.ts';
import { inputsFor } from '../../model/encoded.ts';
import type { Objectives } from '../../objectives/objective.ts';
import type { Task } from '../../tasks/task.ts';
import { trainStage } from '../loop.ts';
import type { RunOptions, TrainStep } from '../options.ts';
import { exampleOrder } from '../samplers/length-grouped.ts';
import { feeding, type TeacherCache } from '../teacher-outputs/cache.ts';
import { keptTeacher } from '../teacher-outputs/placeholder.ts';
import type { Stage, Term } from './stage.ts';

export type { TrainStep } from '../options.ts';

/** A training on a task, whole. */
export interface TrainOptions extends RunOptions {
  readonly objectives: Objectives;
  readonly task: Task;
  readonly examples: readonly Example[];
  readonly validation: readonly Example[];
  /**
   * The split that `validation` is, on which the best weights are chosen; the run remembers it where it is another one
   * than `validation`. A number of the split that chose the weights is no longer one of data never seen.
   */
  readonly selectOn?: string;
  /** What else decides which bits come out, for the run to remember. */
  readonly identity?: Readonly<Record<string, string | number>>;
  /** What the teacher makes of the examples, computed before; then it is no part of the training's graph. */
  readonly teacherCache?: Pick<TeacherCache, 'feeds'>;
}

/** Trains on a task: `trainStage`, of the stage that these options describe. */
export async function* train(options: TrainOptions): AsyncGenerator<TrainStep, void, undefined> {
  yield* trainStage(answering(options), options);
}

/** The stage in which a model learns to answer the questions of a task. */
const answering = (options: TrainOptions): Stage => {
  const { learner, task, examples, validation, reading, updates, accumulation = 1, seed = 0 } = options;
  const { teacherCache } = options;
  const { answers, model } = learner.description;
  const order = exampleOrder(examples, { wanted: updates * accumulation * reading.batch, batch: reading.batch, seed });
  return {
    terms: termsOf(options),
    batches: (from) => inOrder(examples, order.subarray(from * reading.batch), reading.batch),
    feeds: (batch) => ({ target: collateAnswers(batch.examples, answers, { outside: 'ignore' }) }),
    ...(teacherCache && { choosing: feeding(teacherCache) }),
    validator: (parameters) =>
      openValidator({ ...options, description: learner.description, parameters, task, examples: validation }),
    identity: {
      ...options.identity,
      ...(teacherCache ? { teacher: 'cached as float16' } : {}),
      ...{ model, objectives: namesOf(options.objectives), batch: reading.batch, examples: examples.length },
      ...(options.selectOn === undefined || options.selectOn === 'validation' ? {} : { selectOn: options.selectOn }),
    },
  };
};

const namesOf = (objectives: Objectives): string =>
  Object.entries(objectives)
    .map(([name, { weight }]) => `${name} x ${weight}`)
    .join(' + ');

/** The objectives over what learner and teacher answer. @throws Error where one needs a teacher and there is none. */
export const termsOf =
  ({
    learner,
    teacher,
    objectives,
    teacherCache,
  }: Pick<TrainOptions, 'learner' | 'teacher' | 'objectives' | 'teacherCache'>): Stage['terms'] =>
  (p, t) => {
    const { description } = learner;
    const inputs = inputsFor(description.sizes, { images: description.images });
    const head = { task: description.task, answers: description.answers.length };
    const answeredBy = ({ description }: Trained, params: typeof p) =>
      answered(modelOf(description), params, inputs, { sizes: description.sizes, head });
    const student = answeredBy(learner, p);
    const whole = teacher && answeredBy(teacher, t);
    const taught = whole && (teacherCache ? keptTeacher(whole) : whole);
    const target = input('target', ['batch', head.answers]);
    const termOf = ([name, { objective, weight, needsTeacher }]: [string, Objectives[string]]): [string, Term] => {
      if (needsTeacher && !taught) throw new Error(`step: the objective ${name} needs a teacher`);
      // an objective of ground truth never looks at the teacher
      return [name, { weight, loss: objective(student, taught ?? student, target) }];
    };
    return Object.fromEntries(Object.entries(objectives).map(termOf));
  };
