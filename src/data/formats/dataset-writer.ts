import type { Example } from '../example.ts';
import type { RecordShape } from '../records/shape.ts';

/** An image as it is written. */
export interface WrittenImage {
  readonly bytes: Uint8Array;
  /** File extension of its format, without a dot: `jpg`. */
  readonly extension: string;
}

/** Examples about the same images, and these images. */
export interface Written {
  readonly images: readonly WrittenImage[];
  readonly examples: readonly Example[];
}

/** Options of a writer. */
export interface DatasetWriterOptions {
  readonly to: string;
  readonly split: string;
  /** Shape of its records. */
  readonly records: RecordShape;
  /** Bytes of images after which a new file is begun. */
  readonly shard?: number | undefined;
}

/** Writes examples to files of one format. */
export interface DatasetWriter {
  readonly add: (written: Written) => Promise<void>;
  /** Writes what is left and closes the files; nothing may be added afterwards. */
  readonly close: () => Promise<void>;
  /** Number of files that were begun. */
  readonly files: () => number;
}
