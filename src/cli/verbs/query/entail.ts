import { Command } from 'commander';
import { openImageCache, openPredictor } from '../../../index.ts';
import { type Entailment, entail } from '../../../query.ts';
import { addForeignOptions, type ForeignOptions, openModel } from '../../options/checkpoint.ts';
import { type PrecisionFlag, precisionOption } from '../../options/device.ts';
import { jsonOption, oneOf, threadsOption } from '../../options/options.ts';
import { checkTableFile } from '../../options/output.ts';
import {
  addFilterOptions,
  addRankingOptions,
  cachesOption,
  countingRankingOf,
  type FilterFlags,
  filterOf,
  type RankingFlags,
  shownRows,
} from '../../options/query.ts';
import type { TaskName } from '../../options/tasks.ts';
import { printNotice } from '../../terminal/notice.ts';
import { printableLine } from '../../terminal/printable.ts';
import { openProgress } from '../../terminal/progress.ts';
import { outOption, type ResultColumn, rankedTable, restOf, writeRanked } from '../../terminal/ranked.ts';
import { print } from '../../terminal/table.ts';

interface Options extends ForeignOptions, PrecisionFlag, FilterFlags, RankingFlags {
  readonly task?: TaskName | undefined;
  readonly cache: readonly string[];
  readonly judgement: Entailment;
  readonly out?: string | undefined;
  readonly threads?: number | undefined;
  readonly json?: boolean | undefined;
}

const examples = `
Examples:
  $ dide entail runs/ve/best.safetensors "two people are cooking" --cache photos.cache
  $ dide entail runs/ve/best.safetensors "nobody is outdoors" --judgement contradiction --at-least 0.8 --cache photos.cache
  $ dide entail runs/ve/best.safetensors "it is raining" --cache photos.cache --top 1000 --out rain.csv`;

/** `dide entail`: how every cached image stands to a hypothesis. */
export const entailCommand = (): Command => {
  const command = new Command('entail')
    .description('Judges whether cached images entail a hypothesis, contradict it, or leave it open (SNLI-VE).')
    .argument('<student>', 'a dual encoder of SNLI-VE, the one that made the cache')
    .argument('<hypothesis>', 'a sentence, in quotes')
    .addOption(cachesOption())
    .addOption(
      oneOf('--judgement <name>', 'the judgement whose probability counts', [
        'entailment',
        'neutral',
        'contradiction',
      ]).default('entailment'),
    )
    .addOption(outOption())
    .addOption(precisionOption())
    .addOption(threadsOption())
    .addOption(jsonOption());
  return addForeignOptions(addRankingOptions(addFilterOptions(command), 'probability'))
    .addHelpText('after', examples)
    .action(run);
};

const columns: readonly ResultColumn[] = [
  { name: 'judgement', kind: 'text' },
  { name: 'entailment', kind: 'number' },
  { name: 'neutral', kind: 'number' },
  { name: 'contradiction', kind: 'number' },
];

async function run(file: string, hypothesis: string, options: Options): Promise<void> {
  checkTableFile(options.out);
  const trained = await openModel(file, options, options.precision);
  const cache = await openImageCache(options.cache, filterOf(options));
  const { judgement, threads, out } = options;
  await using student = await openPredictor(trained, { threads });
  using progress = openProgress('entail');
  let images = 0;
  const onProgress = (done: number, of: number): void => {
    images = of;
    progress.update(done, of);
  };
  const all = await entail(student, cache, hypothesis, {
    ...filterOf(options),
    ...countingRankingOf(options),
    ...{ judgement, onWarning: printNotice, onProgress },
  });
  if (out !== undefined) await writeRanked(out, all.slice(0, options.top), columns);
  const judged = all.slice(0, shownRows(options));
  const lines = restOf({
    shown: judged.length,
    found: all.length,
    images: options.nearDuplicates === undefined ? images : all.length,
  });
  const text = [
    rankedTable(judged, columns, options),
    ...lines,
    ...(out === undefined ? [] : [printableLine(`saved ${out}`)]),
  ];
  print(text.join('\n'), { hypothesis, cache: cache.folder, images: cache.size, judged }, options);
}
