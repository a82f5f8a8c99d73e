/** The passes of a resize in WebAssembly SIMD; `resample.ts` has the plain JavaScript that equals them. */

import type { Pixels } from '../pixels.ts';
import { canRun, openModule } from '../web-assembly.ts';
import { javascriptPasses, type Kernel, kernelFor, type Passes } from './reference.ts';
import { resizeKernels } from './resize.wasm.ts';

interface Exports {
  readonly transpose: (...numbers: number[]) => void;
  readonly columns: (...numbers: number[]) => void;
}

interface Kernels extends Exports {
  readonly bytes: Uint8Array;
  readonly tables: Int32Array;
}

/**
 * A kernel's tables lie first, then a block that is being transposed, then two rooms, from one of which a picture goes
 * to the other; one that is larger goes through in bands.
 */
const TABLES_BYTES = 1 << 20;
const BLOCK = TABLES_BYTES;
const ROOM_BYTES = 2 << 20;
const SOURCE = BLOCK + 256;
const TARGET = SOURCE + ROOM_BYTES;

const openKernels = (): Kernels | undefined => {
  if (!canRun(resizeKernels)) return undefined;
  const { exports, buffer } = openModule<Exports>(resizeKernels, TARGET + ROOM_BYTES);
  return { ...exports, bytes: new Uint8Array(buffer), tables: new Int32Array(buffer, 0, TABLES_BYTES / 4) };
};

/** Lays a kernel's tables into the memory. → where they are, for the kernels' last parameters */
const placed = ({ tables }: Kernels, { start, count, weights, stride }: Kernel): number[] => {
  tables.set(start, 0);
  tables.set(count, start.length);
  tables.set(weights, 2 * start.length);
  return [0, 4 * start.length, 8 * start.length, stride];
};

const fits = ({ start, weights }: Kernel): boolean => 4 * (2 * start.length + weights.length) <= TABLES_BYTES;

const wholeRegisters = (bytes: number): number => Math.ceil(bytes / 16) * 16;

/** Copies so many rows that begin `from` bytes apart in the source to rows that do `to` bytes apart in the target. */
const copyRows = (
  source: Uint8Array,
  target: Uint8Array,
  { count, from, to }: { readonly count: number; readonly from: number; readonly to: number },
): void => {
  if (from === to) {
    target.set(source.subarray(0, count * from));
    return;
  }
  const bytes = Math.min(from, to);
  for (let row = 0; row < count; row += 1) target.set(source.subarray(row * from, row * from + bytes), row * to);
};

/** Lines that go through at a time, so few that their bands stay in the processor's cache. */
const LINES = 32;

const rowsBy = (kernels: Kernels, pixels: Pixels, width: number): Pixels => {
  const { width: from, height, data } = pixels;
  if (width === from) return pixels;
  const kernel = kernelFor(from, width);
  const [read, made] = [3 * from, 3 * width];
  const [readPitch, madePitch] = [wholeRegisters(read), wholeRegisters(made)];
  const lines = Math.min(LINES, Math.floor(ROOM_BYTES / Math.max(readPitch, madePitch) / 16) * 16);
  if (lines < 16 || !fits(kernel)) return javascriptPasses.rows(pixels, width);
  const { bytes, columns, transpose } = kernels;
  const tables = placed(kernels, kernel);
  const out = new Uint8Array(made * height);
  for (let first = 0; first < height; first += lines) {
    const count = Math.min(lines, height - first);
    copyRows(data.subarray(first * read), bytes.subarray(SOURCE), { count, from: read, to: readPitch });
    transpose(SOURCE, TARGET, lines, readPitch, BLOCK);
    columns(TARGET, SOURCE, 3 * lines, 0, 0, width, ...tables);
    transpose(SOURCE, TARGET, madePitch, lines, BLOCK);
    copyRows(bytes.subarray(TARGET), out.subarray(first * made), { count, from: madePitch, to: made });
  }
  return { width, height, data: out };
};

/** Output rows from `first` on that fit the memory with all that they take from the input. → the first that does not */
const bandEnd = ({ start, count }: Kernel, first: number, lines: number): number => {
  let end = first;
  while (end < start.length && end - first < lines && start[end]! + count[end]! - start[first]! <= lines) end += 1;
  return end;
};

const columnsBy = (kernels: Kernels, pixels: Pixels, height: number): Pixels => {
  const { width, height: from, data } = pixels;
  if (height === from) return pixels;
  const kernel = kernelFor(from, height);
  const bytes = 3 * width;
  const pitch = wholeRegisters(bytes);
  const lines = Math.floor(ROOM_BYTES / pitch);
  if (kernel.stride > lines || !fits(kernel)) return javascriptPasses.columns(pixels, height);
  const tables = placed(kernels, kernel);
  const out = new Uint8Array(bytes * height);
  for (let first = 0; first < height; ) {
    const end = bandEnd(kernel, first, lines);
    const offset = kernel.start[first]!;
    const until = kernel.start[end - 1]! + kernel.count[end - 1]!;
    const read = { count: until - offset, from: bytes, to: pitch };
    copyRows(data.subarray(offset * bytes), kernels.bytes.subarray(SOURCE), read);
    kernels.columns(SOURCE, TARGET, pitch, offset, first, end, ...tables);
    const made = { count: end - first, from: pitch, to: bytes };
    copyRows(kernels.bytes.subarray(TARGET), out.subarray(first * bytes), made);
    first = end;
  }
  return { width, height, data: out };
};

let opened: { readonly passes: Passes | undefined } | undefined;

/** The passes in WebAssembly, over one memory of five megabytes; undefined where this machine has no SIMD in it. */
export const webAssemblyPasses = (): Passes | undefined => {
  if (!opened) {
    const kernels = openKernels();
    const passes = kernels && {
      rows: (pixels: Pixels, width: number) => rowsBy(kernels, pixels, width),
      columns: (pixels: Pixels, height: number) => columnsBy(kernels, pixels, height),
    };
    opened = { passes };
  }
  return opened.passes;
};
