import { counted } from '../errors.ts';
import { settingsOf } from './option-table.ts';
import { type TrainingOptions, trainingOptions } from './options.ts';

/** Length of a training, from the passes over its data. */
export interface Passes {
  readonly updates: number;
  /**
   * Examples of the passes that are never read, since a pass counts as its whole batches, and the passes as their whole
   * updates; 0 where a number of updates is given.
   */
  readonly leftOut: number;
}

/** Updates of a training over this many examples, at least one, unless a number of updates is given. */
export const passesOver = (examples: number, options: TrainingOptions): Passes => {
  const { epochs, batch, accumulation, updates: given } = settingsOf(trainingOptions, options);
  if (given !== undefined) return { updates: given, leftOut: 0 };
  const updates = Math.max(1, Math.floor((Math.floor(examples / batch) * epochs) / accumulation));
  return { updates, leftOut: Math.max(0, epochs * examples - updates * batch * accumulation) };
};

/** Says once that examples are left out, and how they would not be; nothing where none are. */
export const warnOfLeftOut = (
  examples: number,
  { onWarning, ...options }: TrainingOptions & { readonly onWarning?: ((message: string) => void) | undefined },
): void => {
  const { epochs, batch, accumulation } = settingsOf(trainingOptions, options);
  const { updates, leftOut } = passesOver(examples, options);
  if (leftOut === 0) return;
  const size = batch * accumulation;
  const enough = Math.ceil((epochs * examples) / size);
  onWarning?.(
    `${leftOut} of ${counted(epochs * examples, 'example')} ${leftOut === 1 ? 'is' : 'are'} left out (${epochs} x ${examples}), since a pass counts as its whole batches: ${updates} of ${counted(enough, 'update')} of ${counted(size, 'example')} are done; give the number of updates to have more`,
  );
};
