import { join } from 'node:path';
import { countOf } from '../../engine.ts';
import { type Example, evaluate, loadModel, type Model, type Prediction, vqa } from '../../index.ts';
import { accuracyReport, firstOfEachKind, priorAccuracy } from '../measures/accuracy.ts';
import type { Manifest } from '../scenes/manifest.ts';
import { quickstartWorld, writeMiniScenes } from '../teacher/mini-scenes.ts';
import type { DataReport, ModelReport, QuickstartReport } from './content.ts';
import { exampleReports } from './examples.ts';
import { type Answers, findingsOf } from './findings.ts';
import { writeReport } from './page/write.ts';
import { serviceReport } from './service.ts';
import { type Recipe, type Studied, studentsOf } from './students.ts';

/** What a quickstart is told. */
export interface QuickstartOptions {
  /** A fusion encoder of the quickstart's world. */
  readonly teacher: string;
  /** Where the data, the runs and the report go. */
  readonly folder: string;
  /** Of the data, the order and the initial weights. Default 0. */
  readonly seed?: number | undefined;
  /** Which students, the baseline first. Default: hard labels, and soft labels with attention. */
  readonly recipes?: readonly Recipe[] | undefined;
  /** Default: minutes on two cores. */
  readonly size?: QuickstartSize | undefined;
  /** Goes on with a quickstart that was stopped. Default: begins anew. */
  readonly resume?: boolean | undefined;
  readonly threads?: number | undefined;
  /** What to type for the same numbers, for the report. */
  readonly command: string;
  /** Hears how far each part is. */
  readonly onProgress?:
    | ((
        part: string,
        progress: { readonly done: number; readonly of: number; readonly note?: string | undefined },
      ) => void)
    | undefined;
}

export interface QuickstartSize {
  readonly pairs: number;
  readonly heldOutPairs: number;
  /** Of each student; all have the same budget. */
  readonly updates: number;
}

export const quickstartSizes = {
  full: { pairs: 4000, heldOutPairs: 400, updates: 1000 },
  tiny: { pairs: 24, heldOutPairs: 8, updates: 4 },
} as const satisfies Record<string, QuickstartSize>;

/** The teacher was trained on the scenes of small seeds; none of the quickstart's pictures are among them. */
const DATA_SEED = 1000;

const SPLITS = ['validation', 'test-iid', 'test-comp'] as const;
type Splits = Readonly<Record<(typeof SPLITS)[number], readonly Example[]>>;

/**
 * The whole path, once: writes scenes, distils students from the teacher, evaluates all of them, caches the test
 * images, asks one question of them all, times everything, and writes `report.html`.
 *
 * @throws UserError where the teacher is missing or damaged, or the disk is full.
 */
export const quickstart = async (options: QuickstartOptions): Promise<QuickstartReport> => {
  const began = performance.now();
  const { folder, seed = 0, size = quickstartSizes.full, command, onProgress } = options;
  const teacher = await loadModel(options.teacher);
  const data = join(folder, `scenes-${seed}-${size.pairs}`);
  const manifest = await writeMiniScenes(data, {
    ...size,
    seed: seed + DATA_SEED,
    world: quickstartWorld,
    command,
    onProgress: ({ split, done, of }) => onProgress?.(`scenes: ${split}`, { done, of }),
  });
  const students = await studentsIn(data, teacher, options);
  const models = { teacher: { trained: teacher, run: { updates: updatesOf(teacher), curves: [] } }, ...students };
  const splits = await readSplits(data);
  const judged = await judgeAll(models, splits, options);
  const served = await service(models, { data, splits, options });
  const report: QuickstartReport = {
    seed,
    command,
    when: new Date().toLocaleString('en-GB', { dateStyle: 'long', timeStyle: 'short' }),
    seconds: (performance.now() - began) / 1000,
    data: dataReport(data, manifest, splits),
    models: modelReports(models, judged, seed),
    ...served,
    findings: findingsOf(judged, served.latency, { seed }),
  };
  await writeReport(join(folder, 'report.html'), report);
  return report;
};

type Models = Readonly<Record<string, Studied>> & { readonly teacher: Studied };

const coresOf = ({ threads }: QuickstartOptions): { threads?: number | undefined } =>
  threads === undefined ? {} : { threads };

const studentsIn = (data: string, teacher: Model, options: QuickstartOptions): Promise<Record<string, Studied>> => {
  const {
    folder,
    seed = 0,
    size = quickstartSizes.full,
    recipes = ['hard', 'soft+attention'],
    resume = false,
    onProgress,
  } = options;
  const training = { folder, data, seed, updates: size.updates, resume, ...coresOf(options) };
  return studentsOf(teacher, recipes, { ...training, ...(onProgress ? { onProgress } : {}) });
};

const readSplits = async (data: string): Promise<Splits> =>
  Object.fromEntries(await Promise.all(SPLITS.map(async (split) => [split, await vqa.read(data, split)]))) as Splits;

/** The last student at work over the test images, and a few of them looked at. */
const service = async (
  models: Models,
  { data, splits, options }: { readonly data: string; readonly splits: Splits; readonly options: QuickstartOptions },
) => {
  const trained = Object.fromEntries(Object.entries(models).map(([name, studied]) => [name, studied.trained]));
  const student = Object.values(trained).at(-1)!;
  const served = await serviceReport(
    { teacher: models.teacher.trained, student },
    {
      images: join(data, 'images', 'test-iid'),
      examples: splits['test-iid'],
      to: join(options.folder, 'cache'),
      onProgress: (done, of) => options.onProgress?.('caching', { done, of }),
      ...coresOf(options),
    },
  );
  const shown = firstOfEachKind(splits['test-iid'], SHOWN_EXAMPLES);
  return { ...served, examples: await exampleReports(trained, shown, coresOf(options)) };
};

const SHOWN_EXAMPLES = 6;

const modelReports = (models: Models, judged: Readonly<Record<string, Answers>>, seed: number): ModelReport[] =>
  Object.entries(models).map(([name, studied]) => ({
    name,
    parameters: parametersOf(studied.trained),
    ...studied.run,
    accuracy: Object.fromEntries(SPLITS.map((split) => [split, accuracyReport(judged[split]![name]!, { seed })])),
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

/** split -> model -> what it said. */
const judgeAll = async (
  models: Readonly<Record<string, Studied>>,
  splits: Splits,
  { threads, onProgress }: QuickstartOptions,
): Promise<Record<string, Answers>> => {
  const judged: Record<string, Record<string, readonly Prediction[]>> = {};
  for (const [split, examples] of Object.entries(splits)) {
    judged[split] = {};
    for (const [name, { trained }] of Object.entries(models)) {
      const { predictions } = await evaluate(trained, {
        ...{ task: vqa, examples, threads },
        onProgress: (done, of) => onProgress?.(`evaluating: ${name} on ${split}`, { done, of }),
      });
      judged[split][name] = predictions;
    }
  }
  return judged;
};
