import { existsSync } from 'node:fs';
import { openSafetensors } from '../../checkpoints/formats/safetensors.ts';
import { counted } from '../../errors.ts';
import { alone, type Processes } from '../../processes/processes.ts';
import { PROGRESS } from '../checkpoint.ts';
import { settingsOf, type Values } from '../option-table.ts';
import { trainingOptions } from '../options.ts';
import { lastIn } from '../run-folder.ts';

/** Options that say how many examples an update has. */
interface BatchOptions extends Pick<Values<typeof trainingOptions>, 'batch' | 'folder' | 'resume'> {
  readonly processes?: Processes | undefined;
  readonly onWarning?: ((message: string) => void) | undefined;
}

/**
 * Examples of a batch of all processes together: `batch` for each. A run that began on another number of processes keeps
 * its batches, and with them the order of its data: those that are there now share them.
 */
export const wholeBatchOf = async (options: BatchOptions): Promise<number> => {
  const { processes = alone, folder, resume, onWarning } = options;
  const { batch } = settingsOf(trainingOptions, options);
  const before = resume && folder !== undefined ? await beginningOf(folder) : undefined;
  if (!before || before.processes === processes.size || before.batch !== batch * before.processes)
    return batch * processes.size;
  onWarning?.(
    `${folder}: it ran on ${counted(before.processes, 'process').replace(/ss(es|s)$/, 'sses')} and goes on with ${processes.size}: batches stay of ${counted(before.batch, 'example')}, in the same order, and sums may differ in the last bits`,
  );
  return before.batch;
};

/** Processes and batch of the run in a folder; undefined where it has no checkpoint. */
const beginningOf = async (folder: string): Promise<{ processes: number; batch: number } | undefined> => {
  const path = lastIn(folder);
  if (!existsSync(path)) return undefined;
  await using file = await openSafetensors(path);
  const progress = file.metadata.get(PROGRESS);
  if (progress === undefined) return undefined;
  const { processes = 1, options } = JSON.parse(progress) as { processes?: number; options?: { batch?: number } };
  return { processes, batch: Number(options?.batch) };
};
