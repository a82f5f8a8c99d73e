import { Command, Option } from 'commander';
import { meanOf } from '../../data.ts';
import { type Model, UserError } from '../../index.ts';
import type { ExplainedPair } from '../../query.ts';
import { explainPairs } from '../../studies/attention/explain.ts';
import { writeExplained } from '../../studies/attention/page/page.ts';
import { addForeignOptions, type ForeignOptions, openModel } from '../options/checkpoint.ts';
import { addOptions, given, jsonOption, threadsOption } from '../options/options.ts';
import { checkOutputFile } from '../options/output.ts';
import { type PictureFlags, pictureOptions } from '../options/pictures.ts';
import type { TaskName } from '../options/tasks.ts';
import { printNotice } from '../terminal/notice.ts';
import { printableLine } from '../terminal/printable.ts';
import { type Cell, percent, print, tableOf } from '../terminal/table.ts';

interface Options extends ForeignOptions, PictureFlags {
  readonly task?: TaskName | undefined;
  readonly to: string;
  readonly teacher?: string | undefined;
  readonly without?: string | undefined;
  readonly threads?: number | undefined;
  readonly json?: boolean | undefined;
}

const examples = `
Examples:
  $ dide explain runs/student/best.safetensors photo.jpg "what color is the bus?" --to explain.html
  $ dide explain runs/student/best.safetensors photo.jpg "what color is the bus?" --to explain.html \\
      --teacher runs/teacher/best.safetensors --without runs/hard/best.safetensors

The page needs no network. Choose a word to see which patches it attends to, or a patch to see which words, in every head
of every model. With --teacher it has the KL divergence of each student's attention from the teacher's, too, which is the
loss L_CA of this image and text.`;

/** `dide explain`: a page of attention maps of one or more models for one image and text. */
export const explainCommand = (): Command =>
  addOptions(addForeignOptions(new Command('explain')), pictureOptions('as-shown'))
    .description(
      'Writes a page with the attention maps of a model, its teacher and an undistilled student, head by head.',
    )
    .argument('<student>', 'a model that answers about one image')
    .argument('<image>', 'a picture')
    .argument('<text>', 'a question or statement, in quotes')
    .addOption(new Option('--to <file>', 'the page (HTML)').makeOptionMandatory())
    .addOption(new Option('--teacher <file>', 'the teacher of the student, to compare with'))
    .addOption(new Option('--without <file>', 'a student that was trained without a teacher, to compare with'))
    .addOption(threadsOption())
    .addOption(jsonOption())
    .addHelpText('after', examples)
    .action(run);

async function run(file: string, image: string, text: string, options: Options): Promise<void> {
  checkOutputFile(options.to);
  const { to, teacher, without, threads, pictures, maxMegapixels } = options;
  const models: Record<string, Model> = {};
  if (teacher !== undefined) models.teacher = await openModel(teacher, options);
  const own = await openModel(file, options);
  models[own.config.architecture.towers ? 'student' : 'fusion encoder'] = own;
  if (without !== undefined) models['student, not distilled'] = await openStudentModel(without, options);
  const example = { id: image, text, images: [image], answers: [] };
  const pairs = await explainPairs(models, [example], { onWarning: printNotice, threads, pictures, maxMegapixels });
  await writeExplained(to, pairs);
  report(pairs[0]!, options);
}

/** Opens the file of `--without`, which must hold a student. */
const openStudentModel = async (file: string, options: Options): Promise<Model> => {
  const model = await openModel(file, options);
  if (model.config.architecture.towers) return model;
  throw new UserError(
    `${file}: it is a fusion encoder, not a student: give --without a student that was trained without a teacher (dide finetune --recipe hard), and a fusion encoder as --teacher`,
  );
};

const report = ({ models, words }: ExplainedPair, { to, ...options }: Options): void => {
  const results = models.map(({ name, answers, divergence }) => ({ name, answers, ...given({ divergence }) }));
  const rows = models.map(({ name, answers: [best], divergence }): Cell[] => {
    const apart = [divergence?.textToImage, divergence?.imageToText].map((heads) => heads && meanOf(heads));
    return [
      name,
      best?.answer ?? 'none',
      best ? percent(best.probability) : '',
      ...apart.map((one) => one?.toFixed(3) ?? '–'),
    ];
  });
  const text = tableOf([['model', 'answer', 'probability', 'KL text to image', 'KL image to text'], ...rows]);
  print(`${text}\n\nSaved: ${printableLine(to)}`, { to, words, models: results }, options);
};
