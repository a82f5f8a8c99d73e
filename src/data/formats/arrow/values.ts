import type { ByteRange } from '../../../files/read-exactly.ts';
import type { ArrowField } from './schema.ts';

/** A value of a row. Binary values are not yet read. */
export type ArrowValue = string | number | boolean | null | ArrowBytes | ArrowStruct | readonly ArrowValue[];

/** Bytes that are still in the file. */
export interface ArrowBytes {
  /** Place of the bytes; absent where they are compressed. */
  readonly place?: (ByteRange & { readonly path: string }) | undefined;
  readonly read: () => Promise<Uint8Array>;
}

/** A struct, by the names of its fields. */
export interface ArrowStruct {
  readonly fields: Readonly<Record<string, ArrowValue>>;
}

/** The values of a column of a batch, by row. */
export interface ArrowColumn {
  readonly length: number;
  readonly at: (row: number) => ArrowValue;
}

/** Hands out the nodes and buffers of a batch in the order of its schema. */
export interface RowBuffers {
  readonly path: string;
  /** The number of values of the next node, and of nulls among them. */
  readonly next: () => { readonly length: number; readonly nulls: number };
  /** The place of the next buffer in the file, or in the decompressed batch. */
  readonly range: () => ByteRange;
  /** The number of buffers with the values of the next column of views. */
  readonly variadic: () => number;
  readonly read: (range: ByteRange) => Promise<Uint8Array<ArrayBuffer>>;
  /** Bytes that are read when they are asked for. */
  readonly later: (range: ByteRange) => ArrowBytes;
  /** The values of a dictionary; undefined where none came before the batch. */
  readonly dictionary: (id: number) => ArrowColumn | undefined;
  /** Whether unions have a buffer of nulls, as they had before version 5 of the format. */
  readonly isOld: boolean;
}

/** A column as it is read: its field, its buffers, its number of values, and file and column for errors. */
export interface ColumnParts {
  readonly field: ArrowField;
  readonly buffers: RowBuffers;
  readonly length: number;
  readonly where: string;
}

/** Reads the next column of a batch. */
export type ReadColumn = (field: ArrowField, buffers: RowBuffers, where: string) => Promise<ArrowColumn>;
