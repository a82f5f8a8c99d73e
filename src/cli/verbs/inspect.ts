import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { isHubData, isPictureName } from '../../data.ts';
import { openImageCache, UserError } from '../../index.ts';
import { type Description, inspectCheckpoint, isHubModel, isWeightsFolder } from '../../model.ts';
import { headsOption, weightsOption } from '../options/checkpoint.ts';
import { withPullProgress } from '../options/hub.ts';
import { headOf } from '../options/model-file.ts';
import { jsonOption } from '../options/options.ts';
import { isAddress, withoutPassword } from '../options/output.ts';
import { costFacts } from '../terminal/cache-facts.ts';
import { printableLine } from '../terminal/printable.ts';
import { commandOf } from '../terminal/quote.ts';
import {
  bytesOf,
  type Cell,
  type Contents,
  factsOf,
  grouped,
  groupedCount,
  percent,
  print,
} from '../terminal/table.ts';
import { describeData } from './inspect-data.ts';
import { describeForeign } from './inspect-foreign.ts';

interface Options {
  readonly heads?: number | undefined;
  readonly weights?: string | undefined;
  readonly json?: boolean | undefined;
}

const examples = `
Examples:
  $ dide inspect runs/student/best.safetensors
  $ dide inspect runs/student
  $ dide inspect data/scenes
  $ dide inspect data/vqav2
  $ dide inspect photos.cache
  $ dide inspect vilt_vqa.ckpt
  $ dide inspect dandelin/vilt-b32-finetuned-vqa`;

/** `dide inspect`: describes a file or folder. */
export const inspectCommand = (): Command =>
  new Command('inspect')
    .description('Describes a model file, a checkpoint, the folder of a run, an image cache or a data folder.')
    .argument('<path>', 'a file, a folder, or an id of the Hub: org/name of a model, hf:org/name of data')
    .addOption(headsOption())
    .addOption(weightsOption())
    .addOption(jsonOption())
    .addHelpText('after', examples)
    .action(async (path: string, options: Options) => {
      const { text, result } = await describePath(await localPath(path), options);
      print(text, { path: withoutPassword(path), ...result }, options);
    });

/** Path on the disk of a model of the Hub, which is fetched. */
const localPath = async (path: string): Promise<string> => {
  if (isHubData(path) || !isHubModel(path)) return path;
  const { pullModel } = await import('../../hub.ts');
  return (await withPullProgress(({ onPull, onWarning }) => pullModel(path, { onPull, onNotice: onWarning }))).path;
};

const describePath = async (path: string, options: Options): Promise<Contents> => {
  if (isAddress(path)) return await describeCache(path);
  if (isHubData(path)) return (await describeData(path)) ?? nothingIn(path);
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats) throw new UserError(`${path}: there is no such file or folder: check the path`);
  if (/\.(arrow|parquet|tar|jsonl|csv)$/.test(path) && stats.isFile()) {
    const data = await describeData(path);
    if (data) return data;
  }
  if (stats.isFile() && isPictureName(path)) {
    const command = commandOf(['dide', 'answer', 'MODEL', path]);
    throw new UserError(`${path}: it is an image: ask a model about it with ${command} "…"`);
  }
  if (!stats.isDirectory() || isWeightsFolder(path)) return await describeWeights(path, options);
  if (existsSync(join(path, 'cache.json'))) return await describeCache(path);
  const files = ['best.safetensors', 'last.safetensors'].map((name) => join(path, name)).filter(existsSync);
  if (files.length > 0) return await describeRun(files);
  return (await describeData(path)) ?? nothingIn(path);
};

const nothingIn = (path: string): never => {
  throw new UserError(`${path}: it holds no model, run, cache or data in a layout that is known: give another folder`);
};

/** Describes a file saved by dide, whose metadata hold its config and recipe. */
const describeWeights = async (path: string, { heads, weights }: Options): Promise<Contents> => {
  const info = await inspectCheckpoint(path, { heads, weights });
  return info.isOurs || (info.model === undefined && info.path.endsWith('.safetensors'))
    ? await describeModel(info.path)
    : describeForeign(info);
};

