import { Command, Option } from 'commander';
import type { Pulled } from '../../../hub.ts';
import { pullDataset, pullModel } from '../../../hub.ts';
import { withPullProgress } from '../../options/hub.ts';
import { jsonOption } from '../../options/options.ts';
import { listenForInterrupt, sayStopped } from '../../terminal/interrupt.ts';
import { commandOf } from '../../terminal/quote.ts';
import { bytesOf, factsOf, groupedCount, print } from '../../terminal/table.ts';

interface Options {
  readonly data?: true | undefined;
  readonly split?: string | undefined;
  readonly json?: boolean | undefined;
}

const examples = `
Examples:
  $ dide pull dandelin/vilt-b32-finetuned-vqa
  $ dide pull org/name@v1.0
  $ dide pull hf:org/name/folder
  $ dide pull --data hf:org/pairs --split validation

Every verb that takes a model takes an id of the Hub, and --data takes hf:org/name: they fetch what they need, and this
fetches it before. It goes into the cache of Python's huggingface_hub (HF_HUB_CACHE, or HF_HOME/hub), and what is there
already is used. HF_ENDPOINT, HF_TOKEN and HF_HUB_OFFLINE are heeded. Nothing that is fetched is ever executed.`;

/** `dide pull`: fetches from the Hub. */
export const pullCommand = (): Command =>
  new Command('pull')
    .description('Fetches a model or a data set of the Hugging Face Hub into its cache: the needed files alone.')
    .argument('<id>', 'org/name, org/name@revision, or hf:org/name/folder for a part of the repository')
    .option('--data', 'it is a data set')
    .addOption(new Option('--split <name>', 'of data: the parquet files of this split alone (default: all)'))
    .addOption(jsonOption())
    .addHelpText('after', examples)
    .action(run);

async function run(id: string, options: Options): Promise<void> {
  using interrupt = listenForInterrupt();
  const { signal } = interrupt;
  try {
    const pulled = await withPullProgress(({ onPull, onWarning }) =>
      options.data
        ? pullDataset(id, { split: options.split, onPull, onNotice: onWarning, signal })
        : pullModel(id, { onPull, onNotice: onWarning, signal }),
    );
    print(`${factsOf(factsIn(pulled))}\n\nNext: ${nextOf(id, options)}`, { id, ...pulled }, options);
  } catch (error) {
    if (!signal.aborted || error !== signal.reason) throw error;
    sayStopped('Stopped; what was fetched is kept, and the same command goes on.');
  }
}

const factsIn = ({ commit, files, fetched, path }: Pulled & { readonly path: string }): [string, string][] => [
  ['revision', commit],
  [
    'files',
    `${groupedCount(files.length, 'file')}, ${fetched === undefined ? 'of the cache' : fetched === 0 ? 'all there already' : `${bytesOf(fetched)} fetched`}`,
  ],
  ['saved', path],
];

const nextOf = (id: string, { data }: Options): string =>
  data
    ? `${commandOf(['dide', 'inspect', id.startsWith('hf:') ? id : `hf:${id}`])}`
    : commandOf(['dide', 'inspect', id]);
