import { join } from 'node:path';
import { countOf } from '../../engine.ts';
import { makeFolder } from '../../files/disk-errors.ts';
import { takeLock } from '../../files/lock.ts';
import { type Example, evaluate, loadModel, type Model, type Prediction, vqa } from '../../index.ts';
import { explainPairs } from '../attention/explain.ts';
import { accuracyReport, priorAccuracy } from '../measures/accuracy.ts';
import { chosenExamples } from '../measures/chosen-examples.ts';
import type { Manifest } from '../scenes/manifest.ts';
import { quickstartWorld, writeMiniScenes } from '../shipped/mini-scenes.ts';
import type { DataReport, ModelReport, QuickstartReport } from './content.ts';
import { type Answers, findingsOf, SHIPPED_STUDENT } from './findings.ts';
import { writeReport } from './page/write.ts';
import { serviceReport } from './service.ts';
import { type Recipe, recipeNames, type Sources, type TrainedModel, trainStudents } from './students.ts';

/** Options of `quickstart`. */
export interface QuickstartOptions {
  /** Path of a fusion encoder that was trained on the quickstart's world. */
  readonly teacher: string;
  /** Path of a student after stage 1, which every student begins with. */
  readonly pretrained: string;
  /** Path of a student that was distilled from the teacher with a budget of hours: it serves the cached images. */
  readonly student: string;
  /** Folder of the data, runs and report. */
  readonly folder: string;
  /** Seed of the data, its order and the initial weights. Default 0. */
  readonly seed?: number | undefined;
  /** Recipes of the students that are trained. Default: hard labels, and soft labels with attention, which must be there. */
  readonly recipes?: readonly Recipe[] | undefined;
  /** Amount of data and training. Default: minutes on two cores. */
  readonly size?: QuickstartSize | undefined;
  /** Whether to continue a stopped quickstart. Default false: starts again. */
  readonly resume?: boolean | undefined;
  readonly threads?: number | undefined;
  /** Command that reproduces the numbers, for the report. */
  readonly command: string;
  /** Receives the progress of each part. */
  readonly onProgress?:
    | ((
        part: string,
        progress: { readonly done: number; readonly of: number; readonly note?: string | undefined },
      ) => void)
    | undefined;
  /** Stops it where progress is next reported: the students' runs are kept, to be resumed. */
  readonly signal?: AbortSignal | undefined;
}

export interface QuickstartSize {
  readonly pairs: number;
  readonly heldOutPairs: number;
  /** Updates of each student; all have the same budget. */
  readonly updates: number;
}

export const quickstartSizes = {
  full: { pairs: 4000, heldOutPairs: 400, updates: 2000 },
  tiny: { pairs: 24, heldOutPairs: 8, updates: 4 },
} as const satisfies Record<string, QuickstartSize>;

/** Added to the seed of the data, so that it shares no image with the teacher's training data. */
const DATA_SEED = 1000;

const SPLITS = ['validation', 'test-iid', 'test-comp'] as const;
type Splits = Readonly<Record<(typeof SPLITS)[number], readonly Example[]>>;

/**
 * Runs the whole path once: writes scenes, fine-tunes the pre-trained student with and without the teacher, evaluates
 * them beside the teacher and the shipped student, caches all images with that one, asks one question about all of
 * them, measures times, and writes `report.html`.
 *
 * @throws UserError where a model is missing or damaged, or they are for other answers than the teacher, another process
 *   writes the folder, or the disk is full; the signal's reason where it was aborted.
 */
export const quickstart = async (options: QuickstartOptions): Promise<QuickstartReport> => {
  await makeFolder(options.folder);
  const unlock = await takeLock(join(options.folder, 'quickstart.lock'), options.folder);
  const onProgress: QuickstartOptions['onProgress'] = (part, progress) => {
    options.signal?.throwIfAborted();
    options.onProgress?.(part, progress);
  };
  try {
    return await runQuickstart({ ...options, onProgress });
  } finally {
    await unlock();
  }
};

const runQuickstart = async (options: QuickstartOptions): Promise<QuickstartReport> => {
  const began = performance.now();
  const { folder, seed = 0, size = quickstartSizes.full, command, onProgress } = options;
  const [teacher, pretrained, shipped] = await loadAll(options);
  const data = join(folder, `scenes-${seed}-${size.pairs}`);
  const manifest = await writeMiniScenes(data, {
    ...size,
    seed: seed + DATA_SEED,
    world: quickstartWorld,
    command,
    onProgress: ({ split, done, of }) => onProgress?.(`scenes: ${split}`, { done, of }),
  });
  const students = await trainAll(data, { teacher, pretrained }, options);
  const before = { teacher: trainedBefore(teacher), [SHIPPED_STUDENT]: trainedBefore(shipped) };
  // the best student first
  const models: Models = { ...before, ...Object.fromEntries(Object.entries(students).reverse()) };
  const splits = await readSplits(data);
  const predictions = await evaluateAll(models, splits, options);
  const served = await serve(models, { data, splits, options });
  const explained = await explain(models, predictions, options);
  const report: QuickstartReport = {
    seed,
    command,
    when: new Date().toLocaleString('en-GB', { dateStyle: 'long', timeStyle: 'short' }),
    seconds: (performance.now() - began) / 1000,
    data: dataReport(data, manifest, splits),
    models: modelReports(models, predictions, seed),
    ...served,
    ...explained,
    findings: findingsOf(predictions, served.latency, { seed }),
  };
  await writeReport(join(folder, 'report.html'), report);
  return report;
};