const describeRun = async (files: readonly string[]): Promise<Contents> => {
  const described: (readonly [string, Contents])[] = [];
  for (const file of files)
    described.push([file, described.length === 0 ? await describeModel(file) : await describeCheckpoint(file)]);
  return {
    text: described.map(([file, { text }]) => `${printableLine(file)}\n${text}`).join('\n\n'),
    result: { kind: 'run', files: Object.fromEntries(described.map(([file, { result }]) => [file, result])) },
  };
};

const describeModel = async (path: string): Promise<Contents> => {
  const { config, progress, tensors, parameters } = await headOf(path);
  const { size: bytes } = statSync(path);
  const kind = progress ? 'checkpoint' : config ? 'model' : 'weights';
  const facts: [string, Cell][] = [
    ['kind', { checkpoint: 'a checkpoint of a run', model: 'a model', weights: 'weights not saved by dide' }[kind]],
    ...(config ? describedFacts(config) : []),
    ...(progress?.update === undefined ? [] : [['updates done', grouped(progress.update)] as [string, Cell]]),
    ['parameters', grouped(parameters)],
    ['tensors', tensors],
    ['size', bytesOf(bytes)],
  ];
  return {
    text: factsOf(facts),
    result: {
      kind,
      bytes,
      tensors,
      parameters,
      ...(progress ? { progress } : {}),
      ...(config ? { description: config } : {}),
    },
  };
};

/** Describes a run's last checkpoint: only its progress, since its best model has the rest. */
const describeCheckpoint = async (path: string): Promise<Contents> => {
  const { result } = await describeModel(path);
  const { progress } = await headOf(path);
  const facts: [string, Cell][] = [
    ['kind', 'a checkpoint of the same run'],
    ['updates done', grouped(progress?.update ?? 0)],
    ['size', bytesOf(statSync(path).size)],
  ];
  return { text: factsOf(facts), result };
};

const models: Readonly<Record<string, string>> = {
  vilt: 'vilt, a fusion encoder',
  dide: 'dide, a dual encoder',
};

const describedFacts = ({
  model,
  sizes,
  task,
  answers,
  vocabulary,
  scoring,
  recipe,
}: Description): [string, Cell][] => [
  ['model', models[model] ?? model],
  ['layers', `${sizes.depth} of width ${sizes.width}, ${groupedCount(sizes.heads, 'head')}`],
  ['pictures', `${sizes.image} pixels at the shortest side, patches of ${sizes.patch}`],
  ['words', `${groupedCount(vocabulary.length, 'piece')}, texts up to ${sizes.words}`],
  [
    'task',
    `${task}, ${groupedCount(answers.length, 'answer')} (${scoring}): ${answers.slice(0, 8).join(', ')}${answers.length > 8 ? ', …' : ''}`,
  ],
  ...Object.entries(recipe).map(([name, value]): [string, Cell] => [`recipe ${name}`, recipeValue(value)]),
];

const recipeValue = (value: unknown): string => {
  if (typeof value !== 'object' || value === null) return String(value);
  const entries = Object.entries(value).map(
    ([name, part]) => `${name} ${name === 'accuracy' ? percent(Number(part)) : part}`,
  );
  return entries.join(', ');
};

const describeCache = async (folder: string): Promise<Contents> => {
  const { about, entries, size, precision, rowBytes, check } = await openImageCache(folder);
  const checked = (await check?.()) ?? 0;
  const facts: [string, Cell][] = [
    ['kind', 'an image cache'],
    ['images', grouped(size)],
    ['rows', grouped(new Set(entries.map(({ row }) => row)).size)],
    ['pictures', about.preprocessing.pictures ?? 'as-vilt'],
    ['row', `${about.width} numbers as ${precision}, ${bytesOf(rowBytes)}`],
    [
      'checked',
      checked > 0 ? `${bytesOf(checked)} of vectors are as they were written` : 'no checksums of its vectors',
    ],
    ...costFacts(about),
    ['student', `${about.student.slice(0, 12)}${about.student.endsWith('-int8') ? ' in int8' : ''} (${about.task})`],
  ];
  return { text: factsOf(facts), result: { kind: 'cache', images: size, precision, rowBytes, checked, about } };
};
