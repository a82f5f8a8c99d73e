import { Command, Option } from 'commander';
import type { Model } from '../../index.ts';
import { explainPairs } from '../../studies/attention/explain.ts';
import type { ExplainedPair } from '../../studies/attention/explained-pair.ts';
import { writeExplained } from '../../studies/attention/page/page.ts';
import { addForeignOptions, type ForeignOptions, openModel } from '../options/checkpoint.ts';
import { given, jsonOption, threadsOption } from '../options/options.ts';
import { checkOutputFile } from '../options/output.ts';
import type { TaskName } from '../options/tasks.ts';
import { type Cell, percent, print, tableOf } from '../terminal/table.ts';

interface Options extends ForeignOptions {
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

The page needs no network. Choose a word to see what it looks at, and a patch to see what it reads, in every head of
every model. With --teacher it says how far each student's attention is from the teacher's: L_CA of this one pair.`;

/** `dide explain`: what a model looks at in one picture, as a page. */
export const explainCommand = (): Command =>
  addForeignOptions(new Command('explain'))
    .description('Writes a page of what a model, its teacher and a student without one attend to, head by head.')
    .argument('<student>', 'a model that answers about one image')
    .argument('<image>', 'a picture')
    .argument('<text>', 'a question or statement, in quotes')
    .addOption(new Option('--to <file>', 'the page (HTML)').makeOptionMandatory())
    .addOption(new Option('--teacher <file>', 'the model that the student learnt from'))
    .addOption(new Option('--without <file>', 'a student that was not distilled'))
    .addOption(threadsOption())
    .addOption(jsonOption())
    .addHelpText('after', examples)
    .action(run);

async function run(file: string, image: string, text: string, options: Options): Promise<void> {
  checkOutputFile(options.to);
  const { to, teacher, without, threads } = options;
  const models: Record<string, Model> = {};
  if (teacher !== undefined) models.teacher = await openModel(teacher, options);
  const own = await openModel(file, options);
  models[own.config.architecture.towers ? 'student' : 'fusion encoder'] = own;
  if (without !== undefined) models['student, not distilled'] = await openModel(without, options);
  const example = { id: image, text, images: [image], answers: [] };
  const pairs = await explainPairs(models, [example], { onWarning: say, ...given({ threads }) });
  await writeExplained(to, pairs);
  report(pairs[0]!, options);
}

const report = ({ models, words }: ExplainedPair, { to, ...options }: Options): void => {
  const told = models.map(({ name, answers, divergence }) => ({ name, answers, ...given({ divergence }) }));
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
  print(`${text}\n\nSaved: ${to}`, { to, words, models: told }, options);
};

const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

const say = (message: string): void => void process.stderr.write(`${message}\n`);
