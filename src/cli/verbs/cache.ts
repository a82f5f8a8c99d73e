import { Command, Option } from 'commander';
import { type CacheProgress, cacheImages, type Model } from '../../index.ts';
import { addForeignOptions, type ForeignOptions, openModel } from '../options/checkpoint.ts';
import { addOptions, count, jsonOption, oneOf, threadsOption } from '../options/options.ts';
import { checkOutputFolder } from '../options/output.ts';
import { type PictureFlags, pictureOptions } from '../options/pictures.ts';
import type { TaskName } from '../options/tasks.ts';
import { listenForInterrupt, sayStopped } from '../terminal/interrupt.ts';
import { openProgress } from '../terminal/progress.ts';
import { commandOf } from '../terminal/quote.ts';
import { type Cell, durationOf, factsOf, grouped, print } from '../terminal/table.ts';

interface Options extends ForeignOptions, PictureFlags {
  readonly task?: TaskName | undefined;
  readonly to: string;
  readonly batch?: number | undefined;
  readonly unreadable: 'skip' | 'refuse';
  readonly threads?: number | undefined;
  readonly json?: boolean | undefined;
}

const examples = `
Examples:
  $ dide cache runs/student/best.safetensors photos --to photos.cache
  $ dide ask runs/student/best.safetensors "is there a dog?" --cache photos.cache --top 5
  $ dide cache dide_vqa.ckpt photos --answers vqa2-id2label.json --to photos.cache
  $ dide cache runs/retriever/best.safetensors photos --to photos.cache

A student of retrieval makes a cache to be searched by a description, any other one to be asked questions. A picture is
encoded once; run it again after pictures were added, changed or removed, and only those are encoded.`;

/** `dide cache`: encodes a folder of images, once for all questions to come. */
export const cacheCommand = (): Command =>
  addOptions(addForeignOptions(new Command('cache')), pictureOptions('as-shown; of a cache that is there, as it is'))
    .description(
      "Encodes every image of a folder with a student's image encoder, once for all questions and searches to come.",
    )
    .argument('<student>', 'a dual encoder: best.safetensors of its run')
    .argument('<images>', 'a folder of images; its folders are searched too')
    .addOption(new Option('--to <folder>', 'where the cache is, or will be').makeOptionMandatory())
    .addOption(count('--batch <n>', 'images at a time (default: 16)'))
    .addOption(oneOf('--unreadable <what>', 'files that hold no readable image', ['skip', 'refuse']).default('skip'))
    .addOption(threadsOption())
    .addOption(jsonOption())
    .addHelpText('after', examples)
    .action(run);

async function run(file: string, images: string, options: Options): Promise<void> {
  checkOutputFolder(options.to);
  const student = await openModel(file, options);
  const began = performance.now();
  const done = await cacheUntilInterrupted(student, images, options);
  if (!done) return;
  const { cache, counts } = done;
  const milliseconds = performance.now() - began;
  const facts: [string, Cell][] = [
    ['images', grouped(cache.entries.length)],
    ['encoded now', grouped(counts.encoded)],
    ['encoded before', grouped(counts.kept)],
    ['unreadable', grouped(counts.unreadable)],
    ['forgotten', grouped(counts.forgotten)],
    ['time', durationOf(milliseconds)],
    ['saved', options.to],
  ];
  const next = `\n\nNext: ${commandOf(['dide', 'ask', file])} "…" ${commandOf(['--cache', options.to])}`;
  const { encoded, kept, unreadable, forgotten } = counts;
  const result = { to: options.to, images: cache.entries.length, encoded, kept, unreadable, forgotten, milliseconds };
  print(factsOf(facts) + next, result, options);
}

/** Undefined where Ctrl-C stopped it: what was encoded until then is kept. */
const cacheUntilInterrupted = async (student: Model, images: string, options: Options) => {
  const { to, unreadable, batch, threads, pictures, maxMegapixels } = options;
  let counts: CacheProgress = { done: 0, of: 0, encoded: 0, kept: 0, unreadable: 0, forgotten: 0 };
  using interrupt = listenForInterrupt();
  try {
    using progress = openProgress('cache');
    const onProgress = (now: CacheProgress): void => {
      counts = now;
      progress.update(now.done, now.of);
      // An error is how a caller ends it: the store is closed, and its lock is gone.
      if (now.done < now.of) interrupt.signal.throwIfAborted();
    };
    const cache = await cacheImages(student, images, {
      ...{ to, unreadable, batch, threads, pictures, maxMegapixels, onProgress },
      onWarning: progress.warn,
    });
    return { cache, counts };
  } catch (error) {
    if (error !== interrupt.signal.reason) throw error;
    sayStopped(
      `Stopped after ${counts.done} of ${counts.of} images, which are kept in ${to}; the same command goes on.`,
    );
    return undefined;
  }
};
