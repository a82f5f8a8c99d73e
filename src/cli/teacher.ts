import { join } from 'node:path';
import { Command } from 'commander';
import {
  loadTrained,
  saveTrained,
  teacherRecipe,
  trainTeacher,
  UserError,
  untrainedTeacher,
  writeMiniScenes,
} from '../index.ts';
import { listenForInterrupt } from './interrupt.ts';
import { given, threadsOption } from './options.ts';
import { openProgress } from './progress.ts';
import { percent } from './table.ts';

interface Options {
  readonly out: string;
  readonly folder: string;
  readonly threads?: number;
}

const examples = `
Example:
  $ dide teacher --out assets/teacher-mini.safetensors

Stop it when you like: the same command goes on where it was.`;

/** `dide teacher`: retrains the quickstart's teacher from nothing. */
export const teacherCommand = (): Command =>
  new Command('teacher')
    .summary("retrain the quickstart's teacher from nothing: about half an hour")
    .description("Writes the teacher's scenes and trains the quickstart's fusion encoder on them, from nothing.")
    .requiredOption('--out <file>', 'where the teacher goes (safetensors)')
    .option('--folder <folder>', 'where its data and its run go', 'runs/teacher')
    .addOption(threadsOption())
    .addHelpText('after', examples)
    .action(run);

const run = async ({ out, folder, threads }: Options): Promise<void> => {
  const data = join(folder, 'scenes');
  await writeScenes(data);
  const teacher = untrainedTeacher(teacherRecipe.seed);
  using interrupt = listenForInterrupt((message) => process.stderr.write(`${message}\n`));
  using progress = openProgress('teacher');
  let last = '';
  for await (const { number, of, losses, validation } of trainTeacher(teacher, {
    data,
    folder: join(folder, 'run'),
    ...given({ threads }),
  })) {
    if (validation !== undefined) last = `, validation ${percent(validation)}`;
    progress.update(number, of, `loss ${losses.total!.toFixed(3)}${last}`);
    if (interrupt.isRequested())
      throw new UserError(
        `teacher: stopped at update ${number} of ${of}: the same command goes on from the last checkpoint`,
      );
  }
  await saveTrained(out, await loadTrained(join(folder, 'run', 'best.safetensors')));
};

const writeScenes = async (data: string): Promise<void> => {
  using progress = openProgress('scenes');
  await writeMiniScenes(data, {
    ...teacherRecipe.scenes,
    onProgress: ({ split, done, of }) => progress.update(done, of, split),
  });
};
