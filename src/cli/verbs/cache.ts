import { Command, Option } from 'commander';
import { type CacheOptions, type CacheProgress, cacheImages, type ImageCache, type Model } from '../../index.ts';
import type { ModelPrecision } from '../../model.ts';
import type { Processes } from '../../training.ts';
import { addForeignOptions, type ForeignOptions, openModel } from '../options/checkpoint.ts';
import { precisionOption } from '../options/device.ts';
import { verboseOption } from '../options/images.ts';
import { addOptions, count, jsonOption, oneOf, threadsOption } from '../options/options.ts';
import { checkOutputFolder, withoutPassword } from '../options/output.ts';
import { type PictureFlags, pictureOptions } from '../options/pictures.ts';
import { checkAlone, type PieceFlags } from '../options/pieces/pieces.ts';
import type { SparkFlags } from '../options/pieces/spark.ts';
import type { TaskName } from '../options/tasks.ts';
import { costFacts } from '../terminal/cache-facts.ts';
import { inProcesses, sharing, wordsOf } from '../terminal/in-processes.ts';
import { listenForInterrupt, sayStopped } from '../terminal/interrupt.ts';
import { openProgress, silent } from '../terminal/progress.ts';
import { commandOf } from '../terminal/quote.ts';
import { bytesOf, type Cell, durationOf, factsOf, grouped, print } from '../terminal/table.ts';
import { cachePieceOptions, encodedElsewhere, hasEncodedPieces } from './cache-pieces.ts';

interface Options extends ForeignOptions, PictureFlags, PieceFlags, SparkFlags {
  readonly task?: TaskName | undefined;
  readonly to: string;
  readonly batch?: number | undefined;
  readonly unreadable: 'skip' | 'refuse';
  readonly compare: 'time' | 'bytes';
  readonly precision?: ImageCache['precision'] | undefined;
  readonly encoderPrecision?: ModelPrecision | undefined;
  readonly verbose?: boolean | undefined;
  readonly threads?: number | undefined;
  readonly json?: boolean | undefined;
}

const examples = `
Examples:
  $ dide cache runs/student/best.safetensors photos --to photos.cache
  $ dide ask runs/student/best.safetensors "is there a dog?" --cache photos.cache --top 5
  $ dide cache dide_vqa.ckpt photos --answers vqa2-id2label.json --to photos.cache
  $ dide cache runs/retriever/best.safetensors photos --to photos.cache
  $ dide cache runs/student/best.safetensors photos --to "postgres://me@localhost/pictures?cache=photos"
  $ dide cache runs/student/best.safetensors photos --to s3://bucket/photos

  $ mpirun -n 4 dide cache runs/student/best.safetensors photos --to photos.cache

  In pieces, by four processes or as many machines (docs/scale.md):
  $ dide cache student.safetensors photos --to photos.cache --list > pictures.txt
  $ split -n l/4 pictures.txt some. && ls some.* | xargs -P4 -I{} sh -c \\
      'dide cache student.safetensors photos --to photos.cache --pieces {} > {}.jsonl'
  $ cat some.*.jsonl | dide cache student.safetensors photos --to photos.cache --merge -

A student of retrieval makes a cache to be searched by a description, any other one to be asked questions. A picture is
encoded once; run it again after pictures were added, changed or removed, and only those are encoded. Files of other
kinds, links that lead nowhere and folders that may not be read are counted; --verbose names each of them.`;

/** `dide cache`: encodes a folder of images, once for all questions to come. */
export const cacheCommand = (): Command =>
  addOptions(addForeignOptions(new Command('cache')), [
    ...pictureOptions('as-shown; of a cache that is there, as it is'),
    ...cachePieceOptions(),
  ])
    .description(
      "Encodes every image of a folder with a student's image encoder, once for all questions and searches to come.",
    )
    .argument('<student>', 'a dual encoder: best.safetensors of its run')
    .argument('<images>', 'a folder of images; its folders are searched too')
    .addOption(
      new Option(
        '--to <place>',
        'where the cache is, or will be: a folder, a Postgres database with pgvector, or a prefix of an S3 bucket',
      ).makeOptionMandatory(),
    )
    .addOption(count('--batch <n>', 'images at a time (default: 16)'))
    .addOption(oneOf('--unreadable <what>', 'files that hold no readable image', ['skip', 'refuse']).default('skip'))
    .addOption(
      oneOf('--compare <how>', 'by what a cached picture is known: time and size of its file, or its bytes', [
        'time',
        'bytes',
      ]).default('time'),
    )
    .addOption(
      oneOf('--precision <number>', 'what a picture is kept as (default: float16; of a cache that is there, its own)', [
        'float32',
        'float16',
        'int8',
      ]),
    )
    .addOption(precisionOption('--encoder-precision <number>', 'the products of the image encoder are'))
    .addOption(verboseOption())
    .addOption(threadsOption())
    .addOption(jsonOption())
    .addHelpText('after', examples)
    .action(run);

