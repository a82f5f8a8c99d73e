import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Example } from '../data/example.ts';
import { countOf } from '../engine/numbers.ts';
import { ask } from '../serving/ask.ts';
import { cacheImages } from '../serving/cache-images.ts';
import { vqa } from '../tasks/vqa.ts';
import { evaluate, type Judged } from '../training/evaluate.ts';
import { finetune, type Recipe } from '../training/finetune.ts';
import { readMetrics } from '../training/metrics.ts';
import { readingFor } from '../weights/reading.ts';
import { openStudent } from '../weights/student.ts';
import { createStudent, loadTrained, type Trained } from '../weights/trained.ts';
import { accuracyReport, priorAccuracy } from './accuracy.ts';
import { dataUri, exampleReports, shownExamples } from './examples.ts';
import { findingsOf } from './findings.ts';
import { latencyReport } from './latency.ts';
import { writeMiniScenes } from './mini.ts';
import type { CurvePoint, ModelReport, QuestionReport, QuickstartReport } from './report/content.ts';
import { writeReport } from './report/write-report.ts';

/** What a quickstart is told. */
export interface QuickstartOptions {
  /** A fusion encoder of the quickstart's world. */
  readonly teacher: string;
  /** Where the data, the runs and the report go. */
  readonly folder: string;
  /** Of the data, the order and the initial weights. Default 0. */
  readonly seed?: number;
  /** Which students, the baseline first. Default: hard labels, and soft labels with attention. */
  readonly recipes?: readonly Recipe[];
  /** Default: minutes on two cores. */
  readonly size?: QuickstartSize;
  /** Goes on with a quickstart that was stopped. Default: begins anew. */
  readonly resume?: boolean;
  readonly threads?: number;
  /** What to type for the same numbers, for the report. */
  readonly command: string;
  /** Hears how far each part is. */
  readonly onProgress?: (
    part: string,
    progress: { readonly done: number; readonly of: number; readonly note?: string },
  ) => void;
}

export interface QuickstartSize {
  readonly pairs: number;
  readonly heldOutPairs: number;
  /** Of each student; all have the same budget. */
  readonly updates: number;
}

export const quickstartSizes = {
  full: { pairs: 3000, heldOutPairs: 300, updates: 1000 },
  tiny: { pairs: 24, heldOutPairs: 8, updates: 4 },
} as const satisfies Record<string, QuickstartSize>;

/** How every student is trained, whatever it learns from. */
const studentTraining = {
  batch: 32,
  learningRate: 1e-3,
  warmup: 0.1,
  clip: 1,
  dropoutRate: 0,
  order: 'torch',
  decay: 'correct',
} as const;

const names: Readonly<Record<Recipe, string>> = {
  hard: 'hard labels',
  soft: 'soft labels',
  'soft+attention': 'soft labels + attention',
};
const SPLITS = ['validation', 'test-iid', 'test-comp'] as const;
const QUESTION = 'is there a red circle that is left of a blue shape?';

/** A model of the study, and how it came about. */
interface Studied {
  readonly trained: Trained;
  readonly run: Pick<ModelReport, 'updates' | 'seconds' | 'curves'>;
}

/**
 * The whole path, once: writes scenes, distils students from the teacher, evaluates all of them, caches the test
 * images, asks one question of them all, times everything, and writes `report.html`.
 *
 * @throws UserError where the teacher is missing or damaged, or the disk is full.
 */
export const quickstart = async (options: QuickstartOptions): Promise<QuickstartReport> => {
  const { folder, seed = 0, size = quickstartSizes.full, recipes = ['hard', 'soft+attention'] } = options;
  const began = performance.now();
  const teacher = await loadTrained(options.teacher);
  if (!options.resume)
    await Promise.all(recipes.map((recipe) => rm(runOf(folder, recipe), { recursive: true, force: true })));
  const data = join(folder, `scenes-${seed}-${size.pairs}`);
  const manifest = await writeMiniScenes(data, {
    seed: seed + DATA_SEED,
    ...size,
    command: options.command,
    onProgress: ({ split, done, of }) => options.onProgress?.(`scenes: ${split}`, { done, of }),
  });
  const models: Record<string, Studied> = { teacher: { trained: teacher, run: teacherRun(teacher) } };
  for (const recipe of recipes) models[names[recipe]] = await distil(recipe, teacher, { ...options, data });
  const splits = await readSplits(data);
  const judged = await judgeAll(models, splits, options);
  const served = await serve(models, splits['test-iid'], { ...options, data });
  const report: QuickstartReport = {
    seed,
    command: options.command,
    when: new Date().toLocaleString('en-GB', { dateStyle: 'long', timeStyle: 'short' }),
    seconds: (performance.now() - began) / 1000,
    data: {
      folder: data,
      splits: Object.fromEntries(
        Object.entries(manifest.rows).map(([split, examples]) => [
          split,
          { examples, images: manifest.images[split as 'train']! },
        ]),
      ),
      priorPercent: 100 * priorAccuracy(splits['test-iid']),
    },
    models: Object.entries(models).map(([name, { trained, run }]) => ({
      name,
      parameters: parametersOf(trained),
      ...run,
      accuracy: Object.fromEntries(SPLITS.map((split) => [split, accuracyReport(judged[split]![name]!, { seed })])),
    })),
    ...served,
    findings: findingsOf(judged, served.latency, { seed }),
  };
  await writeReport(join(folder, 'report.html'), report);
  return report;
};

