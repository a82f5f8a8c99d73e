/**
 * Resize by any filter of Pillow's, in WebAssembly SIMD or the equal JavaScript of `reference.ts`. The tables of a kernel and a band of
 * the image are copied into the module's memory at fixed places, and the resized band comes back from a third.
 */
import type { Pixels } from '../pixels.ts';
import { canRun, openModule } from '../web-assembly.ts';
import type { Filter } from './filters.ts';
import { javascriptPasses, type Kernel, type Passes } from './reference.ts';
import { resizeModule } from './resize.wasm.ts';
import { type Tables, tablesFor } from './tables.ts';

interface Exports {
  readonly transpose: (...numbers: number[]) => void;
  readonly columns: (...numbers: number[]) => void;
}

interface Kernels extends Exports {
  readonly bytes: Uint8Array;
  readonly tables: Int32Array;
}

/**
 * Layout of the memory: a kernel's tables, a block of 16 x 16 bytes for transposition, and two buffers, source and
 * target. An image larger than a buffer is resized in bands.
 */
const TABLES_BYTES = 1 << 20;
const BLOCK = TABLES_BYTES;
const BUFFER_BYTES = 2 << 20;
const SOURCE = BLOCK + 256;
const TARGET = SOURCE + BUFFER_BYTES;
/** Bytes behind the target: a row of the source more than a kernel has may be read, with weight 0. */
const MOST_ROW_BYTES = 1 << 20;

const openKernels = (): Kernels | undefined => {
  if (!canRun(resizeModule)) return undefined;
  const { exports, buffer } = openModule<Exports>(resizeModule, TARGET + BUFFER_BYTES + MOST_ROW_BYTES);
  return { ...exports, bytes: new Uint8Array(buffer), tables: new Int32Array(buffer, 0, TABLES_BYTES / 4) };
};

/** Copies tables into the memory. → their byte offsets and the stride: the module's last parameters */
const copyTables = ({ tables }: Kernels, { kernel, packed, stride }: Tables): number[] => {
  tables.set(packed);
  return [0, 4 * kernel.start.length, 8 * kernel.start.length, stride];
};

const fits = ({ packed }: Tables): boolean => packed.byteLength <= TABLES_BYTES;

const wholeRegisters = (bytes: number): number => Math.ceil(bytes / 16) * 16;

/** Copies `count` rows, `from` bytes apart in the source, to rows `to` bytes apart in the target. */
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

/** Rows that are resized at a time: few enough to stay in the processor's cache. */
const LINES = 32;

const rowsBy = (kernels: Kernels, ...[pixels, width, filter, memory]: Parameters<Passes['rows']>): Pixels => {
  const { width: from, height, data } = pixels;
  if (width === from) return pixels;
  const packed = tablesFor(from, width, filter);
  const [sourceBytes, targetBytes] = [3 * from, 3 * width];
  const [sourcePitch, targetPitch] = [wholeRegisters(sourceBytes), wholeRegisters(targetBytes)];
  const lines = Math.min(LINES, Math.floor(BUFFER_BYTES / Math.max(sourcePitch, targetPitch) / 16) * 16);
  if (lines < 16 || !fits(packed)) return javascriptPasses.rows(pixels, width, filter);
  const { bytes, columns, transpose } = kernels;
  const tables = copyTables(kernels, packed);
  const out = memory?.subarray(0, targetBytes * height) ?? new Uint8Array(targetBytes * height);
  for (let first = 0; first < height; first += lines) {
    const count = Math.min(lines, height - first);
    copyRows(data.subarray(first * sourceBytes), bytes.subarray(SOURCE), { count, from: sourceBytes, to: sourcePitch });
    transpose(SOURCE, TARGET, lines, sourcePitch, BLOCK);
    columns(TARGET, SOURCE, 3 * lines, 0, 0, width, ...tables);
    transpose(SOURCE, TARGET, targetPitch, lines, BLOCK);
    copyRows(bytes.subarray(TARGET), out.subarray(first * targetBytes), { count, from: targetPitch, to: targetBytes });
  }
  return { width, height, data: out };
};

