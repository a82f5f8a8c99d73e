import { Command, Option } from 'commander';
import { writeTable } from '../../../files/write-table.ts';
import { openImageCache, openPredictor } from '../../../index.ts';
import { type JudgedPair, reason } from '../../../query.ts';
import { addForeignOptions, type ForeignOptions, openModel } from '../../options/checkpoint.ts';
import { type PrecisionFlag, precisionOption } from '../../options/device.ts';
import { count, jsonOption, share, threadsOption } from '../../options/options.ts';
import { checkTableFile } from '../../options/output.ts';
import { addFilterOptions, cachesOption, type FilterFlags, filterOf, repeated } from '../../options/query.ts';
import type { TaskName } from '../../options/tasks.ts';
import { printNotice } from '../../terminal/notice.ts';
import { printableLine } from '../../terminal/printable.ts';
import { openProgress } from '../../terminal/progress.ts';
import { outOption } from '../../terminal/ranked.ts';
import { groupedCount, print, tableOf } from '../../terminal/table.ts';

interface Options extends ForeignOptions, PrecisionFlag, FilterFlags {
  readonly task?: TaskName | undefined;
  readonly cache: readonly string[];
  readonly secondCache?: readonly string[] | undefined;
  readonly secondPath?: readonly string[] | undefined;
  readonly consecutive?: boolean | undefined;
  readonly answer: string;
  readonly atLeast?: number | undefined;
  readonly top: number;
  readonly out?: string | undefined;
  readonly threads?: number | undefined;
  readonly json?: boolean | undefined;
}

const examples = `
All pairs: each image with each other one, in both orders, since the statement may say left and right. The images were
encoded when they were cached, and a pair costs only the last layer of the head.

Examples:
  $ dide reason runs/nlvr2/best.safetensors "both images show a dog" --cache photos.cache --top 20
  $ dide reason runs/nlvr2/best.safetensors "the left image has more people" --cache photos.cache \\
      --path "before/**" --second-path "after/**"
  $ dide reason runs/nlvr2/best.safetensors "something was taken away" --cache camera.cache --consecutive --out pairs.csv`;

/** `dide reason`: a statement about two cached images together. */
export const reasonCommand = (): Command => {
  const command = new Command('reason')
    .description(
      'Judges whether a statement is true of two cached images together (NLVR2); the surest pairs come first.',
    )
    .argument('<student>', 'a dual encoder of NLVR2, the one that made the cache')
    .argument('<statement>', 'a sentence about two images, in quotes')
    .addOption(cachesOption())
    .addOption(new Option('--consecutive', 'only each image with the next one by path (default: all pairs)'))
    .addOption(repeated('--second-path <glob>', 'the second images, for pairs of two sets; may be repeated'))
    .addOption(
      repeated('--second-cache <place>', 'the cache of the second images (default: the same); may be repeated'),
    )
    .addOption(new Option('--answer <answer>', 'the answer whose probability counts').default('True'))
    .addOption(share('--at-least <p>', 'only pairs whose probability is at least p'))
    .addOption(count('--top <n>', 'number of pairs').default(10))
    .addOption(outOption())
    .addOption(precisionOption())
    .addOption(threadsOption())
    .addOption(jsonOption());
  return addForeignOptions(addFilterOptions(command)).addHelpText('after', examples).action(run);
};

async function run(file: string, statement: string, options: Options): Promise<void> {
  checkTableFile(options.out);
  const trained = await openModel(file, options, options.precision);
  const cache = await openImageCache(options.cache);
  const { secondPath, secondCache, consecutive, answer, atLeast, top, threads, out } = options;
  await using student = await openPredictor(trained, { threads });
  using progress = openProgress('reason');
  let judged = 0;
  const onProgress = (done: number, of: number): void => {
    judged = done;
    progress.update(done, of);
  };
  const pairs = await reason(student, cache, statement, {
    ...filterOf(options),
    pairs: consecutive ? 'consecutive' : 'all',
    second: secondPath === undefined ? undefined : { paths: secondPath },
    secondImages: secondCache === undefined ? undefined : await openImageCache(secondCache),
    ...{ answer, atLeast, top, onWarning: printNotice, onProgress },
  });
  if (out !== undefined) await writePairs(out, pairs);
  const rows = pairs.map(({ images, caches = [], answer: given, probability }) => [
    ...[...images, ...caches, given, probability.toFixed(3)],
  ]);
  const hasCaches = pairs.some(({ caches }) => caches);
  const head = ['first image', 'second image', ...(hasCaches ? ['first cache', 'second cache'] : [])];
  const table = tableOf([[...head, 'answer', 'probability'], ...rows]);
  const lines = [
    table,
    `of ${groupedCount(judged, 'pair')}`,
    ...(out === undefined ? [] : [printableLine(`saved ${out}`)]),
  ];
  print(lines.join('\n'), { statement, cache: cache.folder, judged, pairs }, options);
}

const writePairs = async (path: string, pairs: readonly JudgedPair[]): Promise<void> => {
  async function* blocks() {
    yield pairs.map(
      ({
        images: [first, second],
        caches: [firstCache, secondCache] = [undefined, undefined],
        answer,
        probability,
      }) => ({
        ...{ first, second, first_cache: firstCache, second_cache: secondCache, answer, probability },
      }),
    );
  }
  const caches = pairs.some((pair) => pair.caches) ? ['first_cache', 'second_cache'] : [];
  const texts = ['first', 'second', ...caches, 'answer'].map((name) => ({ name, kind: 'text' as const }));
  await writeTable(path, [...texts, { name: 'probability', kind: 'number' }], blocks());
};