/** The teacher was trained on the scenes of seed 1; none of the quickstart's are among them. */
const DATA_SEED = 1000;

const runOf = (folder: string, recipe: Recipe): string => join(folder, recipe);

const parametersOf = ({ weights }: Trained): number =>
  [...weights.values()].reduce((sum, { shape }) => sum + countOf(shape), 0);

const teacherRun = ({ description }: Trained): Studied['run'] => {
  const { updates } = description.recipe;
  return { updates: typeof updates === 'number' ? updates : 0, seconds: 0, curves: [] };
};

const distil = async (
  recipe: Recipe,
  teacher: Trained,
  options: QuickstartOptions & { readonly data: string },
): Promise<Studied> => {
  const { seed = 0, size = quickstartSizes.full, folder, data, threads } = options;
  const trained = createStudent(teacher, { seed });
  const run = runOf(folder, recipe);
  const steps = finetune(trained, recipe === 'hard' ? undefined : teacher, {
    ...studentTraining,
    task: vqa,
    data,
    recipe,
    updates: size.updates,
    seed,
    folder: run,
    resume: options.resume ?? false,
    ...(threads === undefined ? {} : { threads }),
  });
  let [milliseconds, note] = [0, ''];
  for await (const { number, of, losses, validation, milliseconds: taken } of steps) {
    milliseconds += taken;
    note = `loss ${losses.total!.toFixed(3)}${validation === undefined ? note.replace(/^loss \S+/, '') : `, validation ${(100 * validation).toFixed(1)} %`}`;
    options.onProgress?.(names[recipe], { done: number, of, note });
  }
  return { trained, run: { updates: size.updates, seconds: milliseconds / 1000, curves: curvesOf(run) } };
};

/** Points that a chart can still tell apart. */
const CURVE_POINTS = 100;

/** The logged losses, averaged over stretches of updates. */
const curvesOf = (run: string): CurvePoint[] => {
  const all = readMetrics(run);
  const stretch = Math.max(1, Math.ceil(all.length / CURVE_POINTS));
  return Array.from({ length: Math.ceil(all.length / stretch) }, (_, i) => {
    const part = all.slice(i * stretch, (i + 1) * stretch);
    const objectives = Object.keys(part[0]!.values).filter((name) => name.startsWith('loss/'));
    const meanOf = (name: string): number => part.reduce((sum, { values }) => sum + values[name]!, 0) / part.length;
    const validation = part.find(({ values }) => values.validation !== undefined)?.values.validation;
    return {
      step: part.at(-1)!.step,
      losses: Object.fromEntries(objectives.map((name) => [name.slice('loss/'.length), meanOf(name)])),
      ...(validation === undefined ? {} : { validation }),
    };
  });
};

type Splits = Readonly<Record<(typeof SPLITS)[number], readonly Example[]>>;

const readSplits = async (data: string): Promise<Splits> =>
  Object.fromEntries(await Promise.all(SPLITS.map(async (split) => [split, await vqa.read(data, split)]))) as Splits;

/** split -> model -> what it said. */
const judgeAll = async (
  models: Readonly<Record<string, Studied>>,
  splits: Splits,
  { threads, onProgress }: QuickstartOptions,
) => {
  const judged: Record<string, Record<string, Judged[]>> = {};
  for (const [split, examples] of Object.entries(splits)) {
    judged[split] = {};
    for (const [name, { trained }] of Object.entries(models)) {
      judged[split][name] = await evaluate(trained, examples, {
        task: vqa,
        reading: readingFor(trained.description, { batch: 64 }),
        ...(threads === undefined ? {} : { threads }),
        onProgress: (done, of) => onProgress?.(`evaluating: ${name} on ${split}`, { done, of }),
      });
    }
  }
  return judged;
};

/** Caches the test images with the last student, asks of all of them, and looks at a few. */
const serve = async (
  models: Readonly<Record<string, Studied>>,
  examples: readonly Example[],
  options: QuickstartOptions & { readonly data: string },
) => {
  const { folder, data, threads, onProgress } = options;
  const cores = threads === undefined ? {} : { threads };
  const trained = Object.fromEntries(Object.entries(models).map(([name, studied]) => [name, studied.trained]));
  const student = Object.values(trained).at(-1)!;
  await using opened = await openStudent(student, cores);
  const images = join(data, 'images', 'test-iid');
  const began = performance.now();
  const to = join(folder, 'cache');
  await rm(to, { recursive: true, force: true });
  const cache = await cacheImages(opened, images, {
    to,
    batch: 64,
    onProgress: ({ done, of }) => onProgress?.('caching', { done, of }),
  });
  const seconds = (performance.now() - began) / 1000;
  const { width } = cache.about;
  return {
    cache: { images: cache.entries.length, bytes: 4 * width * cache.entries.length, seconds },
    question: await questionReport(ask(opened, QUESTION, cache, { answer: 'yes', top: 12 }), images),
    latency: await latencyReport(
      { teacher: trained.teacher!, student, opened },
      { examples, question: QUESTION, cache, ...cores },
    ),
    examples: await exampleReports(trained, shownExamples(examples, 6), cores),
  };
};

const questionReport = async (answers: ReturnType<typeof ask>, images: string): Promise<QuestionReport> => ({
  text: QUESTION,
  answers: await Promise.all(
    (await answers).map(async ({ image, answer, probability }) => ({
      image: await dataUri(join(images, image)),
      path: image,
      answer,
      probability,
    })),
  ),
});
