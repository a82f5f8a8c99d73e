import { createHash } from 'node:crypto';
import type { Feeds } from '../../data/batch.ts';
import { bytesOf, type Numbers, type Weights } from '../../engine/numbers.ts';
import { compile, type Session } from '../../engine/runtime/session.ts';
import { input, type Tensor } from '../../engine/tensor.ts';
import type { Cut } from './cut.ts';

/** Tensors that are computed once of each picture and kept in memory, to be fed instead of computed. */
export interface KeptTensors extends AsyncDisposable {
  /** The input to feed in place of each tensor. */
  readonly replacements: ReadonlyMap<Tensor, Tensor>;
  /** Feeds of these inputs for a batch. */
  feeds(batch: Feeds): Promise<Feeds>;
}

/** Options of `keepTensors`. */
interface KeepOptions {
  /** Parameters that the tensors depend on, which never move. */
  readonly parameters: Weights;
  /** Most bytes to keep. Pictures that come when it is full are computed each time. Default 2 GiB. */
  readonly memory?: number | undefined;
  readonly threads?: number | undefined;
  readonly onWarning?: ((message: string) => void) | undefined;
}

/**
 * Computes the tensors of cuts once for each different picture, in float32. A picture is known by the numbers that are
 * fed of it, padding included, and is computed alone: its bits do not depend on the batch in which it came first.
 */
export const keepTensors = async (cuts: readonly Cut[], options: KeepOptions): Promise<KeptTensors> => {
  const { parameters, threads, memory = 2 ** 31, onWarning } = options;
  const replacements = new Map<Tensor, Tensor>();
  const groups: Group[] = [];
  const room = { bytes: memory, isTold: false };
  for (const { inputs, tensors } of cuts) {
    const named = Object.fromEntries(tensors.map((tensor, i) => [`frozen.${groups.length}.${i}`, tensor]));
    for (const [name, tensor] of Object.entries(named)) replacements.set(tensor, input(name, tensor.shape));
    const session = await compile(named, { parameters, threads });
    groups.push({ session, names: Object.keys(named), inputs: inputs.map(nameOf), kept: new Map() });
  }
  const tell = (): void => {
    const count = groups.reduce((sum, { kept }) => sum + kept.size, 0);
    if (!room.isTold) onWarning?.(fullAfter(count, memory));
    room.isTold = true;
  };
  return {
    replacements,
    feeds: async (batch) => {
      const feeds: Feeds = {};
      for (const group of groups) Object.assign(feeds, await feedsOf(group, batch, { room, tell }));
      return feeds;
    },
    [Symbol.asyncDispose]: async () => {
      for (const { session } of groups) session.close();
    },
  };
};

const fullAfter = (count: number, memory: number): string => {
  const pictures = count === 1 ? '1 picture' : `${count} pictures`;
  return `freeze: what frozen parameters make of ${pictures} fills ${(memory / 2 ** 30).toFixed(1)} GiB of memory, and is computed at every update for all others`;
};

/** Tensors of one cut. */
interface Group {
  readonly session: Session;
  /** Names of the tensors. */
  readonly names: readonly string[];
  /** Names of the inputs that they depend on. */
  readonly inputs: readonly string[];
  /** The tensors of each picture, by the hash of its inputs. */
  readonly kept: Map<string, Row>;
}

/** Tensors of one picture, each [1, …], by name. */
type Row = Readonly<Record<string, Numbers<Float32Array>>>;

const nameOf = ({ made }: Tensor): string => (made as { readonly name: string }).name;

interface Room {
  readonly room: { bytes: number };
  /** Called where a picture finds no room. */
  readonly tell: () => void;
}

const feedsOf = async ({ session, names, inputs, kept }: Group, batch: Feeds, { room, tell }: Room): Promise<Feeds> => {
  const rows: Row[] = [];
  for (let at = 0; at < batch[inputs[0]!]!.shape[0]!; at += 1) {
    const own = Object.fromEntries(inputs.map((name) => [name, rowOf(batch[name]!, at)]));
    const key = keyOf(own);
    const known = kept.get(key);
    const row = known ?? (await session.run(own));
    rows.push(row);
    if (known) continue;
    const bytes = Object.values(row).reduce((sum, { data }) => sum + data.byteLength, 0);
    if (bytes > room.bytes) tell();
    else {
      room.bytes -= bytes;
      kept.set(key, row);
    }
  }
  return Object.fromEntries(names.map((name) => [name, stacked(rows.map((row) => row[name]!))]));
};

const rowOf = ({ shape, data }: Numbers, at: number): Numbers => {
  const each = data.length / shape[0]!;
  return { shape: [1, ...shape.slice(1)], data: data.subarray(at * each, (at + 1) * each) };
};

const keyOf = (own: Feeds): string => {
  const hash = createHash('sha256');
  for (const { data } of Object.values(own)) hash.update(bytesOf(data));
  return hash.digest('base64');
};

/** Arrays [1, …] as one: [rows, …]. */
const stacked = (rows: readonly Numbers<Float32Array>[]): Numbers => {
  const [first] = rows as [Numbers<Float32Array>];
  const data = new Float32Array(rows.length * first.data.length);
  for (const [at, row] of rows.entries()) data.set(row.data, at * first.data.length);
  return { shape: [rows.length, ...first.shape.slice(1)], data };
};
