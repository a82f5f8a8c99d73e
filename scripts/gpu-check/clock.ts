/** Parts of a check that has only so much time. */
export interface Clock {
  /** Does a part; undefined where the time is over, or the part failed. */
  part<T>(name: string, work: () => T): T | undefined;
  /** Parts that were not done, and why. */
  readonly leftOut: readonly string[];
  /** Parts of our own that failed. */
  readonly failed: readonly string[];
}

/** Longest that an error is quoted. Characters. */
const LONGEST = 300;

/** Starts the clock. @param milliseconds until no further part is begun */
export const openClock = (milliseconds: number): Clock => {
  const began = performance.now();
  const [leftOut, failed]: [string[], string[]] = [[], []];
  return {
    leftOut,
    failed,
    part: (name, work) => {
      if (performance.now() - began > milliseconds) {
        leftOut.push(`${name}: no time was left`);
        return undefined;
      }
      const started = performance.now();
      try {
        return work();
      } catch (error) {
        const { stderr, message } = error as { stderr?: string; message: string };
        const why = `${name}: ${(stderr?.trim() || message).split('\n').at(-1)!.slice(0, LONGEST)}`;
        (name.startsWith('PyTorch') ? leftOut : failed).push(why);
        return undefined;
      } finally {
        console.error(`${name}: ${((performance.now() - started) / 1000).toFixed(0)} s`);
      }
    },
  };
};
