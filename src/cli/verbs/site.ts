import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, Option } from 'commander';
import { openImageCache, UserError } from '../../index.ts';
import { type SiteReport, writeSite } from '../../server.ts';
import { addForeignOptions, type ForeignOptions, openModel } from '../options/checkpoint.ts';
import { addOptions, count, jsonOption } from '../options/options.ts';
import { checkNewFolder } from '../options/output.ts';
import type { TaskName } from '../options/tasks.ts';
import { listenForInterrupt, sayStopped } from '../terminal/interrupt.ts';
import { openProgress } from '../terminal/progress.ts';
import { commandOf } from '../terminal/quote.ts';
import { bytesOf, type Cell, factsOf, grouped, print } from '../terminal/table.ts';

interface Options extends ForeignOptions {
  readonly task?: TaskName | undefined;
  readonly to: string;
  readonly images: string;
  readonly title?: string | undefined;
  readonly example: readonly string[];
  readonly side?: number | undefined;
  readonly teacher?: string | undefined;
  readonly page?: string | undefined;
  readonly runtime?: string | undefined;
  readonly webgpu?: boolean | undefined;
  readonly json?: boolean | undefined;
}

const examples = `
Examples:
  $ dide cache student.safetensors photos --to photos.cache
  $ dide site student.safetensors photos.cache --images photos --to site
  $ python3 -m http.server --directory site
  $ dide site student.safetensors photos.cache --images photos --to site --title Holidays --example "is there a dog?"

The folder needs no server of ours: any host of files has it, under any path, and nothing is loaded from elsewhere. The
student runs in the browser, so no question leaves it. The pictures themselves are not copied, only small ones. With the
headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp it uses several cores.`;

/** `dide site`: a page that needs no server. */
export const siteCommand = (): Command =>
  addOptions(
    addForeignOptions(new Command('site'))
      .description(
        'Writes a folder for any host of files: a page that runs a student in the browser, over cached images.',
      )
      .argument('<student>', 'the dual encoder that made the cache')
      .argument('<cache>', 'what `dide cache` wrote')
      .addOption(new Option('--to <folder>', 'the folder that is made').makeOptionMandatory())
      .addOption(new Option('--images <folder>', 'the images that were cached').makeOptionMandatory())
      .addOption(new Option('--title <name>', "name of the collection (default: that of the cache's folder)"))
      .addOption(
        new Option('--example <question>', 'a question worth trying; may be given again')
          .default([], 'none')
          .argParser(collect),
      )
      .addOption(count('--side <pixels>', 'longer side of the small pictures (default: 320)'))
      .addOption(new Option('--teacher <file>', "the student's teacher, to show where it looks, too"))
      .addOption(new Option('--page <folder>', 'another page than that of the package'))
      .addOption(
        new Option(
          '--webgpu',
          "compute on a visitor's graphics processor where there is one: 27 MB more, from --runtime node_modules/onnxruntime-web/dist",
        ),
      )
      .addOption(new Option('--runtime <folder>', "other files of onnxruntime-web's than those of the package")),
    [jsonOption()],
  )
    .addHelpText('after', examples)
    .action(run);

const collect = (value: string, before: readonly string[]): string[] => [...before, value];

async function run(file: string, cacheFolder: string, options: Options): Promise<void> {
  const { to, images, side, title = basename(resolve(cacheFolder)).replace(/\.cache$/, '') } = options;
  checkNewFolder(to, '');
  const [page, runtime] = [options.page ?? ownPage(), options.runtime ?? ownRuntime()];
  const student = await openModel(file, options);
  const teacher = options.teacher === undefined ? undefined : await openModel(options.teacher, options);
  const cache = await openImageCache(cacheFolder);
  using interrupt = listenForInterrupt();
  const { signal } = interrupt;
  try {
    using progress = openProgress('site');
    const report = await writeSite(student, cache, {
      ...{ to, images, page, runtime, teacher, title, side, signal, examples: options.example },
      provider: options.webgpu ? 'webgpu' : 'wasm',
      name: basename(file).replace(/\.safetensors$/, ''),
      onProgress: progress.update,
      onWarning: progress.warn,
    });
    print(
      `${factsOf(factsIn(report, to))}\n\nNext: ${commandOf(['python3', '-m', 'http.server', '--directory', to])}`,
      { to, ...report },
      options,
    );
  } catch (error) {
    if (!signal.aborted || error !== signal.reason) throw error;
    sayStopped('Stopped; nothing is left, and the same command begins again.');
  }
}

const factsIn = ({ images, bytes }: SiteReport, to: string): [string, Cell][] => [
  ['images', grouped(images)],
  ['page', bytesOf(bytes.page)],
  ['runtime', bytesOf(bytes.runtime)],
  ['student', bytesOf(bytes.student)],
  ...(bytes.teacher > 0 ? [['teacher', bytesOf(bytes.teacher)] as [string, Cell]] : []),
  ['vectors', bytesOf(bytes.cache)],
  ['small pictures', bytesOf(bytes.thumbnails)],
  ['all', bytesOf(bytes.all)],
  ['saved', to],
];

/** The page of the package. @throws UserError where it was not built. */
const ownPage = (): string => {
  const folder = fileURLToPath(new URL('../../../dist/page', import.meta.url));
  if (existsSync(join(folder, 'index.html'))) return folder;
  throw new UserError(`${folder}: the page was not built: npm run build, or give another one with --page`);
};

/** The files of onnxruntime-web: those of the package or, where it was not built, of the development dependency. */
const ownRuntime = (): string => {
  const folder = fileURLToPath(new URL('../../../dist/runtime', import.meta.url));
  return existsSync(folder) ? folder : dirname(createRequire(import.meta.url).resolve('onnxruntime-web/wasm'));
};
