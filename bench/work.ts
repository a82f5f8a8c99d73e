import type { Case } from './cases.ts';

/** Options of setting up a work. */
export interface Setting {
  readonly case: Case;
  readonly batch: number;
  readonly threads: number;
  /** Files that the work reads, if any. */
  readonly folder: string;
}

/** Result of one run. The loss is null where nothing is learnt. */
export interface Done {
  readonly loss: number | null;
  /** Share of its time in which it waited for data. */
  readonly waitMilliseconds?: number | undefined;
  /** The whole result as bytes, for comparing with the peer's; outside of what is timed. */
  readonly result?: (() => Uint8Array | string) | undefined;
}

/** Something to time, ready to run again and again. */
export type Work = () => Promise<Done>;
