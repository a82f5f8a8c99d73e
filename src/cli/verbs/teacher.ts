import { Command } from 'commander';
import { loadModel, saveModel } from '../../index.ts';
import { pretrainedIn, teacherIn, trainTeacher } from '../../studies/teacher/mini-teacher.ts';
import { given, threadsOption } from '../options/options.ts';
import { checkOutputFile, checkOutputFolder } from '../options/output.ts';
import { listenForInterrupt, STOPPING, sayStopped } from '../terminal/interrupt.ts';
import { printNotice } from '../terminal/notice.ts';
import { openParts } from '../terminal/progress.ts';
import { percent } from '../terminal/table.ts';

interface Options {
  readonly out: string;
  readonly pretrained?: string | undefined;
  readonly from?: string | undefined;
  readonly folder: string;
  readonly threads?: number | undefined;
}

const examples = `
Examples:
  $ dide teacher --out teacher.safetensors --pretrained pretrained.safetensors
  $ dide teacher --out teacher.safetensors --from assets/pretrained-mini.safetensors

First it learns from captions (masked words, and which image belongs to a caption), then to answer questions. It may be
stopped at any time; the same command continues.`;

/** `dide teacher`: trains the quickstart's teacher from random weights. */
export const teacherCommand = (): Command =>
  new Command('teacher')
    .description("Writes the teacher's scenes and trains the quickstart's fusion encoder on them, from random weights.")
    .requiredOption('--out <file>', 'where the teacher goes (safetensors)')
    .option('--pretrained <file>', 'where the fusion encoder goes as it was after the captions (safetensors)')
    .option('--from <file>', 'a fusion encoder that is past the captions, such as the one in assets/')
    .option('--folder <folder>', 'where its data and its run go', 'runs/teacher')
    .addOption(threadsOption())
    .addHelpText('after', examples)
    .action(run);

const run = async ({ out, pretrained, from, folder, threads }: Options): Promise<void> => {
  checkOutputFile(out);
  if (pretrained !== undefined) checkOutputFile(pretrained);
  checkOutputFolder(folder);
  using interrupt = listenForInterrupt(() => printNotice(STOPPING));
  using parts = openParts();
  const steps = trainTeacher({
    folder,
    pretrained: from === undefined ? undefined : await loadModel(from),
    onScenes: (lesson, { split, done, of }) => parts.update(`${lesson}: writing ${split}`, { done, of }),
    ...given({ threads }),
  });
  let last = '';
  for await (const { lesson, number, of, losses, validation } of steps) {
    if (validation !== undefined) last = `, validation ${percent(validation)}`;
    parts.update(`${lesson}: training`, { done: number, of, note: `loss ${losses.total!.toFixed(3)}${last}` });
    if (interrupt.signal.aborted) {
      parts[Symbol.dispose]();
      return sayStopped(`Stopped in ${lesson} after update ${number} of ${of}; the same command goes on from there.`);
    }
  }
  await saveModel(out, await loadModel(teacherIn(folder)));
  if (pretrained !== undefined) await saveModel(pretrained, await loadModel(pretrainedIn(folder)));
};
