import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { galleryOf, preprocessorFor, recalls, scoreRetrieval } from '../src/data.ts';
import { evaluate, loadModel, type Model, retrieval, vqa } from '../src/index.ts';
import { pixelNeighbours } from '../src/studies/baselines/pixel-neighbours.ts';
import { questionPrior } from '../src/studies/baselines/question-prior.ts';
import { accuracyReport } from '../src/studies/measures/accuracy.ts';

/** One row of a benchmark's table: what was measured of a model, or of what needs none, by name. */
export type Measures = Readonly<Record<string, number>>;

/** A benchmark as commands of dide, and what is measured after them. */
export interface Benchmark {
  readonly data: readonly string[];
  /**
   * Arguments of each model's `finetune`, besides its data and folder; `{name}` is a file that the caller gives, or the
   * best of the model so named.
   */
  readonly models: Readonly<Record<string, readonly string[]>>;
  /** Measures of a model. */
  readonly measure: (model: Model, data: string) => Promise<Measures>;
  /** Measures of baselines without a model. */
  readonly baselines: (data: string) => Promise<Readonly<Record<string, Measures>>>;
}

const scratch = ['--from-scratch', '--size', 'mini', '--image', '64'];
const usual = ['--clip', '1', '--order', 'torch', '--decay', 'correct', '--warmup', '0.05', '--seed', '0'];

/** Shapes are a plateau among all questions; where colours and shapes alone are asked for, it is left in some hundred updates. */
const lesson = ['--only', 'kind=color,shape', '--updates', '3000'];
const whole = ['--updates', '4000'];
const student = ['--teacher', '{teacher}', '--updates', '3000'];
/** No question says where a shape is: a picture that is turned over has the same answers. */
const shapes = ['--augment', 'flips', ...usual];

const easyVqa: Benchmark = {
  data: ['fetch', 'easy-vqa'],
  models: {
    'first lesson': ['--model', 'vilt', ...scratch, '--patch', '8', '--scoring', 'softmax', ...lesson, ...shapes],
    teacher: ['--from', '{first lesson}', ...whole, ...shapes],
    'hard labels': [...student, '--recipe', 'hard', ...shapes],
    'soft labels + attention': [...student, ...shapes],
  },
  measure: async (model, data) => {
    const { predictions } = await evaluate(model, { task: vqa, data, split: 'test' });
    const { mean, byKind } = accuracyReport(predictions, { seed: 0 });
    const kinds = Object.entries(byKind).sort(([a], [b]) => (a < b ? -1 : 1));
    return { test: mean, ...Object.fromEntries(kinds.map(([kind, { mean: share }]) => [kind, share])) };
  },
  baselines: async (data) => {
    const prior = questionPrior(await vqa.read(data, 'train'), await vqa.read(data, 'test'));
    return { 'commonest answer': { test: prior.answer }, 'commonest to the question': { test: prior.question } };
  },
};

const depths = [1, 5, 10];
const retrieving = ['--task', 'retrieval'];
const wide = ['--batch', '128', '--updates', '2500'];

const searched = async (model: Model, data: string, split = 'test'): Promise<Measures> => {
  const preprocessor = preprocessorFor(model.config, { batch: 64 });
  const { scores, ...gallery } = await scoreRetrieval(model, galleryOf(await retrieval.read(data, split)), {
    preprocessor,
  });
  return { images: gallery.images.length, ...recalls(scores, gallery, depths) };
};

const emoji: Benchmark = {
  data: ['fetch', 'emoji'],
  models: {
    'dual encoder': ['--model', 'dide', ...scratch, ...retrieving, ...wide, ...usual],
  },
  measure: (model, data) => searched(model, data),
  baselines: async (data) => {
    const train = await retrieval.read(data, 'train');
    const gallery = galleryOf(await retrieval.read(data, 'test'));
    const found = recalls(await pixelNeighbours(gallery, train), gallery, depths);
    return { 'pixels alone': { images: gallery.images.length, ...found } };
  },
};

