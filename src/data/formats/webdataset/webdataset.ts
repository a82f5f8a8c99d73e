import { statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { UserError } from '../../../errors.ts';
import { readRange } from '../../../files/read-exactly.ts';
import { tarMembers } from '../../../files/tar.ts';
import type { Example } from '../../example.ts';
import { createRecordReader } from '../../records/read-record.ts';
import type { RecordShape } from '../../records/shape.ts';
import { type Format, isFile, namesIn, splitIn } from '../format.ts';
import { expandBraces } from './braces.ts';
import { keyOf, type Sample, type SampleFile, sampleExamples } from './sample.ts';

const SPLITS = { train: ['train'], validation: ['validation', 'val', 'dev'], test: ['test'] };

/**
 * Shards of WebDataset and img2dataset: tar files in which the files of a sample follow each other, `000.jpg`,
 * `000.txt`, `000.json`. Only headers, texts and JSON are read at first; an image is read in place, so shuffling costs
 * nothing.
 *
 * `path` is a folder, a shard, or a list: `shards/{00000..00013}.tar`. In a folder the shards of a split begin with its
 * name or are in a folder of its name; shards that name no split are train. A shard that is cut short gives the samples
 * before the cut, with a notice.
 */
export const webDataset: Format = {
  name: 'WebDataset',
  looksFor: ({ split }) => [`${split}-*.tar`, `${split}/*.tar`, ...(split === 'train' ? ['*.tar'] : [])],
  open: async (path, { records, split }) => {
    const shards = shardsOf(path, split);
    if (shards.length === 0) return undefined;
    const [examples, notices]: [Example[], string[]] = [[], []];
    const read = samplesReader(records, (notice) => notices.push(notice));
    for (const shard of shards) examples.push(...(await read.shard(shard)));
    read.end(path);
    return { layout: `${webDataset.name} (${shards.length} shards, ${basename(shards[0]!)} …)`, examples, notices };
  },
};

/**
 * The shards that a path names: a folder, a shard or a list with braces.
 *
 * @throws UserError when a shard of a list is not there.
 */
export const shardsOf = (path: string, split: string): string[] => {
  if (!/[{]|::/.test(path)) return isFile(path) ? [path].filter(isShard) : shardsIn(path, split);
  const shards = expandBraces(path);
  const lost = shards.filter((shard) => !statSync(shard, { throwIfNoEntry: false }));
  if (lost.length === 0) return shards;
  throw new UserError(
    `${path}: ${lost.length} of ${shards.length} shards are not there, the first is ${lost[0]}: check the list.`,
  );
};

const isShard = (name: string): boolean => name.endsWith('.tar');

const shardsIn = (path: string, split: string): string[] => {
  const [names, wanted] = [namesIn(path).filter(isShard), splitIn(SPLITS, split)];
  const isOf = (name: string, splits: readonly string[]): boolean =>
    splits.some((one) => name.startsWith(one) && /^[-_.\d]/.test(name.slice(one.length)));
  const own = names.filter((name) => isOf(name, wanted));
  if (own.length) return own.map((name) => join(path, name));
  const inside = wanted.flatMap((one) =>
    namesIn(join(path, one))
      .filter(isShard)
      .map((name) => join(path, one, name)),
  );
  if (inside.length || split !== 'train') return inside;
  return names.filter((name) => !isOf(name, Object.values(SPLITS).flat())).map((name) => join(path, name));
};

/** Reads the samples of shards that are records of a shape; `onWarning` hears which are none. */
const samplesReader = (records: RecordShape, onWarning: (message: string) => void) => {
  const reader = createRecordReader(records);
  return {
    shard: async (shard: string): Promise<Example[]> => {
      const examples: Example[] = [];
      for await (const sample of samplesIn(shard, onWarning)) {
        const found = await sampleExamples(sample, records, reader);
        if ('unusable' in found) onWarning(`${found.unusable}: left out.`);
        else examples.push(...found);
      }
      return examples;
    },
    end: reader.end,
  };
};

/** The samples of a shard that are whole. */
async function* samplesIn(shard: string, notice: (message: string) => void): AsyncGenerator<Sample, void, undefined> {
  let [key, files]: [string, SampleFile[]] = ['', []];
  let damage: string | undefined;
  const sample = (): Sample => ({ where: `${basename(shard)}, ${key}`, files });
  const members = tarMembers(shard, (why) => {
    damage = why;
  });
  for await (const { name, ...range } of members) {
    const [next, extension] = keyOf(name) ?? ['', ''];
    if (next === '') continue;
    if (next !== key && files.length) yield sample();
    if (next !== key) [key, files] = [next, []];
    files.push({ extension, length: range.length, read: () => readRange(shard, range) });
  }
  if (damage === undefined && files.length) yield sample();
  // Of the sample at the cut some files may be missing: it is lost, too.
  if (damage !== undefined)
    notice(`${shard}: ${damage}: what follows is left out${key ? `, with sample ${key}` : ''}.`);
}
