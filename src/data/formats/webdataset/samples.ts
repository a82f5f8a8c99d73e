import { counted } from '../../../errors.ts';
import { readRange } from '../../../files/read-exactly.ts';
import { tarMembers } from '../../../files/tar.ts';
import { keyOf, type Sample, type SampleFile, samplesOf } from './parts.ts';

/** A shard, and its name in errors. */
interface Shard {
  readonly path: string;
  readonly name: string;
}

/** The samples of a shard, and what was found beside them. */
interface ShardSamples {
  readonly samples: readonly Sample[];
  /** Sentences about files that are no part of a sample, and about samples whose files stand apart. */
  readonly notices: readonly string[];
  /** A sentence that says where the shard is cut short or damaged; undefined where it is whole. */
  readonly damage?: string | undefined;
}

/** Files of one key that follow each other, none of a kind twice. */
interface Run {
  readonly key: string;
  readonly files: SampleFile[];
}

/**
 * The samples of a shard, in the order of their first files. Files of one key that stand apart, as in an archive of
 * `*.jpg *.txt`, are one sample, unless one kind of file would be in it twice: two archives that were joined may have
 * the same keys. Of a shard that is cut short, the sample at the cut is lost, since some of its files may be.
 *
 * @throws UserError where the file cannot be opened.
 */
export const samplesIn = async ({ path, name: shard }: Shard): Promise<ShardSamples> => {
  let damage: string | undefined;
  const [runs, others]: [Run[], string[]] = [[], []];
  const members = tarMembers(path, (why) => {
    damage = why;
  });
  for await (const { name, ...range } of members) {
    const [key, extension] = keyOf(name) ?? [];
    if (key === undefined || extension === undefined) {
      others.push(name);
      continue;
    }
    const last = runs.at(-1);
    if (last?.key !== key || has(last, extension)) runs.push({ key, files: [] });
    runs.at(-1)!.files.push({ extension, place: { path, ...range }, read: () => readRange(path, range) });
  }
  const { whole, apart } = joined(runs);
  const cut = damage === undefined ? undefined : runs.at(-1)?.key;
  // the last one with that key holds the file at the cut
  if (cut !== undefined) whole.splice(whole.findLastIndex(({ key }) => key === cut)!, 1);
  const lost = cut === undefined ? '' : `, with sample ${cut}`;
  return {
    samples: named(whole, { path, name: shard }),
    notices: [...othersNotices(others, path), ...apartNotices(apart, path)],
    damage: damage === undefined ? undefined : `${path}: ${damage}: what follows is left out${lost}.`,
  };
};

/** Runs of one key as one, where no kind of file is in both; `apart` counts the keys that were put together. */
const joined = (runs: readonly Run[]): { readonly whole: Run[]; readonly apart: number } => {
  const whole: Run[] = [];
  const byKey = new Map<string, Run[]>();
  const apart = new Set<Run>();
  for (const run of runs) {
    const before = byKey.get(run.key) ?? [];
    const fitting = before.find(({ files }) => !files.some((file) => has(run, file.extension)));
    if (fitting) {
      fitting.files.push(...run.files);
      apart.add(fitting);
    } else {
      whole.push(run);
      byKey.set(run.key, [...before, run]);
    }
  }
  return { whole, apart: apart.size };
};

const has = ({ files }: Run, extension: string): boolean => files.some((file) => file.extension === extension);

/** Samples with a name for errors and one for pictures; that of a key that was there before has its number. */
const named = (runs: readonly Run[], { path, name: shard }: Shard): Sample[] => {
  const seen = new Map<string, number>();
  return runs.flatMap(({ key, files }) => {
    const count = (seen.get(key) ?? 0) + 1;
    seen.set(key, count);
    const end = `, ${key}${count > 1 ? ` (${count})` : ''}`;
    return samplesOf({ where: `${shard}${end}`, name: `${path}${end}`, files });
  });
};

const othersNotices = (others: readonly string[], path: string): string[] => {
  if (others.length === 0) return [];
  const are = others.length === 1 ? 'is' : 'are';
  const some = `${others.slice(0, 3).join(', ')}${others.length > 3 ? ', …' : ''}`;
  return [`${path}: ${counted(others.length, 'file')} ${are} no part of a sample, by the name: ${some}.`];
};

const apartNotices = (apart: number, path: string): string[] =>
  apart === 0
    ? []
    : [
        `${path}: the files of ${counted(apart, 'sample')} do not follow each other: they are put together, where WebDataset's own reader takes each file for a sample.`,
      ];
