import { isHubData, isStreamed } from '../../data.ts';
import type { PullOptions, PullProgress } from '../../hub.ts';
import type { Learnable } from '../../index.ts';
import { printNotice } from '../terminal/notice.ts';
import { openParts } from '../terminal/progress.ts';

/** Options of opening a model that may have to be fetched. */
interface Pulling {
  readonly onPull: NonNullable<PullOptions['onPull']>;
  readonly onWarning: (message: string) => void;
}

/** Bytes of a megabyte, in tenths of which progress is shown. */
const MEGABYTE = 1e6;
const megabytes = (bytes: number): number => Math.round(bytes / (MEGABYTE / 10)) / 10;

/** Does something that may fetch a model or data from the Hub, with a bar of the megabytes where it does. */
export const withPullProgress = async <T>(run: (pulling: Pulling) => Promise<T>): Promise<T> => {
  using parts = openParts();
  const onPull = ({ id, file, done, of }: PullProgress): void =>
    parts.update(`fetch ${id} (MB)`, { done: megabytes(done), of: megabytes(of), note: file });
  return await run({ onPull, onWarning: printNotice });
};

/** Fetches data of the Hub, or the files of a split, with a bar; any other data are left as they are. */
const pullShown = async (data: string, split: string): Promise<void> => {
  if (!isHubData(data) || isStreamed(data)) return;
  const { pullDataset } = await import('../../hub.ts');
  await withPullProgress(({ onPull }) => pullDataset(data, { split, onPull }));
};

/** The task, whose data are fetched with a bar where they are on the Hub. */
export const pullingTask = <T extends Learnable>(task: T): T => ({
  ...task,
  answers: async (folder) => {
    await pullShown(folder, 'train');
    return await task.answers(folder);
  },
  read: async (folder, split, options) => {
    await pullShown(folder, split);
    return await task.read(folder, split, options);
  },
});