/** A ViT-S/14 up to its tenth block and a whole MiniLM, which are not trained: only their projections are. */
const bodies = ['--init-image', '{image body}', '--init-text', '{text body}', '--text-part', 'whole'];
const locked = [
  ...['--from-scratch', '--model', 'dide', '--depth', '10', '--image', '112', '--vocabulary', 'bert'],
  ...bodies,
  ...['--image-vector', 'mean', '--normalize', 'imagenet', '--projection', '768', '--freeze', 'image,text'],
  ...[...retrieving, '--gallery', '200', '--batch', '128', '--updates', '2000', '--validate-every', '500'],
  ...['--learning-rate', '1e-3', '--dropout', '0', ...usual],
];

/** Emoji in a style that was not learnt from, by encoders that have learnt elsewhere. */
const emojiLocked: Benchmark = {
  ...emoji,
  data: ['fetch', 'emoji', '--side', '112'],
  models: { 'locked ViT and MiniLM': locked },
};

/** Emoji that were never learnt from, for which pixels have no neighbour. */
const emojiNew: Benchmark = {
  data: ['fetch', 'emoji-new', '--side', '112'],
  models: { 'locked ViT and MiniLM': locked },
  measure: async (model, data) => {
    const splits = { new: 'test-new', tones: 'test-tones' };
    const rows = Object.entries(splits).map(async ([name, split]) =>
      Object.entries(await searched(model, data, split)).map(([what, share]) => [`${name}: ${what}`, share] as const),
    );
    return Object.fromEntries((await Promise.all(rows)).flat());
  },
  baselines: async () => ({}),
};

export const benchmarks = {
  'easy-vqa': easyVqa,
  emoji,
  'emoji-locked': emojiLocked,
  'emoji-new': emojiNew,
} as const;

export interface BenchmarkOptions {
  /** Folder of data, runs and results. */
  readonly folder: string;
  readonly tiny?: boolean | undefined;
  /** Files of weights that models begin from, by the names that their commands have for them. */
  readonly files?: Readonly<Record<string, string>> | undefined;
  /** Runs one command of dide, and throws where it fails. */
  readonly dide: (args: readonly string[]) => Promise<void>;
}

/** Runs the commands that are not done, measures every model, writes `results.json`, and returns its rows. */
export const runBenchmark = async (benchmark: Benchmark, options: BenchmarkOptions) => {
  const { folder, dide, files = {} } = options;
  const tiny = options.tiny ? ['--tiny'] : [];
  const data = join(folder, 'data');
  const best = (model: string): string => join(folder, model.replaceAll(' ', '-'), 'best.safetensors');
  await dide([...benchmark.data, data, ...tiny]);
  for (const [name, args] of Object.entries(benchmark.models)) {
    const given = args.map((arg) => arg.replace(/^\{(.+)\}$/, (_, named: string) => files[named] ?? best(named)));
    await dide(['finetune', ...given, '--data', data, '--out', join(best(name), '..'), '--resume', ...tiny]);
  }
  const rows: Record<string, Measures> = { ...(await benchmark.baselines(data)) };
  for (const name of Object.keys(benchmark.models))
    rows[name] = await benchmark.measure(await loadModel(best(name)), data);
  await writeFile(join(folder, 'results.json'), `${JSON.stringify(rows, null, 2)}\n`);
  return rows;
};

/** The rows as a table of Markdown; shares in per cent. */
export const markdownOf = (rows: Readonly<Record<string, Measures>>): string => {
  const names = [...new Set(Object.values(rows).flatMap((row) => Object.keys(row)))];
  const cell = (value: number | undefined): string => {
    if (value === undefined) return '';
    return value > 1 ? String(value) : `${(100 * value).toFixed(1)} %`;
  };
  return [
    `| | ${names.join(' | ')} |`,
    `| --- |${' ---: |'.repeat(names.length)}`,
    ...Object.entries(rows).map(([row, found]) => `| ${row} | ${names.map((name) => cell(found[name])).join(' | ')} |`),
  ].join('\n');
};
