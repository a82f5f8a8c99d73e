/** The passes of a resize in WebAssembly SIMD; `resample.ts` has the plain JavaScript that equals them. */
import { canRun, openModule } from '../engine/web-assembly.ts';
import type { Pixels } from './image.ts';
import { javascriptPasses, type Kernel, kernelFor, type Passes } from './resample.ts';
import { resizeKernels } from './resize-kernels.wasm.ts';

interface Exports {
  readonly rows: (...numbers: number[]) => void;
  readonly columns: (...numbers: number[]) => void;
}

interface Kernels extends Exports {
  readonly bytes: Uint8Array;
  readonly tables: Int32Array;
}

/** Kernels lie first, then what is read, then what is written. A picture that is larger goes through in bands. */
const TABLES_BYTES = 1 << 20;
const ROOM_BYTES = 2 << 20;
/** Two pixels are read as eight bytes, and the last of a row may have no neighbour. */
const BEYOND = 64;
const SOURCE = TABLES_BYTES;
const TARGET = SOURCE + ROOM_BYTES + BEYOND;

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

/** The same for neighbours two by two, the second of an odd last pair weighing nothing. */
const inPairs = ({ start, count, weights, stride }: Kernel): Kernel => {
  const pairs = (stride + 1) >> 1;
  const packed = new Int16Array(start.length * pairs * 4);
  for (let i = 0; i < start.length; i += 1) {
    for (let k = 0; k < count[i]!; k += 1) {
      const weight = weights[i * stride + k]!;
      const to = 4 * (i * pairs + (k >> 1)) + (k & 1);
      packed[to] = weight & 2047;
      packed[to + 2] = weight >> 11;
    }
  }
  return {
    start,
    count: count.map((taken) => (taken + 1) >> 1),
    weights: new Int32Array(packed.buffer),
    stride: pairs,
  };
};

const fits = ({ start, weights }: Kernel): boolean => 4 * (2 * start.length + weights.length) <= TABLES_BYTES;

const rowsBy = (kernels: Kernels, pixels: Pixels, width: number): Pixels => {
  const { width: from, height, data } = pixels;
  if (width === from) return pixels;
  const kernel = inPairs(kernelFor(from, width));
  const lines = Math.floor(ROOM_BYTES / (3 * Math.max(from, width)));
  if (lines < 1 || !fits(kernel)) return javascriptPasses.rows(pixels, width);
  const tables = placed(kernels, kernel);
  const out = new Uint8Array(3 * width * height);
  for (let line = 0; line < height; line += lines) {
    const count = Math.min(lines, height - line);
    kernels.bytes.set(data.subarray(3 * line * from, 3 * (line + count) * from), SOURCE);
    kernels.rows(SOURCE, TARGET, count, from, width, ...tables);
    out.set(kernels.bytes.subarray(TARGET, TARGET + 3 * count * width), 3 * line * width);
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
  const pitch = Math.ceil(bytes / 16) * 16;
  const lines = Math.floor(ROOM_BYTES / pitch);
  if (kernel.stride > lines || !fits(kernel)) return javascriptPasses.columns(pixels, height);
  const tables = placed(kernels, kernel);
  const out = new Uint8Array(bytes * height);
  for (let first = 0; first < height; ) {
    const end = bandEnd(kernel, first, lines);
    const offset = kernel.start[first]!;
    const until = kernel.start[end - 1]! + kernel.count[end - 1]!;
    for (let y = offset; y < until; y += 1) {
      kernels.bytes.set(data.subarray(y * bytes, (y + 1) * bytes), SOURCE + (y - offset) * pitch);
    }
    kernels.columns(SOURCE, TARGET, pitch, offset, first, end, ...tables);
    for (let y = first; y < end; y += 1) {
      const at = TARGET + (y - first) * pitch;
      out.set(kernels.bytes.subarray(at, at + bytes), y * bytes);
    }
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
