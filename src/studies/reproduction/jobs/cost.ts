import { collate } from '../../../data.ts';
import { compile, createParams, input, type Tensor } from '../../../engine.ts';
import { createStudent, type Example, loadTrained, type Model, preprocessorFor } from '../../../index.ts';
import { answeredBy, headOver, imageEncoder, inputsFor, interaction, textEncoder } from '../../../model.ts';
import { median } from '../../measures/latency.ts';
import { type Job, weightsOf } from '../job.ts';
import { type TaskName, taskNames, understanding } from '../tasks.ts';
import { scenesOf } from './scenes.ts';
import { tunedTeacher } from './understanding.ts';

/** Table 3, by its piece. */
export const costId = (task: TaskName): string => `cost/${task}`;

/** Calls that are timed, after a quarter as many that are not. */
const CALLS = 200;

/** What one question costs, and what was paid before. A student that has learnt nothing takes as long as one that has. */
export const costPieces = (): Job[] =>
  taskNames.map((task) => ({
    id: costId(task),
    needs: [tunedTeacher(task)],
    cost: 100,
    isAlone: true,
    run: async ({ folder, threads }) => {
      const examples = (await understanding[task].read(scenesOf(folder, task), 'test-iid')).slice(0, 32);
      const measure = { examples, threads };
      const teacher = await loadTrained(weightsOf(folder, tunedTeacher(task)));
      const student = createStudent(teacher, { seed: 0 });
      return {
        measures: {
          milliseconds: {
            teacher: await timed(teacher, logitsOf, measure),
            student: await timed(student, logitsOf, measure),
            'student, images kept': await timed(student, keptLogitsOf, measure),
            'encoding an image': await timed(student, imageOf, measure),
          },
        },
      };
    },
  }));

type Graph = (trained: Model) => Tensor;

const logitsOf: Graph = ({ config }) => answeredBy(config, createParams(), inputsFor(config.sizes, config)).logits;

const imageOf: Graph = ({ config: { sizes } }) =>
  imageEncoder(createParams(), inputsFor(sizes).images[0]!, sizes).pooled;

/** The text encoder, f and the head, of images whose vectors are there. */
const keptLogitsOf: Graph = ({ config: { sizes, task, images, answers } }) => {
  const p = createParams();
  const { pooled } = textEncoder(p, inputsFor(sizes).text, sizes);
  const vectors = Array.from({ length: images }, (_, i) => input(`vector_${i + 1}`, ['batch', sizes.width]));
  const pairs = vectors.map((vector) => interaction(p, pooled, vector));
  return headOver(p, pairs, { sizes, head: { task, answers: answers.length } });
};

/** The median of one call with one example, in milliseconds; pictures are decoded before the clock starts. */
const timed = async (
  trained: Model,
  graph: Graph,
  { examples, threads }: { readonly examples: readonly Example[]; readonly threads: number },
): Promise<number> => {
  const { prepare, collate: rule } = preprocessorFor(trained.config, { batch: 1 });
  await using session = await compile({ out: graph(trained) }, { weights: trained.weights, threads });
  const { width } = trained.config.sizes;
  const vector = { shape: [1, width], data: new Float32Array(width).fill(0.5) };
  const times: number[] = [];
  for (let call = 0; call < 1.25 * CALLS; call += 1) {
    const feeds = {
      ...collate([await prepare(examples[call % examples.length]!)], rule),
      vector_1: vector,
      vector_2: vector,
    };
    const began = performance.now();
    await session.run(feeds);
    times.push(performance.now() - began);
  }
  return median(times.slice(CALLS / 4));
};
