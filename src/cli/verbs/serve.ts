import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command, Option } from 'commander';
import { counted } from '../../errors.ts';
import { UserError } from '../../index.ts';
import { createServer, defaultLimits, readKeys, type ServedCache, type ServerLimits } from '../../server.ts';
import { addForeignOptions, type ForeignOptions, openModel } from '../options/checkpoint.ts';
import { type PrecisionFlag, precisionOption } from '../options/device.ts';
import { addOptions, amount, count, index, threadsOption } from '../options/options.ts';
import type { TaskName } from '../options/tasks.ts';
import { listenForInterrupt } from '../terminal/interrupt.ts';
import { printNotice } from '../terminal/notice.ts';

interface Options extends ForeignOptions, PrecisionFlag, Partial<ServerLimits> {
  readonly task?: TaskName | undefined;
  readonly images: readonly string[];
  readonly host: string;
  readonly port: number;
  readonly keyFile?: string | undefined;
  readonly cors?: readonly string[] | undefined;
  readonly teacher?: string | undefined;
  readonly page?: string | undefined;
  readonly threads?: number | undefined;
}

const examples = `
Examples:
  $ dide cache student.safetensors photos --to photos.cache
  $ dide serve student.safetensors photos.cache --images photos
  $ curl localhost:8080/v1/caches/photos/ask -H 'content-type: application/json' -d '{"question": "is there a dog?"}'
  $ dide serve student.safetensors "postgres://me@localhost/pictures?cache=photos" --images photos
  $ dide serve student.safetensors s3://bucket/photos --images photos
  $ dide key ana --key-file keys
  $ dide serve student.safetensors photos.cache --images photos --host 0.0.0.0 --key-file keys

/openapi.json describes what can be asked. --images may be given again, for the next cache each time; a cache without one
can be asked, but its images are not shown, added or deleted; one in a bucket is only read. On this machine alone no key
is asked for; elsewhere always. The file of keys is read again when it has changed, and at SIGHUP.
The log is a line of JSON a request, on stdout. Ctrl-C or SIGTERM ends the server once the requests under way are
answered. Behind a proxy let that one do TLS.`;

/** Limits as options: their flags, and what they mean. */
const limits = [
  amount('--megabytes <n>', `largest image that is taken (default: ${defaultLimits.megabytes})`),
  amount('--megapixels <n>', `largest image that is decoded (default: ${defaultLimits.megapixels})`),
  amount('--seconds <n>', `longest time of a request (default: ${defaultLimits.seconds})`),
  count('--in-flight <n>', `requests at once; more are answered 429 (default: ${defaultLimits.inFlight})`),
  count('--images-in-flight <n>', `those of them with images (default: ${defaultLimits.imagesInFlight})`),
  index('--per-minute <n>', 'requests a minute of a key, or of an address where there are none (default: any number)'),
  amount('--thumbnail-megabytes <n>', `thumbnails kept in memory (default: ${defaultLimits.thumbnailMegabytes})`),
  count('--decoders <n>', `threads that decode images (default: ${defaultLimits.decoders})`),
  amount(
    '--stop-seconds <n>',
    `longest wait for requests under way at the end (default: ${defaultLimits.stopSeconds})`,
  ),
];

/** `dide serve`: a model and its caches over HTTP. */
export const serveCommand = (): Command =>
  addOptions(
    addForeignOptions(new Command('serve'))
      .description('Serves a model and caches of its images over HTTP, until it is told to stop.')
      .argument('<model>', 'a student, which made the caches; without caches any model that answers')
      .argument('[cache...]', 'what `dide cache` wrote; with --images made where there is none')
      .addOption(new Option('--images <folder>', 'the images of the next cache').default([], 'none').argParser(collect))
      .addOption(new Option('--host <address>', 'address to listen on').default('127.0.0.1'))
      .addOption(index('--port <n>', 'port to listen on; 0: a free one').default(8080))
      .addOption(new Option('--key-file <file>', 'keys, one of which a request must bring (dide key)'))
      .addOption(new Option('--cors <origin>', 'origin whose pages may ask, again for another').argParser(collect))
      .addOption(new Option('--teacher <file>', 'a fusion encoder of the same task, to compare with'))
      .addOption(new Option('--page <folder>', 'the page that is shown at / (default: the one of this package)'))
      .addOption(precisionOption())
      .addOption(threadsOption()),
    limits.map((option) => option.helpGroup('Limits:')),
  )
    .addHelpText('after', examples)
    .action(run);

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

async function run(file: string, folders: readonly string[], options: Options): Promise<void> {
  const { images, host, port, keyFile, cors, threads } = options;
  if (images.length > folders.length)
    throw new UserError(
      `--images is given ${counted(images.length, 'time')} for ${counted(folders.length, 'cache')}: give each cache one`,
    );
  const caches: ServedCache[] = folders.map((cache, i) => ({ cache, images: images[i] }));
  if (keyFile !== undefined) await readKeys(keyFile);
  using interrupt = listenForInterrupt();
  const model = await openModel(file, options, options.precision);
  const teacher = options.teacher === undefined ? undefined : await openModel(options.teacher, options);
  await using server = await createServer(model, {
    ...{ caches, host, port, keyFile, cors, threads, limits: limitsIn(options), log: process.stdout },
    ...{ teacher, page: options.page ?? ownPage() },
  });
  using _hangUp = onHangUp(() => void server.reloadKeys());
  printNotice(`Listening on ${server.url}; Ctrl-C ends it.`);
  if (!interrupt.signal.aborted)
    await new Promise((resolve) => interrupt.signal.addEventListener('abort', resolve, { once: true }));
  printNotice('Stopping once the requests under way are answered (Ctrl-C again: at once).');
}

/** Calls a function at SIGHUP, but for a server of a terminal, which ends with it. */
const onHangUp = (run: () => void): Disposable => {
  const isDetached = !process.stdin.isTTY && !process.stdout.isTTY;
  if (isDetached) process.on('SIGHUP', run);
  return { [Symbol.dispose]: () => void process.off('SIGHUP', run) };
};

/** The page of the package; undefined where it was not built. */
const ownPage = (): string | undefined => {
  const folder = fileURLToPath(new URL('../../../dist/page', import.meta.url));
  return existsSync(`${folder}/index.html`) ? folder : undefined;
};

const limitsIn = (options: Options): Partial<ServerLimits> =>
  Object.fromEntries(
    Object.keys(defaultLimits).flatMap((name) => {
      const value = options[name as keyof ServerLimits];
      return value === undefined ? [] : [[name, value]];
    }),
  );
