import { Command, Option } from 'commander';
import { z } from 'zod';
import { readJson } from '../../../files/json.ts';
import { type CardEvaluation, type Pushed, pushModel } from '../../../hub.ts';
import { UserError } from '../../../index.ts';
import { addForeignOptions, type ForeignOptions, openModel } from '../../options/checkpoint.ts';
import { jsonOption, oneOf } from '../../options/options.ts';
import type { TaskName } from '../../options/tasks.ts';
import { listenForInterrupt, sayStopped } from '../../terminal/interrupt.ts';
import { printNotice } from '../../terminal/notice.ts';
import { openParts } from '../../terminal/progress.ts';
import { commandOf } from '../../terminal/quote.ts';
import { factsOf, print } from '../../terminal/table.ts';

interface Options extends ForeignOptions {
  readonly license: string;
  readonly evaluation?: readonly string[] | undefined;
  readonly baseModel?: readonly string[] | undefined;
  readonly dataset?: readonly string[] | undefined;
  readonly private?: true | undefined;
  readonly public?: true | undefined;
  readonly replaceCard?: true | undefined;
  readonly precision: 'fp32' | 'fp16';
  readonly message?: string | undefined;
  readonly task?: TaskName | undefined;
  readonly json?: boolean | undefined;
}

const examples = `
Examples:
  $ dide push runs/student/best.safetensors org/name --license apache-2.0 --private
  $ dide evaluate runs/student/best.safetensors --data hf:org/pairs --split test --json > evaluation.json
  $ dide push runs/student/best.safetensors org/name --license apache-2.0 --evaluation evaluation.json \\
      --base-model dandelin/vilt-b32-finetuned-vqa --dataset org/pairs

In one commit: model.safetensors, config.json and README.md, a card of its recipe, its data, its accuracy with intervals and
its licence. The repository is made if need be. It needs a token that may write (HF_TOKEN, or hf auth login).`;

/** `dide push`: uploads a model. */
export const pushCommand = (): Command =>
  addForeignOptions(new Command('push'))
    .description('Pushes a model to the Hugging Face Hub in one commit, with a card that is made from it.')
    .argument(
      '<file>',
      'a model: best.safetensors of a run, a .ckpt of ViLT or DiDE, a Hugging Face folder, an id of the Hub',
    )
    .argument('<id>', 'org/name, or org/name@branch')
    .addOption(
      new Option('--license <id>', 'licence of the weights: apache-2.0, cc-by-4.0, other, …').makeOptionMandatory(),
    )
    .addOption(new Option('--evaluation <files...>', 'what dide evaluate --json printed of it, for the card'))
    .addOption(new Option('--base-model <ids...>', 'models that it was made from or taught by, for the card'))
    .addOption(new Option('--dataset <ids...>', 'data sets that it has learnt from, for the card'))
    .addOption(new Option('--private', 'of a new repository: seen by its owner alone').conflicts('public'))
    .addOption(new Option('--public', 'of a new repository: seen by all'))
    .option('--replace-card', 'write the card anew where there is one')
    .addOption(oneOf('--precision <which>', 'of the weights', ['fp32', 'fp16']).default('fp32'))
    .addOption(new Option('--message <text>', 'title of the commit'))
    .addOption(jsonOption())
    .addHelpText('after', examples)
    .action(run);

async function run(file: string, id: string, options: Options): Promise<void> {
  const evaluations = await Promise.all((options.evaluation ?? []).map(readEvaluation));
  const model = await openModel(file, options);
  using interrupt = listenForInterrupt();
  const { signal } = interrupt;
  try {
    using parts = openParts();
    const { license, baseModel: baseModels, dataset: datasets, replaceCard, precision, message } = options;
    const pushed = await pushModel(id, model, {
      card: { license, baseModels, datasets, evaluations },
      oldCard: replaceCard ? 'replace' : 'keep',
      dtype: precision === 'fp16' ? 'F16' : 'F32',
      visibility: options.private ? 'private' : options.public ? 'public' : undefined,
      ...{ message, signal, onNotice: printNotice },
      onPush: ({ file: name, done }) => parts.update(`push ${name} (%)`, { done: Math.round(100 * done), of: 100 }),
    });
    print(reportOf(id, pushed), { file, id, ...pushed }, options);
  } catch (error) {
    if (!signal.aborted || error !== signal.reason) throw error;
    sayStopped(`Stopped; ${id} is as it was.`);
  }
}

const reportOf = (id: string, { commit, url, isNew, files }: Pushed): string => {
  const facts = factsOf([
    ['repository', `${url}${isNew ? ', which is new' : ''}`],
    ['commit', commit],
    ['files', files.join(', ')],
    ...(files.includes('README.md') ? [] : [['card', 'as it was: --replace-card writes it anew'] as [string, string]]),
  ]);
  return `${facts}\n\nNext: ${commandOf(['dide', 'pull', id])}`;
};

const evaluationSchema = z.object({
  data: z.string(),
  lines: z.array(
    z.object({
      split: z.string(),
      kind: z.string().optional(),
      questions: z.number(),
      accuracy: z.number().nullable(),
      interval: z.tuple([z.number(), z.number()]).nullable(),
    }),
  ),
});

/** Reads what `dide evaluate --json` printed. @throws UserError where it is something else. */
const readEvaluation = async (path: string): Promise<CardEvaluation> => {
  const parsed = evaluationSchema.safeParse(await readJson(path));
  if (parsed.success) return parsed.data;
  throw new UserError(
    `${path}: it is not what dide evaluate --json prints: make it with dide evaluate MODEL --data DATA --json > ${path}`,
  );
};
