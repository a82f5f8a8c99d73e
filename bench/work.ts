import type { Case } from './cases.ts';

/** How a work is set up. */
export interface Setting {
  readonly case: Case;
  readonly batch: number;
  readonly threads: number;
  /** What the work reads, where that is files. */
  readonly folder: string;
}

/** What one run made. The loss is null where nothing is learnt. */
export interface Done {
  readonly loss: number | null;
  /** How much of its time it waited for data. */
  readonly waitMilliseconds?: number | undefined;
  /** The whole result as bytes, for comparing with the peer's; outside of what is timed. */
  readonly result?: (() => Uint8Array | string) | undefined;
}

/** Something to time, ready to run again and again. */
export type Work = () => Promise<Done>;
