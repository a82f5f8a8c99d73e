import { Command } from 'commander';
import { encodePng } from '../../data.ts';
import { viewNames } from '../../studies/scenes/views.ts';
import { worlds } from '../../studies/scenes/world.ts';
import { type WriteOptions, writeScenes } from '../../studies/scenes/write.ts';
import { count, given, jsonOption, oneOf, seedOption } from '../options/options.ts';
import { checkNewFolder } from '../options/output.ts';
import { listenForInterrupt, sayStopped } from '../terminal/interrupt.ts';
import { printableLine } from '../terminal/printable.ts';
import { openProgress } from '../terminal/progress.ts';
import { commandOf } from '../terminal/quote.ts';
import { groupedCount, print, tableOf } from '../terminal/table.ts';

interface Options {
  readonly task: WriteOptions['view'];
  readonly world: keyof typeof worlds;
  readonly seed: number;
  readonly tiny?: boolean | undefined;
  readonly train?: number | undefined;
  readonly validation?: number | undefined;
  readonly testIid?: number | undefined;
  readonly testComp?: number | undefined;
  readonly pixels?: number | undefined;
  readonly questions?: number | undefined;
  readonly hops?: string | undefined;
  readonly json?: boolean | undefined;
}

const usual = { train: 4000, validation: 300, testIid: 500, testComp: 500 };
const tiny = { train: 24, validation: 8, testIid: 8, testComp: 8 };

const examples = `
Examples:
  $ dide scenes data/scenes
  $ dide scenes data/easy --train 8000 --hops 0
  $ dide scenes data/statements --task nlvr2
  $ dide scenes /tmp/scenes --tiny

What it writes: pictures of coloured shapes, and questions about them with their answers (or statements, hypotheses or
captions, by --task), as a folder that every other verb reads. Pictures come in pairs that differ by one small edit, and
each question has different answers for the two: neither the picture nor the question alone gives the answer. The other
tasks are balanced in the same way.

Sizes count pairs of pictures (vqa), statements with four pairs of pictures (nlvr2), hypotheses with three pictures (ve),
groups of four pictures with their captions (retrieval), or pictures with several captions each (pretraining).`;

/** `dide scenes`: writes a generated data set. */
export const scenesCommand = (): Command =>
  new Command('scenes')
    .description('Writes a data set of generated pictures with questions and answers about them.')
    .argument('<folder>', 'where to; it must be new, empty, or hold the very same scenes')
    .addOption(oneOf('--task <name>', 'what the texts are for', viewNames).default('vqa'))
    .addOption(oneOf('--world <name>', 'how rich the pictures are', Object.keys(worlds)).default('mini'))
    .addOption(count('--train <pairs>', `pairs of pictures to learn from (default: ${usual.train})`))
    .addOption(count('--validation <pairs>', `pairs to choose the best weights by (default: ${usual.validation})`))
    .addOption(count('--test-iid <pairs>', `pairs like those to learn from (default: ${usual.testIid})`))
    .addOption(count('--test-comp <pairs>', `pairs with colours on shapes never seen (default: ${usual.testComp})`))
    .addOption(count('--pixels <n>', "side of a picture (default: the world's, 48 or 64)"))
    .addOption(count('--questions <n>', 'most questions about a pair to learn from (default: 4)'))
    .addOption(oneOf('--hops <n>', "most relations that a question chains (default: the world's, 2)", ['0', '1', '2']))
    .option('--tiny', 'a few pairs of each split, for trying out: a second')
    .addOption(seedOption())
    .addOption(jsonOption())
    .addHelpText('after', examples)
    .action(writeFolder);

async function writeFolder(folder: string, options: Options, command: Command): Promise<void> {
  checkNewFolder(folder, 'scenes.json');
  const { train, validation, testIid, testComp } = { ...(options.tiny ? tiny : usual), ...given(options) };
  const world = { ...worlds[options.world], ...(options.hops === undefined ? {} : { maxHops: Number(options.hops) }) };
  const manifest = await writeUntilInterrupted(folder, {
    seed: options.seed,
    view: options.task,
    world,
    sizes: { train, validation, 'test-iid': testIid, 'test-comp': testComp },
    encodePng,
    command: commandOf(['dide', command.name(), ...process.argv.slice(3)]),
    ...given({ pixels: options.pixels, questionsPerPair: options.questions }),
  });
  if (!manifest) return;
  const rows = Object.entries(manifest.rows).map(([split, questions]) => {
    return [split, manifest.images[split as keyof typeof manifest.images] ?? 0, questions] as const;
  });
  const table = [['split', 'images', 'rows'], ...rows];
  const next = `\n${printableLine(folder)}: ${groupedCount(
    rows.reduce((sum, [, images]) => sum + images, 0),
    'picture',
  )} of ${manifest.pixels} x ${manifest.pixels} pixels.`;
  print(tableOf(table) + next, { folder, ...manifest }, options);
}

/** Undefined where a signal stopped it: nothing is left then. */
const writeUntilInterrupted = async (folder: string, options: WriteOptions) => {
  using interrupt = listenForInterrupt();
  const { signal } = interrupt;
  try {
    return await writeWithProgress(folder, { ...options, signal });
  } catch (error) {
    if (!signal.aborted || error !== signal.reason) throw error;
    sayStopped(`Stopped; nothing was written to ${folder}.`);
    return undefined;
  }
};

/** Writes with a progress bar. */
const writeWithProgress = async (folder: string, options: WriteOptions) => {
  using progress = openProgress('scenes');
  const of = Object.values(options.sizes).reduce((sum, pairs) => sum + pairs, 0);
  const done = new Map<string, number>();
  const onProgress: WriteOptions['onProgress'] = (now) => {
    done.set(now.split, now.done);
    const all = [...done.values()].reduce((sum, pairs) => sum + pairs);
    progress.update(all, of, now.split);
  };
  return await writeScenes(folder, { ...options, onProgress });
};
