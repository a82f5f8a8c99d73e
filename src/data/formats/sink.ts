import type { Example } from '../example.ts';
import type { ExampleTask } from './format.ts';

/** A picture as it is written. */
export interface WrittenImage {
  readonly bytes: Uint8Array;
  /** Of its format, without a dot: `jpg`. */
  readonly extension: string;
}

/** Texts about the same pictures, and these. */
export interface Written {
  readonly images: readonly WrittenImage[];
  readonly examples: readonly Example[];
}

/** Where a sink writes. */
export interface DatasetWriterOptions {
  readonly to: string;
  readonly split: string;
  readonly task: ExampleTask;
  /** Bytes of pictures after which a new file is begun. */
  readonly shard?: number | undefined;
}

/** Takes examples and writes files of one format. */
export interface DatasetWriter {
  readonly add: (written: Written) => Promise<void>;
  /** Writes what is left; nothing may be added after. */
  readonly close: () => Promise<void>;
  /** Files that were begun. */
  readonly files: () => number;
}
