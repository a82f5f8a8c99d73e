import { UserError } from '../errors.ts';
import type { Example } from './example.ts';

/** Hears of an example that is left out, and why. */
export type OnUnreadable = (failure: UserError, example: Example) => void;

/** As many examples are tried before their share is judged, and until so many it is judged at every batch. */
const FEWEST = 16;
const FIRST = 256;

/** What a loader knows of the examples that it could not read. */
interface Tolerance {
  /** Passes on what is heard; absent where nobody listens, so that a failure ends the pass. */
  readonly onUnreadable?: OnUnreadable | undefined;
  /** A batch is made: of so many examples, so many could be read. */
  readonly made: (examples: number, kept: number) => void;
  /** The pass is over. */
  readonly end: () => void;
}

/**
 * Counts what cannot be read. A few damaged pictures are passed over; but where more than half of the first examples
 * cannot be read, it is the data as a whole that are wrong, and to train on what is left would hide it.
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
    const share = `${lost} of the first ${tried} examples cannot be read`;
    throw new UserError(`${first!.message} So it is with more than half: ${share}: check the data.`, { cause: first });
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

/** Keeps the examples that could not be read, each once, however often it is met. */
export interface SkipPolicy {
  readonly listen: OnUnreadable;
  /** Why, an example each, in the order in which they were met. */
  readonly failures: () => string[];
}

/** A list of unreadable examples, for whoever reports at the end. */
export const createSkipPolicy = (): SkipPolicy => {
  const all = new Map<string, string>();
  return {
    listen: ({ message }, { id }) => void all.set(id, message),
    failures: () => [...all.values()],
  };
};
