import { Command, Option } from 'commander';
import { ask, openImageCache, openStudent } from '../index.ts';
import { addForeignOptions, type ForeignOptions, openModel } from './foreign-options.ts';
import { count, given, jsonOption, threadsOption } from './options.ts';
import { grouped, print, tableOf } from './table.ts';
import type { TaskName } from './tasks.ts';

interface Options extends ForeignOptions {
  readonly task?: TaskName;
  readonly cache: string;
  readonly top: number;
  readonly answer?: string;
  readonly threads?: number;
  readonly json?: boolean;
}

const examples = `
Examples:
  $ dide ask runs/student/best.safetensors "how many shapes are there?" --cache photos.cache
  $ dide ask runs/student/best.safetensors "is there a dog?" --cache photos.cache --top 50 --json
  $ dide ask runs/student/best.safetensors "what color is the bus?" --answer red --cache photos.cache

  $ dide ask dide_vqa.ckpt "is there a dog?" --answers vqa2-id2label.json --cache photos.cache

Only the question is encoded; the images were, when they were cached.`;

/** `dide ask`: one question, many images. */
export const askCommand = (): Command =>
  addForeignOptions(new Command('ask'))
    .summary('ask one question of every cached image')
    .description('Asks one question of every cached image; the surest answers come first.')
    .argument('<student>', 'the dual encoder that made the cache')
    .argument('<question>', 'in quotes')
    .addOption(new Option('--cache <folder>', 'what `dide cache` wrote').makeOptionMandatory())
    .addOption(count('--top <n>', 'answers to print').default(10))
    .addOption(new Option('--answer <answer>', 'how surely this is the answer, instead of the best answer to each'))
    .addOption(threadsOption())
    .addOption(jsonOption())
    .addHelpText('after', examples)
    .action(run);

async function run(file: string, question: string, options: Options): Promise<void> {
  const { cache: folder, top, answer, threads } = options;
  const trained = await openModel(file, options);
  const cache = await openImageCache(folder);
  await using student = await openStudent(trained, given({ threads }));
  const answers = await ask(student, question, cache, { top, onNotice: say, ...given({ answer }) });
  const rows = answers.map(({ image, answer, probability }) => [image, answer, probability.toFixed(3)]);
  const text = tableOf([['image', 'answer', 'probability'], ...rows]);
  const rest = cache.entries.length - answers.length;
  print(
    rest > 0 ? `${text}\n… and ${grouped(rest)} more images: --top ${cache.entries.length}` : text,
    { question, cache: folder, images: cache.entries.length, answers },
    options,
  );
}

const say = (message: string): void => void process.stderr.write(`${message}\n`);
