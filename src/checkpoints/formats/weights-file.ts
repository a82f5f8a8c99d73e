import { existsSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import type { Numbers } from '../../engine/numbers.ts';
import { UserError } from '../../errors.ts';
import { readJson } from '../../files/json.ts';
import { openForReading, readUpTo } from '../../files/read-exactly.ts';
import { isHubModel } from '../../hub/address.ts';
import type { PullOptions } from '../../hub/pull.ts';
import { withDots } from './joined-names.ts';
import { openSafetensors } from './safetensors.ts';

/** An open file of weights in any format. Names and shapes have been read; numbers are read on request. */
export interface WeightsFile extends AsyncDisposable {
  /** Path of the file, also where a folder was given. */
  readonly path: string;
  readonly format: 'safetensors' | 'pytorch';
  readonly tensors: ReadonlyMap<string, { readonly dtype: string; readonly shape: readonly number[] }>;
  /** Metadata of a safetensors file; empty for PyTorch's. */
  readonly metadata: ReadonlyMap<string, string>;
  /**
   * Reads one tensor; floats become float32, integers int32.
   *
   * @param into array for its numbers, used where the file has them as float32, row-major.
   * @throws UserError for a name that the file does not have.
   */
  read(name: string, into?: Float32Array): Promise<Numbers>;
  close(): Promise<void>;
}

/** Names of the weights in a folder of Hugging Face, the safer formats first. */
const usualNames = [
  'model.safetensors',
  'model.safetensors.index.json',
  'pytorch_model.bin',
  'pytorch_model.bin.index.json',
] as const;

/**
 * Path on the disk of weights: what is named by an id of the Hub (`org/name`) is fetched, unless it is in its cache. A path
 * that exists wins.
 *
 * @throws UserError as `pullModel` of `dide/hub`.
 */
export const localWeights = async (path: string, options: PullOptions = {}): Promise<string> =>
  isHubModel(path) ? (await (await import('../../hub/model.ts')).pullModel(path, options)).path : path;

/**
 * Opens a `.safetensors`, `.ckpt`, `.bin` or `.pt` file, an index of several (`*.index.json`), or a folder of Hugging
 * Face with one of these, on the disk or on the Hub. The format is known by the first bytes, not by the name. The caller closes it, or declares it
 * with `await using`.
 *
 * @throws UserError where there is nothing to open, or where it is damaged or not safe to read.
 */
export const openWeights = async (place: string, options: PullOptions = {}): Promise<WeightsFile> => {
  const path = await localWeights(place, options);
  const file = statSync(path, { throwIfNoEntry: false })?.isDirectory() ? weightsIn(path) : path;
  return withDots(file.endsWith('.index.json') ? await openShards(file) : await openFile(file));
};

const openFile = async (file: string): Promise<WeightsFile> => {
  if (await isPickled(file)) {
    const { openPyTorch } = await import('./pytorch/pytorch.ts');
    const { tensors, read, close } = await openPyTorch(file);
    return { path: file, format: 'pytorch', tensors, metadata: new Map(), read, close, [Symbol.asyncDispose]: close };
  }
  const { tensors, metadata, read, close } = await openSafetensors(file);
  return { path: file, format: 'safetensors', tensors, metadata, read, close, [Symbol.asyncDispose]: close };
};

/** Whether a folder holds weights under a name that Hugging Face uses. */
export const isWeightsFolder = (folder: string): boolean => usualNames.some((name) => existsSync(join(folder, name)));

const weightsIn = (folder: string): string => {
  const name = usualNames.find((candidate) => existsSync(join(folder, candidate)));
  if (name !== undefined) return join(folder, name);
  throw new UserError(`${folder}: it holds none of ${usualNames.join(', ')}: give the file of the weights itself`);
};

/** First bytes of a file of torch.save from before PyTorch 1.6 in protocol 0 or 1: digits of its magic number. */
const OLDEST = 'L1195470';

/** Whether a file begins as a zip archive or a pickle, the two formats of torch.save. */
const isPickled = async (path: string): Promise<boolean> => {
  const handle = await openForReading(path);
  try {
    const start = new Uint8Array(8);
    await readUpTo(handle, start, 0);
    const isZip = start[0] === 0x50 && start[1] === 0x4b && start[2] === 3 && start[3] === 4;
    const isOldest = new TextDecoder().decode(start) === OLDEST;
    // 0x80 and a protocol; of a safetensors header the first two bytes can be that, the last four are 0
    return isZip || isOldest || (start[0] === 0x80 && start[1]! >= 2 && start[1]! <= 5 && start[4] !== 0);
  } finally {
    await handle.close();
  }
};

const indexSchema = z.object({ weight_map: z.record(z.string(), z.string()) });

const openShards = async (index: string): Promise<WeightsFile> => {
  const shardOf = new Map(Object.entries(await readIndex(index)));
  const open: [string, WeightsFile][] = [];
  const close = async (): Promise<void> => {
    await Promise.all(open.map(([, shard]) => shard.close()));
  };
  try {
    for (const name of new Set(shardOf.values())) open.push([name, await openFile(join(dirname(index), name))]);
    const shards = new Map(open);
    const tensors = [...shardOf].map(([name, shard]) => [name, tensorIn(shards.get(shard)!, name)] as const);
    const read = async (name: string, into?: Float32Array): Promise<Numbers> =>
      await shards.get(shardOf.get(name)!)!.read(name, into);
    const [, { format }] = open[0]!;
    const metadata = new Map<string, string>();
    return { path: index, format, tensors: new Map(tensors), metadata, read, close, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
};

const readIndex = async (path: string): Promise<Record<string, string>> => {
  const found = indexSchema.safeParse(await readJson(path));
  if (!found.success)
    throw new UserError(`${path}: it is no index of weights:`, { list: z.prettifyError(found.error).split('\n') });
  const shards = Object.values(found.data.weight_map);
  const isBeside = (name: string): boolean =>
    name === basename(name) && !['', '.', '..'].includes(name) && !name.endsWith('.index.json');
  const outside = shards.find((name) => !isBeside(name));
  if (shards.length > 0 && outside === undefined) return found.data.weight_map;
  throw new UserError(
    `${path}: it names ${outside === undefined ? 'no file at all' : JSON.stringify(outside)}: the files of an index stand beside it`,
  );
};

const tensorIn = ({ tensors, path }: WeightsFile, name: string) => {
  const tensor = tensors.get(name);
  if (tensor) return tensor;
  throw new UserError(`${path}: it has no ${name}, which the index beside it promises: copy the folder again`);
};
