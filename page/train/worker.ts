/** Trains beside the page, so that the page never waits. */
import {
  adaptModel,
  loadModel,
  type Model,
  type PreparedExample,
  prepareExamples,
  saveModel,
  train,
  UserError,
  type WebTrainStep,
} from 'dide/web';
import { offer } from '../tab/remote.ts';
import { runtimeAt } from '../tab/runtime.ts';
import { files } from '../tab/site.ts';
import type { Lesson, Prepared, Step } from './lesson.ts';

type OnProgress = (done: number, of: number) => void;

/** A training that is under way, or waits. */
interface Training {
  readonly model: Model;
  readonly steps: AsyncGenerator<WebTrainStep, void, undefined>;
}

let training: Training | undefined;

/** Every so many pictures of an answer one is kept apart, where there are enough of them. */
const APART = 5;
/** Milliseconds after which a call tells what was done. */
const A_WHILE = 250;

const begin = async (lesson: Lesson, onProgress: OnProgress): Promise<Prepared> => {
  const { student, question, labelled, updates } = lesson;
  await training?.steps.return();
  const source = await loadModel(student);
  const teacher = lesson.teacher && (await loadModel(lesson.teacher));
  const { task, images, scoring } = source.config;
  if (images !== 1 || !source.config.purpose.logits)
    throw new UserError(`the student is for ${task}: give one that answers questions about one picture`);
  const answers = labelled.map(({ answer }) => answer);
  const model = adaptModel(source, { task: { name: task, images, scoring }, answers });
  const all = labelled.flatMap(({ answer, files }) =>
    files.map((file, i) => ({
      images: file,
      text: question,
      answer,
      isApart: files.length >= APART && i % APART === 0,
    })),
  );
  const [examples, validation]: [PreparedExample[], PreparedExample[]] = [[], []];
  const warnings: string[] = [];
  for (const [i, { isApart, ...one }] of all.entries()) {
    try {
      for await (const example of prepareExamples(model, [one])) (isApart ? validation : examples).push(example);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      warnings.push(error.message);
    }
    onProgress(i + 1, all.length);
  }
  const ort = runtimeAt(new URL(`${files.runtime}/`, student).href);
  const batch = Math.min(16, examples.length);
  const measured = validation.length > 0 ? validation : examples;
  const steps = train(model, ort, {
    examples,
    validation: measured,
    updates,
    batch,
    teacher,
    validateEvery: 5,
    clip: 1,
  });
  training = { model, steps };
  return { learnt: examples.length, apart: validation.length, warnings };
};

offer(
  {
    begin,
    /** Makes updates for a while. → those that were made; none once the training is at its end */
    go: async (): Promise<readonly Step[]> => {
      const began = performance.now();
      const made: Step[] = [];
      while (performance.now() - began < A_WHILE) {
        const { value } = await training!.steps.next();
        if (!value) break;
        const { number, of, losses, validation, milliseconds } = value;
        made.push({ number, of, loss: losses.total!, accuracy: validation, milliseconds });
      }
      return made;
    },
    save: async (): Promise<Blob> => saveModel(training!.model),
  },
  (error) => (error instanceof UserError ? 'refused' : 'fault'),
);
