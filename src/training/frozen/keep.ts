import { createHash } from 'node:crypto';
import type { Feeds } from '../../data/batch.ts';
import { bytesOf, type Numbers, type Weights } from '../../engine/numbers.ts';
import { compile } from '../../engine/runtime/compile.ts';
import type { Session } from '../../engine/runtime/session.ts';
import { input, type Tensor } from '../../engine/tensor.ts';
import { counted } from '../../errors.ts';
import { type Cut, WORDS } from './cut.ts';

/** Tensors that are computed once of each picture or text and kept in memory, to be fed instead of computed. */
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
  /** Most bytes to keep. Pictures and texts that come when it is full are computed each time. */
  readonly memory: number;
  readonly threads?: number | undefined;
  readonly onWarning?: ((message: string) => void) | undefined;
}

/**
 * Computes the tensors of cuts once for each different picture and text, in float32. Each is known by the numbers that are
 * fed of it, padding included, but for texts of which only vectors are kept: in another batch a text is padded to another
 * length, which changes no vector. Each is computed alone: its bits do not depend on the batch in which it came first.
 */
export const keepTensors = async (cuts: readonly Cut[], options: KeepOptions): Promise<KeptTensors> => {
  const { parameters, threads, memory, onWarning } = options;
  const replacements = new Map<Tensor, Tensor>();
  const groups: Group[] = [];
  const room = { bytes: memory, isTold: false };
  for (const { of, inputs, tensors } of cuts) {
    const named = Object.fromEntries(tensors.map((tensor, i) => [`frozen.${groups.length}.${i}`, tensor]));
    for (const [name, tensor] of Object.entries(named)) replacements.set(tensor, input(name, tensor.shape));
    const session = await compile(named, { parameters, threads });
    const padding = of === 'pictures' || tensors.some(({ shape }) => shape.includes(WORDS)) ? 'counts' : 'to be seen';
    groups.push({ of, session, names: Object.keys(named), inputs: inputs.map(nameOf), padding, kept: new Map() });
  }
  const tell = (): void => {
    if (!room.isTold) onWarning?.(fullAfter(groups, memory));
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

const fullAfter = (groups: readonly Group[], memory: number): string => {
  const counts = (['pictures', 'texts'] as const).flatMap((kind) => {
    const count = groups.reduce((sum, { of, kept }) => sum + (of === kind ? kept.size : 0), 0);
    return count === 0 ? [] : [counted(count, kind.slice(0, -1))];
  });
  return `freeze: what frozen parameters make of ${counts.join(' and ') || 'a picture or text'} fills ${(memory / 2 ** 30).toFixed(1)} GiB of memory, and is computed at every update for all others: give more (--frozen-memory GiB), or freeze up to a later layer`;
};

/** Tensors of one cut. */
interface Group {
  readonly of: Cut['of'];
  readonly session: Session;
  /** Names of the tensors. */
  readonly names: readonly string[];
  /** Names of the inputs that they depend on. */
  readonly inputs: readonly string[];
  /**
   * Whether the tensors depend on the padding of a text. Those with an axis of words do, and such of which the first
   * text with padding shows it.
   */
  padding: 'counts' | 'changes nothing' | 'to be seen';
  /** The tensors of each picture or text, by the hash of its inputs. */
  readonly kept: Map<string, Row>;
}

/** Tensors of one picture or text, each [1, …], by name. */
type Row = Readonly<Record<string, Numbers<Float32Array>>>;

const nameOf = ({ made }: Tensor): string => (made as { readonly name: string }).name;

interface Room {
  readonly room: { bytes: number };
  /** Called where a picture or text finds no room. */
  readonly tell: () => void;
}

const feedsOf = async (group: Group, batch: Feeds, { room, tell }: Room): Promise<Feeds> => {
  const { session, inputs, names, kept } = group;
  const rows: Row[] = [];
  for (let at = 0; at < batch[inputs[0]!]!.shape[0]!; at += 1) {
    const own = await ownInputs(group, batch, at);
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

/** Inputs of one picture or text of a batch, [1, …]; without padding where that changes nothing. */
const ownInputs = async (group: Group, batch: Feeds, at: number): Promise<Feeds> => {
  const whole = Object.fromEntries(group.inputs.map((name) => [name, rowOf(batch[name]!, at)]));
  if (group.padding === 'counts') return whole;
  const length = 1 + rowOf(batch.word_mask!, at).data.lastIndexOf(1);
  const bare = Object.fromEntries(
    Object.entries(whole).map(([name, { data }]) => [name, { shape: [1, length], data: data.subarray(0, length) }]),
  );
  if (group.padding === 'to be seen' && length < batch.word_mask!.shape[1]!)
    group.padding = isAlike(await group.session.run(whole), await group.session.run(bare))
      ? 'changes nothing'
      : 'counts';
  return group.padding === 'counts' ? whole : bare;
};

/** Whether two rows hold the same numbers, but for rounding. */
const isAlike = (a: Row, b: Row): boolean =>
  Object.entries(a).every(([name, { data }]) => {
    const largest = data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    return data.every((value, i) => Math.abs(value - b[name]!.data[i]!) <= 1e-5 * largest);
  });

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
