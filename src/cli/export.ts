import { Command } from 'commander';
import { type ExportPrecision, exportStudent, loadTrained } from '../index.ts';
import { given, jsonOption, oneOf, threadsOption } from './options.ts';
import { bytesOf, type Cell, factsOf, print } from './table.ts';

interface Options {
  readonly to: string;
  readonly precision: ExportPrecision;
  readonly threads?: number;
  readonly json?: boolean;
}

const examples = `
Examples:
  $ dide export runs/student/best.safetensors --to exported
  $ dide export runs/student/best.safetensors --to exported --precision int8

The folder holds text.onnx, image.onnx, answer.onnx, the vocabulary, and student.json, which says what goes in.`;

/** `dide export`: a student as plain ONNX files for any runtime. */
export const exportCommand = (): Command =>
  new Command('export')
    .summary('a student as plain ONNX files, for any language')
    .description('Writes a student as three plain ONNX files with what goes with them, and checks them against it.')
    .argument('<file>', 'a student: best.safetensors of a run')
    .requiredOption('--to <folder>', 'where the files go')
    .addOption(oneOf('--precision <which>', 'of the weights', ['fp32', 'fp16', 'int8']).default('fp32'))
    .addOption(threadsOption())
    .addOption(jsonOption())
    .addHelpText('after', examples)
    .action(run);

const run = async (file: string, { to, precision, threads, json }: Options): Promise<void> => {
  const exported = await exportStudent(await loadTrained(file), to, { precision, ...given({ threads }) });
  const { files, difference, largest, agreed, pairs } = exported;
  const facts: [string, Cell][] = [
    ...files.map(({ name, bytes }): [string, Cell] => [name, bytesOf(bytes)]),
    [
      'largest error',
      `${difference.toExponential(1)} of a logit, where the largest logit is ${largest.toPrecision(3)}`,
    ],
    ['same answers', `${agreed} of ${pairs} pairs of noise`],
    ['saved', to],
  ];
  print(factsOf(facts), { file, to, precision, ...exported }, { json });
};
