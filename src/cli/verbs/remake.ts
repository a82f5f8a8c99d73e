import { join } from 'node:path';
import { Argument, Command } from 'commander';
import { UserError } from '../../index.ts';
import { recipes, type ShippedName, shippedNames } from '../../studies/shipped/recipes.ts';
import { type RemakeStep, remake } from '../../studies/shipped/remake.ts';
import { oneOf, threadsOption } from '../options/options.ts';
import { checkOutputFile, checkOutputFolder } from '../options/output.ts';
import { listenForInterrupt, STOPPING, sayStopped } from '../terminal/interrupt.ts';
import { printNotice } from '../terminal/notice.ts';
import { openParts } from '../terminal/progress.ts';
import { percent } from '../terminal/table.ts';

interface Options {
  readonly out: string;
  readonly from?: string | undefined;
  readonly teacher?: string | undefined;
  readonly folder: string;
  readonly precision: 'fp32' | 'fp16';
  readonly tiny?: boolean | undefined;
  readonly threads?: number | undefined;
}

const nameWidth = Math.max(...shippedNames.map((name) => name.length));

const examples = `
Files, and what they are:
${shippedNames.map((name) => `  ${name.padEnd(nameWidth)}  ${recipes[name].summary}`).join('\n')}

Examples:
  $ dide remake pretrained-mini --out pretrained.safetensors
  $ dide remake teacher-mini --from pretrained.safetensors --out teacher.safetensors
  $ dide remake student-mini --precision fp16 --out student.safetensors --threads 1

Each is trained on generated pictures, which are written first. What it begins with, and its teacher, come with the
package unless they are given. It may be stopped at any time; the same command continues.`;

/** `dide remake`: trains a file of weights of the package again. */
export const remakeCommand = (): Command =>
  new Command('remake')
    .description('Trains one of the files of weights that come with the package again, by its recipe.')
    .addArgument(new Argument('<name>', 'which file').choices(shippedNames))
    .requiredOption('--out <file>', 'where the weights go (safetensors)')
    .option('--from <file>', 'the weights that it begins with (default: those in assets/)')
    .option('--teacher <file>', 'the model that it is distilled from (default: the one in assets/)')
    .option('--folder <folder>', 'where data and runs go; another one for another start or teacher', 'runs/remake')
    .addOption(oneOf('--precision <which>', 'of the weights in the file', ['fp32', 'fp16']).default('fp32'))
    .option('--tiny', 'a few updates on a few pictures, for trying out: under a minute, and nothing is learnt')
    .addOption(threadsOption())
    .addHelpText('after', examples)
    .action(run);

const run = async (name: ShippedName, options: Options): Promise<void> => {
  const { out, from, teacher, precision, tiny = false, threads } = options;
  const folder = tiny ? join(options.folder, 'tiny') : options.folder;
  checkUses(name, options);
  checkOutputFile(out);
  checkOutputFolder(folder);
  using interrupt = listenForInterrupt(() => printNotice(STOPPING));
  const { signal } = interrupt;
  using parts = openParts();
  const steps = remake(name, {
    ...{ out, folder, from, teacher, threads, signal },
    dtype: precision === 'fp16' ? 'F16' : 'F32',
    size: tiny ? 'tiny' : 'full',
    onWarning: printNotice,
    onScenes: (lesson, { split, done, of }) => parts.update(`${lesson}: writing ${split}`, { done, of }),
  });
  const stopped = await follow(steps, parts.update, signal);
  parts[Symbol.dispose]();
  if (stopped !== undefined) sayStopped(`Stopped ${stopped}; the same command goes on from there.`);
};

/** @throws UserError where an option has no use in the recipe. */
const checkUses = (name: ShippedName, given: Options): void => {
  const uses = { from: 'it begins with random weights', teacher: 'it learns from ground truth alone' } as const;
  for (const [option, why] of Object.entries(uses) as [keyof typeof uses, string][])
    if (given[option] !== undefined && recipes[name][option] === undefined)
      throw new UserError(`--${option}: ${name} has no use for it: ${why}: leave it out`);
};

/** Runs all lessons. → where it was stopped; undefined at the end */
const follow = async (
  steps: AsyncIterable<RemakeStep>,
  update: ReturnType<typeof openParts>['update'],
  signal: AbortSignal,
): Promise<string | undefined> => {
  let last = '';
  try {
    for await (const { lesson, number, of, losses, validation } of steps) {
      if (validation !== undefined) last = `, validation ${percent(validation)}`;
      update(`${lesson}: training`, { done: number, of, note: `loss ${losses.total!.toFixed(3)}${last}` });
      if (signal.aborted) return `in ${lesson} after update ${number} of ${of}`;
    }
  } catch (error) {
    if (!signal.aborted || error !== signal.reason) throw error;
    return 'while pictures were written';
  }
  return undefined;
};
