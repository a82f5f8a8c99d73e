import { existsSync } from 'node:fs';
import { Command } from 'commander';
import { type ImageSource, imageName } from '../../data.ts';
import { type AnsweredImages, answerEach, type Model, type RankedAnswer, UserError } from '../../index.ts';
import { addForeignOptions, type ForeignOptions, openModel } from '../options/checkpoint.ts';
import { type PrecisionFlag, precisionOption } from '../options/device.ts';
import { expandFolders, tellPassedOver, verboseOption } from '../options/images.ts';
import { addOptions, count, jsonOption, threadsOption } from '../options/options.ts';
import { type PictureFlags, pictureOptions } from '../options/pictures.ts';
import type { TaskName } from '../options/tasks.ts';
import { printNotice } from '../terminal/notice.ts';
import { openProgress } from '../terminal/progress.ts';
import { print, tableOf } from '../terminal/table.ts';

interface Options extends ForeignOptions, PrecisionFlag, PictureFlags {
  readonly task?: TaskName | undefined;
  readonly top: number;
  readonly verbose?: boolean | undefined;
  readonly threads?: number | undefined;
  readonly json?: boolean | undefined;
}

const examples = `
Examples:
  $ dide answer runs/student/best.safetensors photo.jpg "what color is the bus?"
  $ dide answer runs/teacher/best.safetensors photos "is there a dog?"
  $ dide answer runs/nlvr2/best.safetensors left.jpg right.jpg "both images show a dog"
  $ dide answer vilt_vqa.ckpt photo.jpg "how many cats are there?" --answers vqa2-id2label.json --json

One image: its most probable answers. Many: one line an image, with its best answer. A model of NLVR2 is asked about two
images together, so its images are taken in twos. To ask many questions of the same images, cache them (dide cache) and
use dide ask, which encodes only the question.`;

/** `dide answer`: the answers of a model about images, with their probabilities. */
export const answerCommand = (): Command =>
  addOptions(addForeignOptions(new Command('answer')), pictureOptions('as-shown'))
    .usage('[options] <model> <image...> <question>')
    .description('Answers a question about an image, or many images, with probabilities.')
    .argument('<model>', 'a teacher or a student: best.safetensors of a run, a .ckpt, a Hugging Face folder')
    .argument('<image... question...>', 'images, or folders of them, and last the question or statement, in quotes')
    .addOption(count('--top <n>', 'answers to each image: of one image in the table, of many with --json').default(5))
    .addOption(verboseOption())
    .addOption(precisionOption())
    .addOption(threadsOption())
    .addOption(jsonOption())
    .addHelpText('after', examples)
    .action(run);

async function run(file: string, words: readonly string[], options: Options): Promise<void> {
  const [images, question] = [words.slice(0, -1), words.at(-1)!];
  if (images.length === 0)
    throw new UserError('dide answer needs an image and, last, a question in quotes: see dide answer --help');
  if (existsSync(question))
    throw new UserError(`${question}: it is a file where the question should be: write the question last, in quotes`);
  const { paths, passedOver } = await expandFolders(images);
  tellPassedOver(passedOver, printNotice, options);
  const model = await openModel(file, options, options.precision);
  const items = itemsOf(model, paths);
  const all = await answerWithProgress(model, items, question, options);
  const failures = all.flatMap((one) => ('failure' in one ? [one.failure] : []));
  if (failures.length === all.length) throw failures[0]!;
  const answered = all.flatMap((one) =>
    'failure' in one ? [] : [{ images: namesOf(one.images), answers: one.answers }],
  );
  const result = {
    ...{ file, question, found: all.length, answered },
    unreadable: failures.map(({ message }) => message),
    passedOver: passedOver.map(({ path }) => path),
  };
  print(textOf(answered, failures.length), result, options);
}

/** The images in twos for a model that is asked about two together. @throws UserError where one is left over. */
const itemsOf = ({ config }: Model, images: readonly string[]): string[][] => {
  const size = config.images;
  if (images.length % size !== 0)
    throw new UserError(
      `the model (${config.task}) answers about ${size} images together: give a multiple of ${size} images, not ${images.length}`,
    );
  return Array.from({ length: images.length / size }, (_, i) => images.slice(size * i, size * (i + 1)));
};

const answerWithProgress = async (
  model: Model,
  items: readonly string[][],
  question: string,
  { top, threads, pictures, maxMegapixels }: Options,
): Promise<AnsweredImages[]> => {
  using progress = openProgress('answer');
  const all: AnsweredImages[] = [];
  for await (const one of answerEach(model, items, question, {
    ...{ top, threads, pictures, maxMegapixels, onWarning: progress.warn },
  })) {
    all.push(one);
    if ('failure' in one && items.length > 1) progress.warn(`passed over: ${one.failure.message}`);
    if (items.length > 1) progress.update(all.length, items.length);
  }
  return all;
};

interface Answered {
  readonly images: readonly string[];
  readonly answers: readonly RankedAnswer[];
}

const textOf = (answered: readonly Answered[], unreadable: number): string => {
  const [first, ...more] = answered;
  const probabilityOf = ({ probability }: RankedAnswer): string => probability.toFixed(3);
  if (more.length === 0 && unreadable === 0)
    return tableOf([['answer', 'probability'], ...first!.answers.map((one) => [one.answer, probabilityOf(one)])]);
  const heading = first!.images.map((_, i) => (first!.images.length === 1 ? 'image' : `image ${i + 1}`));
  const rows = answered.map(({ images, answers: [best] }) => [...images, best!.answer, probabilityOf(best!)]);
  const table = tableOf([[...heading, 'answer', 'probability'], ...rows]);
  if (unreadable === 0) return table;
  return `${table}\n${unreadable} of ${answered.length + unreadable} could not be read and ${unreadable === 1 ? 'was' : 'were'} passed over`;
};

const namesOf = (images: readonly ImageSource[]): string[] => images.map(imageName);
