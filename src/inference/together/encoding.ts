import { collate, type PreparedImage } from '../../data/batch.ts';
import { UserError } from '../../errors.ts';
import type { FoundFile } from '../../files/walk.ts';
import { alone, type Processes } from '../../processes/processes.ts';
import { type FileState, inspectImages, type LookOptions } from '../file-states.ts';
import type { Predictor } from '../predictor.ts';
import type { Entry } from '../store/layout.ts';
import type { Placeless } from '../store/writer.ts';

/** An image that is to be encoded: what its entry says of its file, and where its pixels are. */
export interface Encodable {
  readonly file: Placeless;
  /** Absent where another process has the pixels. */
  readonly picture?: PreparedImage | undefined;
}

/** Looks at files and encodes those that are new, in this process or in several. */
export interface Encoding extends AsyncDisposable {
  /** State of every file, a window at a time. */
  windows(files: readonly FoundFile[]): AsyncGenerator<FileState[], void, undefined>;
  /** Features of images of the last window, in their order, in one array or several. */
  encode(images: readonly Encodable[]): AsyncGenerator<EncodedImages, void, undefined>;
}

/** Images that are encoded: their files, and a row of features for each. */
export interface EncodedImages {
  readonly files: readonly Placeless[];
  readonly features: Float32Array;
}

/** Options of an encoding. */
export interface EncodingOptions {
  readonly student: Predictor;
  readonly looking: LookOptions;
  /** Images that are encoded together. */
  readonly batch: number;
  /** Processes that share the work, of which this is the first. Default: none do. */
  readonly processes?: Processes | undefined;
}

/** Opens an encoding for the process that writes. Those beside it call `encodeBeside`. */
export const openEncoding = (options: EncodingOptions): Encoding =>
  (options.processes ?? alone).size === 1 ? encodingHere(options) : encodingTogether(options);

const encodingHere = ({ student, looking, batch }: EncodingOptions): Encoding => ({
  windows: (files) => inspectImages(files, looking),
  encode: (images) => encodeHere(student, images, batch),
  [Symbol.asyncDispose]: async () => {},
});

async function* encodeHere(
  student: Predictor,
  images: readonly Encodable[],
  batch: number,
): AsyncGenerator<EncodedImages, void, undefined> {
  for (const some of batchesOf(images, batch)) {
    const encoded = some.map(({ file, picture }) => ({ id: file.path, words: new Int32Array(0), images: [picture!] }));
    const { data } = await student.imageFeatures(collate(encoded, student.config.sizes));
    yield { files: some.map(({ file }) => file), features: data };
  }
}

/** Batches of images to encode, sorted by their number of patches, so that little is padded. */
const batchesOf = (images: readonly Encodable[], batch: number): Encodable[][] => {
  const patches = ({ picture }: Encodable): number => picture!.rows * picture!.columns;
  const sorted = images.toSorted((a, b) => patches(a) - patches(b));
  return Array.from({ length: Math.ceil(sorted.length / batch) }, (_, i) => sorted.slice(i * batch, (i + 1) * batch));
};

/** Request of the first process to all. */
type Order =
  | { readonly kind: 'look'; readonly parts: readonly Part[]; readonly how: Omit<LookOptions, 'cached'> }
  | { readonly kind: 'encode'; readonly paths: readonly string[]; readonly batch: number }
  | { readonly kind: 'end' };

/** Files of one process, and what the cache knows of them. */
interface Part {
  readonly files: readonly FoundFile[];
  readonly known: readonly Entry[];
}

/** State of a file as it is handed round: an error as its message, and no pixels. */
type HandedState =
  | Exclude<FileState, { kind: 'new' | 'unreadable' }>
  | { readonly kind: 'new'; readonly file: Placeless }
  | { readonly kind: 'unreadable'; readonly path: string; readonly message: string };

/** Work of every process on one order after another. */
const openWork = (student: Predictor, processes: Processes) => {
  let pictures = new Map<string, Encodable>();
  return {
    look: async ({ parts, how }: Extract<Order, { kind: 'look' }>): Promise<readonly HandedState[][]> => {
      const { files, known } = parts[processes.rank]!;
      const entries = new Map(known.map((entry) => [entry.path, entry]));
      const states: FileState[] = [];
      // images of the same bytes are found by the first process, which knows all of them
      const cached = { entries, withBytes: () => undefined };
      for await (const window of inspectImages(files, { ...how, cached })) states.push(...window);
      pictures = new Map(states.flatMap((one) => (one.kind === 'new' ? [[one.file.path, one] as const] : [])));
      return await processes.share(states.map(handed));
    },
    encode: async ({ paths, batch }: Extract<Order, { kind: 'encode' }>): Promise<EncodedImages[]> => {
      const own = paths.flatMap((path) => pictures.get(path) ?? []);
      const made: EncodedImages[] = [];
      for await (const some of encodeHere(student, own, batch)) made.push({ ...some, features: some.features.slice() });
      return (await processes.share(made)).flat();
    },
  };
};

const handed = (state: FileState): HandedState => {
  if (state.kind === 'new') return { kind: 'new', file: state.file };
  return state.kind === 'unreadable' ? { ...state, message: state.failure.message } : state;
};

const stateOf = (one: HandedState): FileState => {
  if (one.kind === 'unreadable') return { kind: 'unreadable', path: one.path, failure: new UserError(one.message) };
  return one as FileState;
};

const encodingTogether = ({ student, looking, batch, processes = alone }: EncodingOptions): Encoding => {
  const work = openWork(student, processes);
  const { cached, ...how } = looking;
  const order = async <O extends Order>(one: O): Promise<O> => {
    await processes.share<Order>(one);
    return one;
  };
  return {
    windows: async function* (files) {
      const window = how.window * processes.size;
      for (let start = 0; start < files.length; start += window) {
        const some = files.slice(start, start + window);
        const parts = Array.from({ length: processes.size }, (_, rank): Part => {
          const own = some.slice(rank * how.window, (rank + 1) * how.window);
          return { files: own, known: own.flatMap(({ path }) => cached.entries.get(path) ?? []) };
        });
        const states = await work.look(await order({ kind: 'look', parts, how }));
        yield states.flat().map(stateOf);
      }
    },
    encode: async function* (images) {
      if (images.length === 0) return;
      yield* await work.encode(await order({ kind: 'encode', paths: images.map(({ file }) => file.path), batch }));
    },
    [Symbol.asyncDispose]: async () => void (await order({ kind: 'end' })),
  };
};

/** Looks and encodes as the first process asks, until it is done. */
export const encodeBeside = async (student: Predictor, processes: Processes): Promise<void> => {
  const work = openWork(student, processes);
  for (;;) {
    const [order] = (await processes.share<Order | undefined>(undefined)) as [Order];
    if (order.kind === 'end') return;
    if (order.kind === 'look') await work.look(order);
    else await work.encode(order);
  }
};
