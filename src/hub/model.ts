import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { UserError } from '../errors.ts';
import { type Repository, repositoryOf, shownRepository } from './address.ts';
import { type Choose, type Pulled, type PullOptions, pullRepository } from './pull.ts';

/** A model that was fetched. */
export interface PulledModel extends Pulled {
  /** Path for `loadModel`: the folder with the weights, or a file of them. */
  readonly path: string;
}

/**
 * Fetches a model: its weights, in safetensors where they are there in it, and the small files that say how it reads
 * pictures and words. Nothing else is fetched, and nothing of it is ever executed.
 *
 * @param name `org/name`, `org/name@revision`, or `hf:org/name/folder` for a part of the repository.
 * @throws UserError as `pullRepository` does, and where the repository has no weights that can be read.
 */
export const pullModel = async (name: string, options: PullOptions = {}): Promise<PulledModel> => {
  const repository = repositoryOf(name, 'model');
  let weights = '';
  const choose: Choose = async (names, read) => {
    const found = weightsIn(names, repository);
    weights = found;
    const folder = dirname(found);
    const shards = found.endsWith('.index.json')
      ? await shardsOf(await read(found), { folder, names, repository })
      : [];
    const beside = names.filter((path) =>
      BESIDE.some((name) => path === (folder === '.' ? name : `${folder}/${name}`)),
    );
    return [...new Set([...beside, found, ...shards])];
  };
  const pulled = await pullRepository(repository, choose, options);
  const isUsual = USUAL.includes(basename(weights));
  return { ...pulled, path: join(pulled.folder, isUsual ? dirname(weights) : weights) };
};

/** Names of weights in the order in which they are preferred: those that hold numbers alone first. */
const USUAL = [
  'model.safetensors',
  'model.safetensors.index.json',
  'pytorch_model.bin',
  'pytorch_model.bin.index.json',
];

/** Files beside the weights that say how a model reads, and the card. */
const BESIDE = [
  ...['config.json', 'preprocessor_config.json', 'processor_config.json', 'tokenizer_config.json', 'tokenizer.json'],
  ...['added_tokens.json', 'special_tokens_map.json', 'vocab.txt', 'answers.txt', '1_Pooling/config.json'],
  'README.md',
];

const weightsIn = (names: readonly string[], repository: Repository): string => {
  const { path = '' } = repository;
  if (names.includes(path)) return path;
  const root = path === '' ? '.' : path;
  const there = names.filter((name) => dirname(name) === root);
  const usual = USUAL.find((name) => there.some((one) => basename(one) === name));
  if (usual !== undefined) return there.find((one) => basename(one) === usual)!;
  const others = [/\.safetensors$/, /\.(ckpt|pt|pth|bin)$/]
    .map((pattern) => there.filter((name) => pattern.test(name)))
    .find((some) => some.length > 0);
  if (others?.length === 1) return others[0]!;
  const shown = shownRepository(repository);
  if (others)
    throw new UserError(
      `${shown}: it has ${others.length} files of weights: name one: ${others
        .slice(0, 5)
        .map((name) => `hf:${shown}/${name}`)
        .join(', ')}`,
    );
  throw new UserError(
    `${shown}: it has no weights that are read (${USUAL.join(', ')}, or a single .safetensors, .ckpt, .pt or .bin): ${contentsOf(there.length > 0 ? there : names)}`,
  );
};

/** Some of the names of a repository, for an error. */
export const contentsOf = (names: readonly string[]): string =>
  names.length === 0
    ? 'it is empty'
    : `it has ${names.slice(0, 8).join(', ')}${names.length > 8 ? `, … (${names.length})` : ''}`;

interface Indexed {
  readonly folder: string;
  readonly names: readonly string[];
  readonly repository: Repository;
}

/** The files that an index of weights names. Whether it is a sound one is for whoever opens it to say. */
const shardsOf = async (index: string, { folder, names, repository }: Indexed): Promise<string[]> => {
  let named: unknown[] = [];
  try {
    const { weight_map: map } = JSON.parse(await readFile(index, 'utf8')) as { readonly weight_map?: object };
    named = Object.values(map ?? {});
  } catch {
    return [];
  }
  const shards = [...new Set(named)].map((name) => (folder === '.' ? `${name}` : `${folder}/${name}`));
  const lacking = shards.filter((name) => !names.includes(name));
  if (lacking.length === 0) return shards;
  throw new UserError(`${shownRepository(repository)}: ${lacking[0]}, which ${basename(index)} names, is not there`);
};