type Models = Readonly<Record<string, TrainedModel>> &
  Readonly<Record<'teacher' | typeof SHIPPED_STUDENT, TrainedModel>>;

const loadAll = async ({ teacher, pretrained, student }: QuickstartOptions): Promise<[Model, Model, Model]> => [
  await loadModel(teacher),
  await loadModel(pretrained),
  await loadModel(student),
];

const trainedBefore = (model: Model): TrainedModel => ({ model, run: { updates: updatesOf(model), curves: [] } });

const trainAll = (
  data: string,
  sources: Sources,
  options: QuickstartOptions,
): Promise<Record<string, TrainedModel>> => {
  const {
    folder,
    seed = 0,
    size = quickstartSizes.full,
    recipes = ['hard', 'soft+attention'],
    resume = false,
    onProgress,
  } = options;
  const training = { folder, data, seed, updates: size.updates, resume, threads: options.threads };
  return trainStudents(sources, recipes, { ...training, onProgress });
};

const readSplits = async (data: string): Promise<Splits> =>
  Object.fromEntries(await Promise.all(SPLITS.map(async (split) => [split, await vqa.read(data, split)]))) as Splits;

/** Serves all images, those of training too, with the shipped student. */
const serve = (
  models: Models,
  { data, splits, options }: { readonly data: string; readonly splits: Splits; readonly options: QuickstartOptions },
) =>
  serviceReport(
    { teacher: models.teacher.model, student: models[SHIPPED_STUDENT].model },
    {
      images: join(data, 'images'),
      examples: splits['test-iid'],
      to: join(options.folder, 'cache'),
      onProgress: (done, of) => options.onProgress?.('caching', { done, of }),
      threads: options.threads,
    },
  );

/**
 * The attention of all models on examples that the student distilled now answers rightly, and the one of hard labels,
 * which had the same budget, wrongly.
 */
const explain = async (
  models: Models,
  predictions: Readonly<Record<string, Answers>>,
  { threads }: QuickstartOptions,
): Promise<Pick<QuickstartReport, 'examples' | 'choice'>> => {
  const answersOf = (recipe: Recipe) => [recipeNames[recipe], predictions['test-iid']![recipeNames[recipe]]!] as const;
  const compared = { distilled: answersOf('soft+attention'), undistilled: answersOf('hard') };
  const { examples, choice } = chosenExamples('test-iid', compared);
  const all = Object.fromEntries(Object.entries(models).map(([name, { model }]) => [name, model]));
  return { examples: await explainPairs(all, examples, { threads }), choice };
};

const modelReports = (models: Models, predictions: Readonly<Record<string, Answers>>, seed: number): ModelReport[] =>
  Object.entries(models).map(([name, { model, run }]) => ({
    name,
    parameters: parametersOf(model),
    ...run,
    accuracy: Object.fromEntries(SPLITS.map((split) => [split, accuracyReport(predictions[split]![name]!, { seed })])),
  }));

const parametersOf = ({ weights }: Model): number =>
  [...weights.values()].reduce((sum, { shape }) => sum + countOf(shape), 0);

const updatesOf = ({ config: { recipe } }: Model): number => (typeof recipe.updates === 'number' ? recipe.updates : 0);

const dataReport = (folder: string, { rows, images }: Manifest, splits: Splits): DataReport => ({
  folder,
  splits: Object.fromEntries(
    Object.entries(rows).map(([split, examples]) => [split, { examples, images: images[split as 'train']! }]),
  ),
  priorPercent: 100 * priorAccuracy(splits['test-iid']),
});

/** Predictions by split and model. */
const evaluateAll = async (
  models: Readonly<Record<string, TrainedModel>>,
  splits: Splits,
  { threads, onProgress }: QuickstartOptions,
): Promise<Record<string, Answers>> => {
  const predictions: Record<string, Record<string, readonly Prediction[]>> = {};
  for (const [split, examples] of Object.entries(splits)) {
    predictions[split] = {};
    for (const [name, { model }] of Object.entries(models)) {
      const result = await evaluate(model, {
        ...{ task: vqa, examples, threads },
        onProgress: (done, of) => onProgress?.(`evaluating: ${name} on ${split}`, { done, of }),
      });
      predictions[split][name] = result.predictions;
    }
  }
  return predictions;
};