const run = (file: string, images: string, options: Options, command: Command): Promise<void> =>
  inProcesses((processes) => cacheIn(processes, { file, images, options, words: wordsOf(command) }));

interface Arguments {
  readonly file: string;
  readonly images: string;
  readonly options: Options;
  /** The words of the command line after `dide`. */
  readonly words: readonly string[];
}

const cacheIn = async (processes: Processes, { file, images, options, words }: Arguments): Promise<void> => {
  checkOutputFolder(options.to);
  checkAlone(options, processes.size);
  const student = await openModel(file, options, options.encoderPrecision);
  if (await hasEncodedPieces(student, { images, options })) return;
  const began = performance.now();
  const done = await cacheUntilInterrupted(student, { images, words }, sharing(options, processes));
  if (!done || processes.rank > 0) return;
  const { cache, counts, leftOut } = done;
  const milliseconds = performance.now() - began;
  const place = withoutPassword(options.to);
  const { found, encoded, kept, unreadable, passedOver, forgotten } = counts;
  const facts: [string, Cell][] = [
    ['found', grouped(found)],
    ['encoded now', grouped(encoded)],
    ['encoded before', grouped(kept)],
    ['unreadable', grouped(unreadable)],
    ['passed over', grouped(passedOver)],
    ['forgotten', grouped(forgotten)],
    ['images', grouped(cache.size)],
    ['row', `${cache.about.width} numbers as ${cache.precision}, ${bytesOf(cache.rowBytes)}`],
    ...costFacts(cache.about),
    ['time', durationOf(milliseconds)],
    ['saved', place],
  ];
  const next = `\n\nNext: ${commandOf(['dide', 'ask', file])} "…" ${commandOf(['--cache', place])}`;
  const { precision, rowBytes, about } = cache;
  const row = { precision, rowBytes, ...(about.cost ? { cost: about.cost } : {}) };
  const numbers = { images: cache.size, ...row, found, encoded, kept, unreadable, passedOver, forgotten, milliseconds };
  print(factsOf(facts) + next, { to: place, ...numbers, leftOut }, options);
};

/** Seconds for which a command waits where another one is writing the cache: a container that ends, as a rule. */
const WAIT_SECONDS = 60;

type LeftOut = Parameters<NonNullable<CacheOptions['onLeftOut']>>[0];

/** Undefined where Ctrl-C stopped it: what was encoded until then is kept. */
const cacheUntilInterrupted = async (
  student: Model,
  { images, words }: Pick<Arguments, 'images' | 'words'>,
  { processes, ...options }: Options & { readonly processes: Processes },
) => {
  const { to, unreadable, compare, batch, threads, pictures, maxMegapixels, verbose, precision } = options;
  let counts: CacheProgress | undefined;
  const leftOut: LeftOut[] = [];
  using interrupt = listenForInterrupt();
  try {
    using progress = processes.rank === 0 ? openProgress('cache') : silent;
    const onProgress = (now: CacheProgress): void => {
      counts = now;
      progress.update(now.done, now.of);
    };
    const onLeftOut = (one: LeftOut): void => {
      leftOut.push(one);
      if (verbose && one.kind === 'passed over') progress.say(`passed over: ${one.path}: ${one.why}`);
    };
    const { signal } = interrupt;
    const cache = await cacheImages(student, images, {
      ...{ to, unreadable, compare, precision, batch, threads, pictures, maxMegapixels, waitSeconds: WAIT_SECONDS },
      ...{
        signal,
        onProgress,
        onLeftOut,
        processes,
        encoded: encodedElsewhere(student, { images, options, words }, signal),
      },
      onWarning: verbose ? progress.say : progress.warn,
    });
    return { cache, counts: counts!, leftOut };
  } catch (error) {
    if (!interrupt.signal.aborted || error !== interrupt.signal.reason) throw error;
    const { done, of } = counts ?? { done: 0, of: 0 };
    sayStopped(
      counts
        ? `Stopped after ${done} of ${of} images, which are kept in ${withoutPassword(to)}; the same command goes on.`
        : 'Stopped before the first image; the same command begins again.',
    );
    return undefined;
  }
};
