import { Command, Option } from 'commander';
import { type ImageCache, type Model, openImageCache, openPredictor, search, UserError } from '../../../index.ts';
import { addForeignOptions, type ForeignOptions, openModel } from '../../options/checkpoint.ts';
import { type PrecisionFlag, precisionOption } from '../../options/device.ts';
import { jsonOption, threadsOption } from '../../options/options.ts';
import { checkTableFile } from '../../options/output.ts';
import {
  addFilterOptions,
  addRankingOptions,
  cachesOption,
  countingRankingOf,
  type FilterFlags,
  filterOf,
  type RankingFlags,
  rankingOf,
  repeated,
  shownRows,
} from '../../options/query.ts';
import type { TaskName } from '../../options/tasks.ts';
import { printNotice } from '../../terminal/notice.ts';
import { printableLine } from '../../terminal/printable.ts';
import { openProgress } from '../../terminal/progress.ts';
import { outOption, rankedTable, restOf, writeRanked } from '../../terminal/ranked.ts';
import { print } from '../../terminal/table.ts';

export interface SearchFlags extends ForeignOptions, PrecisionFlag, FilterFlags, RankingFlags {
  readonly task?: TaskName | undefined;
  readonly cache: readonly string[];
  readonly like?: string | undefined;
  readonly and?: readonly string[] | undefined;
  readonly not?: readonly string[] | undefined;
  readonly out?: string | undefined;
  readonly threads?: number | undefined;
  readonly json?: boolean | undefined;
}

const examples = `
A description needs a student of retrieval. --like takes any student, and compares the vectors that it made of the
images; the image is a cached one, by its path in the cache, or else a file. The score is a cosine, from -1 to 1, and no
probability: what is much depends on the student. --and adds the vector of a text to that of the query, --not subtracts
it.

Examples:
  $ dide search retriever.safetensors "a red car" --cache photos.cache
  $ dide search retriever.safetensors "a red car" --and "at night" --not "people" --cache photos.cache --top 50
  $ dide search student.safetensors --like 2024/beach.jpg --cache photos.cache --near-duplicates 0.02
  $ dide search student.safetensors --like ~/lost-dog.jpg --cache photos.cache --from 2024-06 --sort date --at-least 0.9`;

/** `dide search`: cached images that fit a description, or are like another image. */
export const searchCommand = (): Command => {
  const command = new Command('search')
    .description('Finds the cached images that fit a description, or are like an image; the best come first.')
    .argument('<student>', 'the dual encoder that made the cache')
    .argument('[text]', 'what the images should show, in quotes')
    .addOption(cachesOption())
    .addOption(new Option('--like <image>', 'find what is like this image, of the cache or of a file'))
    .addOption(repeated('--and <text>', 'that show this, too; may be repeated'))
    .addOption(repeated('--not <text>', 'that do not show this; may be repeated'))
    .addOption(outOption())
    .addOption(precisionOption())
    .addOption(threadsOption())
    .addOption(jsonOption());
  return addForeignOptions(addRankingOptions(addFilterOptions(command), 'score'))
    .addHelpText('after', examples)
    .action(run);
};

async function run(file: string, text: string | undefined, options: SearchFlags): Promise<void> {
  if ((text === undefined) === (options.like === undefined))
    throw new UserError('dide search needs a description in quotes, or an image (--like), and not both');
  checkTableFile(options.out);
  const trained = await openModel(file, options, options.precision);
  // the image that others should be like may be one that the filter leaves out
  const filter = options.like === undefined ? filterOf(options) : undefined;
  await searchWith(trained, await openImageCache(options.cache, filter), text ?? '', options);
}

const columns = [{ name: 'score', kind: 'number' }] as const;

/** Searches by the text, or by the image of `--like`, and prints what was found. */
export const searchWith = async (
  trained: Model,
  cache: ImageCache,
  text: string,
  options: SearchFlags,
): Promise<void> => {
  const { like, and, not, threads, out } = options;
  await using student = await openPredictor(trained, { threads });
  using progress = openProgress('search');
  let images = 0;
  const onProgress = (done: number, of: number): void => {
    images = of;
    progress.update(done, of);
  };
  // an index finds the first, and does not count how many more there are
  const isIndexed = cache.nearest !== undefined && options.atLeast === undefined && out === undefined;
  const all = await search(student, cache, like === undefined ? text : { like }, {
    ...filterOf(options),
    ...(isIndexed ? rankingOf(options, out !== undefined) : countingRankingOf(options)),
    ...{ and, not, onWarning: printNotice, onProgress },
  });
  if (out !== undefined) await writeRanked(out, all.slice(0, options.top), columns);
  const found = all.slice(0, shownRows(options));
  const lines = restOf({
    shown: found.length,
    found: all.length,
    images: options.nearDuplicates === undefined && !isIndexed ? images : all.length,
  });
  const query = like === undefined ? { question: text } : { like };
  const said = { ...query, cache: cache.folder, images: cache.size, found };
  print(
    [
      rankedTable(found, columns, options),
      ...lines,
      ...(out === undefined ? [] : [printableLine(`saved ${out}`)]),
    ].join('\n'),
    said,
    options,
  );
};
