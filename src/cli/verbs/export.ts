import { Command, Option } from 'commander';
import { type ExportPrecision, exportOnnx, type Model, saveModel, UserError } from '../../index.ts';
import { saveHuggingFace } from '../../model.ts';
import { addForeignOptions, type ForeignOptions, openModel } from '../options/checkpoint.ts';
import { jsonOption, oneOf, threadsOption } from '../options/options.ts';
import { checkOutputFile, checkOutputFolder } from '../options/output.ts';
import type { TaskName } from '../options/tasks.ts';
import { bytesOf, type Cell, factsOf, groupedCount, print } from '../terminal/table.ts';

interface Options extends ForeignOptions {
  readonly out: string;
  readonly to: keyof typeof formats;
  readonly precision: ExportPrecision;
  readonly task?: TaskName | undefined;
  readonly threads?: number | undefined;
  readonly json?: boolean | undefined;
}

/** Facts of an export for people, and the object for `--json`. */
interface Report {
  readonly facts: readonly [string, Cell][];
  readonly result: object;
}

const examples = `
Examples:
  $ dide export runs/student/best.safetensors --out exported
  $ dide export runs/student/best.safetensors --out exported --precision int8
  $ dide export dide_vqa.ckpt --answers vqa2-id2label.json --out exported
  $ dide export runs/teacher/best.safetensors --to huggingface --out teacher
  $ dide export vilt_vqa.ckpt --answers vqa2-id2label.json --to safetensors --precision fp16 --out vilt.safetensors

onnx: a student as text.onnx, image.onnx and answer.onnx, a teacher as model.onnx, a student that retrieves as text.onnx
and image.onnx, which give vectors of length 1 to be multiplied; vocabulary, a JSON that says what goes in, and answer.py
and answer.mjs, which run them: python exported/answer.py photo.jpg "what color is the bus?". huggingface: a teacher as
the folder that transformers loads. safetensors: a file of dide's own.`;

/** `dide export`: a model for other programs. */
export const exportCommand = (): Command =>
  addForeignOptions(new Command('export'))
    .description('Writes a model for other programs, and checks ONNX files against it.')
    .argument(
      '<file>',
      'a model: best.safetensors of a run, a .ckpt of ViLT or DiDE, a Hugging Face folder, an id of the Hub',
    )
    .addOption(new Option('--out <path>', 'where it goes: a folder; of safetensors, the file').makeOptionMandatory())
    .addOption(oneOf('--to <format>', 'what it becomes', Object.keys(formats)).default('onnx'))
    .addOption(
      oneOf('--precision <which>', 'of the weights; int8: of ONNX alone', ['fp32', 'fp16', 'int8']).default('fp32'),
    )
    .addOption(threadsOption())
    .addOption(jsonOption())
    .addHelpText('after', examples)
    .action(run);

const run = async (file: string, options: Options): Promise<void> => {
  const { out, to, precision } = options;
  if (to === 'safetensors') checkOutputFile(out);
  else checkOutputFolder(out);
  const { facts, result } = await formats[to](await openModel(file, options), options);
  print(factsOf([...facts, ['saved', out]]), { file, out, to, precision, ...result }, options);
};

const toOnnx = async (trained: Model, { out, precision, threads }: Options): Promise<Report> => {
  const exported = await exportOnnx(trained, out, { precision, threads });
  const { files, difference, largest, agreed, pairs } = exported;
  const searches = !trained.config.purpose.logits;
  const what = searches ? "vector's number" : 'logit';
  return {
    facts: [
      ...files.map(({ name, bytes }): [string, Cell] => [name, bytesOf(bytes)]),
      [
        'largest error',
        difference === 0
          ? 'none: equal to the last bit'
          : `${difference.toExponential(1)} of a ${what}, where the largest ${what} is ${largest.toPrecision(3)}`,
      ],
      searches
        ? ['same image found', `for ${agreed} of ${groupedCount(pairs, 'text')} of noise`]
        : ['same answers', `${agreed} of ${groupedCount(pairs, 'pair')} of noise`],
    ],
    result: exported,
  };
};

const toHuggingFace = async (trained: Model, { out, precision }: Options): Promise<Report> => {
  if (precision !== 'fp32') throw new UserError('--precision: transformers is given fp32: leave it out');
  await saveHuggingFace(out, trained);
  return { facts: [['for', 'from_pretrained of transformers']], result: {} };
};

const toSafetensors = async (trained: Model, { out, precision }: Options): Promise<Report> => {
  if (precision === 'int8') throw new UserError('--precision: int8 is for ONNX: give fp32 or fp16');
  await saveModel(out, trained, { dtype: precision === 'fp16' ? 'F16' : 'F32' });
  return { facts: [['tensors', trained.weights.size]], result: { tensors: trained.weights.size } };
};

const formats = { onnx: toOnnx, huggingface: toHuggingFace, safetensors: toSafetensors } as const;
