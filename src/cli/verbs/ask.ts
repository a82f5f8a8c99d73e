import { Command, Option } from 'commander';
import { ask, type ImageCache, type Model, openImageCache, openPredictor, search, UserError } from '../../index.ts';
import { addForeignOptions, type ForeignOptions, openModel } from '../options/checkpoint.ts';
import { count, jsonOption, threadsOption } from '../options/options.ts';
import type { TaskName } from '../options/tasks.ts';
import { printNotice } from '../terminal/notice.ts';
import { type Cell, grouped, print, tableOf } from '../terminal/table.ts';

interface Options extends ForeignOptions {
  readonly task?: TaskName | undefined;
  readonly cache: string;
  readonly top: number;
  readonly answer?: string | undefined;
  readonly threads?: number | undefined;
  readonly json?: boolean | undefined;
}

const examples = `
Examples:
  $ dide ask runs/student/best.safetensors "how many shapes are there?" --cache photos.cache
  $ dide ask runs/student/best.safetensors "is there a dog?" --cache photos.cache --top 50 --json
  $ dide ask runs/student/best.safetensors "what color is the bus?" --answer red --cache photos.cache
  $ dide ask dide_vqa.ckpt "is there a dog?" --answers vqa2-id2label.json --cache photos.cache
  $ dide ask runs/retriever/best.safetensors "a red car" --cache photos.cache

Only the question is encoded; the images were, when they were cached. A student of retrieval is given a description
instead, and the images that fit it best come first: the score is a cosine, from -1 to 1, and no probability.`;

/** `dide ask`: one question, many images. */
export const askCommand = (): Command =>
  addForeignOptions(new Command('ask'))
    .description('Asks one question of every cached image, or finds those that fit a description; the best come first.')
    .argument('<student>', 'the dual encoder that made the cache')
    .argument('<question>', 'in quotes; of a student of retrieval, what the images should show')
    .addOption(new Option('--cache <folder>', 'what `dide cache` wrote').makeOptionMandatory())
    .addOption(count('--top <n>', 'answers or images to print').default(10))
    .addOption(new Option('--answer <answer>', 'how surely this is the answer, instead of the best answer to each'))
    .addOption(threadsOption())
    .addOption(jsonOption())
    .addHelpText('after', examples)
    .action(run);

async function run(file: string, question: string, options: Options): Promise<void> {
  const trained = await openModel(file, options);
  const cache = await openImageCache(options.cache);
  const said = { question, cache: options.cache, images: cache.size };
  const tell = trained.config.purpose.logits ? asked : searched;
  const { rows, result } = await tell(trained, [question, cache], options);
  const text = tableOf(rows);
  const rest = said.images - (rows.length - 1);
  print(
    rest > 0 ? `${text}\n… and ${grouped(rest)} more images: --top ${said.images}` : text,
    { ...said, ...result },
    options,
  );
}

/** Rows of the table, the heading first, and the object for `--json`. */
interface Report {
  readonly rows: readonly Cell[][];
  readonly result: object;
}

type Question = readonly [text: string, cache: ImageCache];

const asked = async (
  trained: Model,
  [question, cache]: Question,
  { top, answer, threads }: Options,
): Promise<Report> => {
  await using student = await openPredictor(trained, { threads });
  const answers = await ask(student, cache, question, { top, answer, onWarning: printNotice });
  const rows = answers.map(({ image, answer, probability }) => [image, answer, probability.toFixed(3)]);
  return { rows: [['image', 'answer', 'probability'], ...rows], result: { answers } };
};

const searched = async (
  trained: Model,
  [text, cache]: Question,
  { top, answer, threads }: Options,
): Promise<Report> => {
  if (answer !== undefined)
    throw new UserError('--answer: a student of retrieval finds images and answers nothing: leave it out');
  await using searcher = await openPredictor(trained, { threads });
  const found = await search(searcher, cache, text, { top, onWarning: printNotice });
  const rows = found.map(({ image, score }) => [image, score.toFixed(3)]);
  return { rows: [['image', 'score'], ...rows], result: { found } };
};
