import { collate, preprocessorFor } from '../../../data.ts';
import { compile, createParams, input, type Tensor } from '../../../engine.ts';
import { adaptModel, createStudent, type Example, loadModel, type Model } from '../../../index.ts';
import { forward, inputsFor, interaction } from '../../../model.ts';
import { median } from '../../measures/latency.ts';
import { jobOf, type PlannedJob } from '../planned-job.ts';
import { type TaskName, taskNames, understanding } from '../tasks.ts';
import { scenesFolder } from './scenes.ts';

/** Calls that are timed, after a quarter as many that are not. */
const CALLS = 200;

/**
 * Duration of one example, with and without cached images, and of encoding an image: table 3 of the paper. Neither
 * model is trained on the task, which makes no difference to its speed.
 */
export const costJobs = (): PlannedJob[] =>
  taskNames.map((task) =>
    jobOf(
      { kind: 'cost', task },
      {
        ...{ needs: [], part: 'cost', view: task, isAlone: true },
        execute: async ({ folder, encoder, threads }) => {
          const data = scenesFolder(folder, task);
          const examples = (await understanding[task].read(data, 'test-iid')).slice(0, 32);
          const options = { examples, threads };
          const { teacher, student } = await modelsFor(encoder, task, data);
          return {
            measures: {
              milliseconds: {
                teacher: await latencyOf(teacher, logitsOf, options),
                student: await latencyOf(student, logitsOf, options),
                'student, images kept': await latencyOf(student, cachedLogitsOf, options),
                'encoding an image': await latencyOf(student, imageVectorOf, options),
              },
            },
          };
        },
      },
    ),
  );

/** The fusion encoder and its student with the heads of a task, both untrained on it. */
export const modelsFor = async (encoder: string, task: TaskName, data: string) => {
  const start = await loadModel(encoder);
  const head = { task: understanding[task], answers: await understanding[task].answers(data), seed: 0 };
  return { teacher: adaptModel(start, head), student: createStudent(start, head) };
};

type Graph = (model: Model) => Tensor;

const logitsOf: Graph = ({ config }) => forward(config, createParams(), inputsFor(config.sizes, config)).logits;

const imageVectorOf: Graph = ({ config: { sizes, architecture } }) => {
  const p = createParams();
  const { image, pool } = architecture.towers!;
  return pool(p, 'image', image(p, inputsFor(sizes).images[0]!, sizes));
};

/** Text encoder, interaction module and head, over cached image vectors. */
const cachedLogitsOf: Graph = ({ config }) => {
  const { sizes, images, architecture, purpose } = config;
  const p = createParams();
  const { text, pool } = architecture.towers!;
  const pooled = pool(p, 'text', text(p, inputsFor(sizes).text, sizes));
  const vectors = Array.from({ length: images }, (_, i) => input(`vector_${i + 1}`, ['batch', sizes.width]));
  const pairs = vectors.map((vector) => interaction(p, pooled, vector));
  return purpose.logits!(config, p, pairs);
};

/** Median duration of one call with one example, in milliseconds; images are decoded before the clock starts. */
const latencyOf = async (
  model: Model,
  graph: Graph,
  { examples, threads }: { readonly examples: readonly Example[]; readonly threads: number },
): Promise<number> => {
  const { prepare, collate: rule } = preprocessorFor(model.config, { batch: 1 });
  await using session = await compile({ out: graph(model) }, { weights: model.weights, threads });
  const { width } = model.config.sizes;
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