/** The end of the band of output rows from `first` on that fits the buffers together with its input rows. */
const bandEnd = ({ start, count }: Kernel, first: number, lines: number): number => {
  let end = first;
  while (end < start.length && end - first < lines && start[end]! + count[end]! - start[first]! <= lines) end += 1;
  return end;
};

const columnsBy = (kernels: Kernels, ...[pixels, height, filter, memory]: Parameters<Passes['columns']>): Pixels => {
  const { width, height: from, data } = pixels;
  if (height === from) return pixels;
  const packed = tablesFor(from, height, filter);
  const { kernel } = packed;
  const bytes = 3 * width;
  const pitch = wholeRegisters(bytes);
  const lines = Math.floor(BUFFER_BYTES / pitch);
  if (kernel.stride > lines || pitch > MOST_ROW_BYTES || !fits(packed))
    return javascriptPasses.columns(pixels, height, filter);
  const tables = copyTables(kernels, packed);
  const out = memory?.subarray(0, bytes * height) ?? new Uint8Array(bytes * height);
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
    const passes: Passes | undefined = kernels && {
      rows: (...given) => rowsBy(kernels, ...given),
      columns: (...given) => columnsBy(kernels, ...given),
    };
    opened = { passes };
  }
  return opened.passes;
};

/** Options of `resize`. */
export interface ResizeOptions {
  /** Default `bicubic`. */
  readonly filter?: Filter | undefined;
  /** The two one-dimensional resizes. Default: those in WebAssembly where this machine runs them. */
  readonly passes?: Passes | undefined;
}

/**
 * Pillow's `resize((width, height), filter)` to the last bit: antialiased, in 22-bit fixed point, along the rows and
 * along the columns, rounded to whole values after each. A direction whose size stays is left alone.
 *
 * The rows come first, except for an image whose height shrinks by more than twice what its width does, as in Pillow
 * 13; before, they always did, which changes such an image (more than twice as high as wide) by a last bit here and
 * there.
 *
 * @param width of the result in pixels.
 * @param height of the result in pixels.
 */
export const resize = (
  pixels: Pixels,
  width: number,
  height: number,
  { filter = 'bicubic', passes = webAssemblyPasses() ?? javascriptPasses }: ResizeOptions = {},
): Pixels => {
  if (filter === 'nearest') return nearest(pixels, width, height);
  const columnsFirst = pixels.height - height > 2 * Math.max(pixels.width - width, 0);
  const isOnePass = pixels.width === width || pixels.height === height;
  const pixelsBetween = columnsFirst ? pixels.width * height : width * pixels.height;
  const memory = isOnePass ? undefined : memoryBetween(3 * pixelsBetween);
  return columnsFirst
    ? passes.rows(passes.columns(pixels, height, filter, memory), width, filter)
    : passes.columns(passes.rows(pixels, width, filter, memory), height, filter);
};

/** Most bytes between two passes that are kept for the next resize. */
const MOST_BETWEEN_BYTES = 8 << 20;

let between = new Uint8Array(0);

/** Memory for what lies between the two passes of a resize, the same each time: it would be garbage at once. */
const memoryBetween = (bytes: number): Uint8Array | undefined => {
  if (bytes > MOST_BETWEEN_BYTES) return undefined;
  if (between.length < bytes) between = new Uint8Array(bytes);
  return between;
};

/** Each pixel of the result as that in whose middle it lies. */
const nearest = (pixels: Pixels, width: number, height: number): Pixels => {
  const [across, down] = [nearestPlaces(pixels.width, width), nearestPlaces(pixels.height, height)];
  const data = new Uint8Array(3 * width * height);
  let to = 0;
  for (const y of down) {
    for (const x of across) {
      const from = 3 * (y * pixels.width + x);
      for (let channel = 0; channel < 3; channel += 1, to += 1) data[to] = pixels.data[from + channel]!;
    }
  }
  return { width, height, data };
};

/** Places from which the pixels of one direction are taken, summed up step by step as Pillow does. */
const nearestPlaces = (from: number, to: number): Int32Array => {
  const places = new Int32Array(to);
  const step = from / to;
  for (let i = 0, at = step * 0.5; i < to; i += 1, at += step) places[i] = Math.min(from - 1, Math.trunc(at));
  return places;
};
