import { statSync } from 'node:fs';
import { join } from 'node:path';
import { counted, UserError } from '../../../errors.ts';
import type { Example } from '../../example.ts';
import { createBadRows } from '../../records/bad-rows.ts';
import { createRecordReader } from '../../records/read-record.ts';
import { type DatasetQuery, type Format, isFile, namesIn, type ReadOptions, shortNames, splitIn } from '../format.ts';
import { expandBraces, isShardList } from './braces.ts';
import { sampleExamples } from './sample.ts';
import { samplesIn } from './samples.ts';

const SPLITS = { train: ['train'], validation: ['validation', 'val', 'dev'], test: ['test'] };

/**
 * Shards of WebDataset and img2dataset: tar files in which the files of a sample share a key, `000.jpg`, `000.txt`,
 * `000.json`. Only headers, texts and JSON are read at first; an image is read in place, so shuffling costs
 * nothing.
 *
 * `path` is a folder, a shard, or a list: `shards/{00000..00013}.tar`. In a folder the shards of a split begin with its
 * name or are in a folder of its name; shards that name no split are train. A shard that is cut short gives the samples
 * before the cut, with a notice.
 */
export const webDataset: Format = {
  name: 'WebDataset',
  looksFor: ({ split }) => [`${split}-*.tar`, `${split}/*.tar`, ...(split === 'train' ? ['*.tar'] : [])],
  open: async (path, query) => {
    const shards = shardsOf(path, query.split);
    if (shards.length === 0) return undefined;
    const [examples, notices]: [Example[], string[]] = [[], []];
    const names = shortNames(shards, path);
    const read = samplesReader(query, (notice) => notices.push(notice));
    for (const shard of shards) examples.push(...(await read.shard(shard, names.get(shard)!)));
    read.end(path, shards.length);
    const layout = `${webDataset.name} (${counted(shards.length, 'shard')}, ${names.get(shards[0]!)} …)`;
    return { layout, examples, notices };
  },
};

/**
 * The shards that a path names: a folder, a shard or a list with braces.
 *
 * @throws UserError when a shard of a list is not there.
 */
export const shardsOf = (path: string, split: string): string[] => {
  const found = isShardList(path) ? expandBraces(path) : isFile(path) ? [path] : shardsIn(path, split);
  const compressed = found.find((shard) => COMPRESSED.test(shard));
  if (compressed !== undefined) throw compressedError(compressed);
  if (!isShardList(path)) return found.filter(isShard);
  const lost = found.filter((shard) => !statSync(shard, { throwIfNoEntry: false }));
  if (lost.length === 0) return found;
  throw new UserError(
    `${path}: ${lost.length} of ${counted(found.length, 'shard')} ${lost.length === 1 ? 'is' : 'are'} not there, the first is ${lost[0]}: check the list.`,
  );
};

const COMPRESSED = /\.(tgz|tar\.(gz|zst|xz|bz2|lz4))$/i;

const compressedError = (shard: string): UserError =>
  new UserError(
    `${shard}: is a compressed archive, of which no picture can be read without all before it: unpack it to a .tar first (pictures hardly shrink by it).`,
  );

const isShard = (name: string): boolean => name.endsWith('.tar');
const isArchive = (name: string): boolean => isShard(name) || COMPRESSED.test(name);

const shardsIn = (path: string, split: string): string[] => {
  const [names, wanted] = [namesIn(path).filter(isArchive), splitIn(SPLITS, split)];
  const isOf = (name: string, splits: readonly string[]): boolean =>
    splits.some((one) => name.startsWith(one) && /^[-_.\d]/.test(name.slice(one.length)));
  const own = names.filter((name) => isOf(name, wanted));
  if (own.length) return own.map((name) => join(path, name));
  const inside = wanted.flatMap((one) =>
    namesIn(join(path, one))
      .filter(isArchive)
      .map((name) => join(path, one, name)),
  );
  if (inside.length || split !== 'train') return inside;
  return names.filter((name) => !isOf(name, Object.values(SPLITS).flat())).map((name) => join(path, name));
};

/** Reads the samples of shards that are records of a shape; `onWarning` hears which are none. */
const samplesReader = ({ records, ...query }: DatasetQuery, onWarning: (message: string) => void) => {
  const [reader, bad] = [createRecordReader(records), createBadRows(query)];
  const empty: string[] = [];
  return {
    shard: async (shard: string, name: string): Promise<Example[]> => {
      const examples: Example[] = [];
      const { samples, notices, damage } = await samplesIn({ path: shard, name });
      for (const notice of notices) onWarning(notice);
      if (damage !== undefined) tellCut(damage, { ...query, onWarning });
      else if (samples.length === 0) empty.push(name);
      for (const sample of samples) {
        const found = await sampleExamples(sample, records, reader).catch((failure: unknown) => failure);
        examples.push(...bad.attempt(() => wholeOf(found)));
      }
      return examples;
    },
    end: (path: string, shards: number): void => {
      if (empty.length > 0) onWarning(`${path}: ${emptyText(empty, shards)}`);
      for (const notice of bad.notices(path)) onWarning(notice);
      for (const notice of reader.end(path)) onWarning(notice);
    },
  };
};

/** Tells that a shard is cut short, and counts it. @throws UserError where nothing may be left out. */
const tellCut = (why: string, { badRows, onLeftOut, onWarning }: ReadOptions): void => {
  if (badRows === 'refuse') throw new UserError(why);
  onWarning?.(why);
  onLeftOut?.({ kind: 'incomplete', why });
};

const emptyText = (empty: readonly string[], shards: number): string => {
  const hold = `${empty.length} of ${counted(shards, 'shard')} ${empty.length === 1 ? 'holds' : 'hold'}`;
  return `${hold} no sample: ${empty.slice(0, 3).join(', ')}${empty.length > 3 ? ', …' : ''}.`;
};

/** The examples of a sample. @throws the reason why it has none. */
const wholeOf = (found: unknown): Example[] => {
  if (found instanceof Error) throw found;
  return found as Example[];
};
