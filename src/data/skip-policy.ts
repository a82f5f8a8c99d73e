import { counted, UserError } from '../errors.ts';
import type { Example } from './example.ts';

/** Called with each example that is left out, and why. */
export type OnUnreadable = (failure: UserError, example: Example) => void;

/**
 * Number of examples that are tried before the ratio of unreadable ones is judged, and until which it is judged at
 * every batch.
 */
const FEWEST = 16;
const FIRST = 256;

/** A count of the examples that a loader could not read. */
interface Tolerance {
  /** Counts an unreadable example and passes it on; absent where nobody listens, so that a failure ends the pass. */
  readonly onUnreadable?: OnUnreadable | undefined;
  /** Called for each batch with the number of its examples, and of those that could be read. */
  readonly made: (examples: number, kept: number) => void;
  /** Called at the end of a pass. */
  readonly end: () => void;
}

/**
 * Counts examples that cannot be read. A few damaged images are passed over; but where more than half of the first
 * examples cannot be read, the data as a whole are wrong, and training on the rest would hide it.
 *
 * `made` and `end` throw a UserError that begins with the first failure; `made` too where a batch may not be empty.
 */
export const createSkipLimit = ({
  onUnreadable,
  empty = 'skip',
}: {
  readonly onUnreadable?: OnUnreadable | undefined;
  readonly empty?: 'skip' | 'refuse' | undefined;
}): Tolerance => {
  let [tried, lost] = [0, 0];
  let first: UserError | undefined;
  const refuseMost = (): void => {
    if (2 * lost <= tried) return;
    const ratio = `${lost} of the first ${counted(tried, 'example')} cannot be read`;
    throw new UserError(`${first!.message} So it is with more than half: ${ratio}: check the data.`, { cause: first });
  };
  return {
    ...(onUnreadable && {
      onUnreadable: (failure: UserError, example: Example): void => {
        first ??= failure;
        onUnreadable(failure, example);
      },
    }),
    made: (examples, kept) => {
      tried += examples;
      lost += examples - kept;
      if (tried >= FEWEST && tried - examples < FIRST) refuseMost();
      if (kept > 0 || empty === 'skip') return;
      throw new UserError(
        `${first!.message} No example of its batch of ${examples} can be read: mend them, or give a larger batch.`,
      );
    },
    end: () => {
      if (tried < FEWEST) refuseMost();
    },
  };
};

/** A list of the examples that could not be read, each once, however often it is met. */
export interface SkipPolicy {
  readonly listen: OnUnreadable;
  /** The reason for each example, in the order in which they were met. */
  readonly failures: () => string[];
}

/** Creates an empty list of unreadable examples, to be reported at the end. */
export const createSkipPolicy = (): SkipPolicy => {
  const all = new Map<string, string>();
  return {
    listen: ({ message }, { id }) => void all.set(id, message),
    failures: () => [...all.values()],
  };
};
