import { countOf, type Numbers, type Weights } from '../engine/numbers.ts';
import { stopGradient } from '../engine/ops.ts';
import type { Key } from '../engine/random.ts';
import { compile } from '../engine/runtime/compile.ts';
import type { Session } from '../engine/runtime/session.ts';
import { substituted } from '../engine/substitute.ts';
import type { Tensor } from '../engine/tensor.ts';
import { alone, type Processes } from '../processes/processes.ts';
import { dropoutMasks } from './dropout-masks.ts';
import type { SharedRows } from './shared/rows.ts';
import { openSharedComparison } from './shared/shared-comparison.ts';
import {
  type Comparison,
  type Embedded,
  mapParts,
  openComparison,
  partOutputs,
  partResults,
} from './updates/comparison.ts';
import { type JointLoss, partsOf, seedOf } from './updates/seeded-contrast.ts';

/** One batch of an update with all of its feeds. */
export interface MicroBatch {
  readonly feeds: Readonly<Record<string, Numbers>>;
  /** Random key of its dropout. */
  readonly key: Key;
  /** Rows that are here, where processes share the batch. */
  readonly rows?: SharedRows | undefined;
  /** Time for which it was waited for. */
  readonly waitMilliseconds: number;
  /** Losses of the whole update that are known before the batch is run. */
  readonly known?: Readonly<Record<string, number>> | undefined;
}

/**
 * Contrast over all pairs of an update, however many fit into one pass (GradCache: Gao et al. 2021). The gradient is
 * that of one batch with as many pairs, and not the mean of those of small batches, in each of which a text has fewer
 * images to tell apart:
 *
 *   1. embed every micro-batch, without a gradient:          u = image, v = text [pairs, space]
 *   2. the loss over all pairs, and its gradients:           dL/du, dL/dv, dL/d logit scale (and bias)
 *   3. run each micro-batch again, with these as seeds:      Σ u · dL/du + Σ v · dL/dv has dL/dθ as its gradient
 *
 * It costs one more forward pass for each micro-batch, and memory for the feeds of a whole update. Dropout is the same
 * in both passes, since masks follow from the batch's key. Processes that share the batches hand the vectors of step 1
 * round, and so compare all pairs of all.
 */
export interface GradCache extends AsyncDisposable {
  /** All micro-batches of one update, each with its seeds; the first comes once the last has been embedded. */
  seeded(micros: AsyncIterable<MicroBatch>): AsyncGenerator<MicroBatch, void, undefined>;
}

/** Options of `openGradCache`. */
interface CacheOptions {
  /** Weights, which go on moving. */
  readonly parameters: Weights;
  /** Inputs in place of what frozen parameters compute. */
  readonly replacements: ReadonlyMap<Tensor, Tensor>;
  readonly threads?: number | undefined;
  /** Processes that share the batches. Default: none do. */
  readonly processes?: Processes | undefined;
}

/**
 * Compiles the graphs of losses over the same vectors; the embedding one shares its dropout with the graph that they are
 * a part of.
 */
export const openGradCache = async (joint: readonly JointLoss[], options: CacheOptions): Promise<GradCache> => {
  const { parameters, replacements, threads, processes = alone } = options;
  const parts = substituted(partsOf(joint[0]!.contrast.vectors), replacements);
  // a learnt scalar is the same in every micro-batch, and an output that is a parameter would be written over it
  const embedding = await compile(partOutputs(mapParts(parts, stopGradient)), { parameters, threads });
  const open = processes.size > 1 ? openSharedComparison : openComparison;
  const losses: OpenLoss[] = [];
  for (const { name, contrast, over } of joint)
    losses.push({ name, over, comparison: await open(contrast, { processes, threads }) });
  return {
    seeded: async function* (micros) {
      const held: HeldBatch[] = [];
      for await (const micro of micros) held.push({ ...micro, embedded: await embed(embedding, micro) });
      for (const loss of losses) {
        const groups = loss.over === 'update' ? [held] : held.map((one) => [one]);
        for (const group of groups) await seed(group, loss);
      }
      for (const { embedded, ...micro } of held) yield micro;
    },
    [Symbol.asyncDispose]: async () => {
      embedding.close();
      for (const { comparison } of losses) await comparison[Symbol.asyncDispose]();
    },
  };
};

interface OpenLoss extends Pick<JointLoss, 'name' | 'over'> {
  readonly comparison: Comparison;
}

/** A batch with its vectors, and with what is found of it. */
type HeldBatch = { -readonly [Key in keyof MicroBatch]: MicroBatch[Key] } & { readonly embedded: Embedded };

/** Compares the vectors of some batches as one, and adds seeds and loss to each. */
const seed = async (group: readonly HeldBatch[], { name, comparison }: OpenLoss): Promise<void> => {
  const all = group.map(({ embedded }) => embedded);
  const joined = mapParts(all[0]!, (part, side) => (part.shape.length === 0 ? part : joinedRows(all, side)));
  const { loss, seeds } = await comparison.compare(joined, group.length === 1 ? group[0]!.feeds : {});
  let from = 0;
  for (const micro of group) {
    const rows = micro.embedded.image!.shape[0]!;
    const mine = seedsFor(seeds, { name, from, rows, micros: group.length });
    Object.assign(micro, { feeds: { ...micro.feeds, ...mine }, known: { ...micro.known, [name]: loss } });
    from += rows;
  }
};

const embed = async (session: Session, { feeds, key, rows }: MicroBatch): Promise<Embedded> =>
  partResults(await session.run({ ...feeds, ...dropoutMasks(session, feeds, { key, rows }) }));

const joinedRows = (all: readonly Embedded[], part: string): Numbers<Float32Array> => {
  const [, space] = all[0]![part]!.shape as [number, number];
  const data = new Float32Array(all.reduce((sum, { [part]: rows }) => sum + rows!.data.length, 0));
  let at = 0;
  for (const { [part]: rows } of all) {
    data.set(rows!.data, at);
    at += rows!.data.length;
  }
  return { shape: [data.length / space, space], data };
};

/**
 * Seeds of some rows. An update takes the mean of its micro-batches' gradients, and the contrast needs their sum, so
 * the seeds are multiplied by the number of micro-batches; that of a scalar is the same in each, and its mean is itself.
 */
const seedsFor = (
  seeds: Embedded,
  {
    name: loss,
    from,
    rows,
    micros,
  }: { readonly name: string; readonly from: number; readonly rows: number; readonly micros: number },
): Record<string, Numbers> =>
  Object.fromEntries(
    Object.entries(seeds).map(([name, { shape, data }]) => {
      if (shape.length === 0) return [seedOf(loss, name), { shape, data }];
      const space = countOf(shape.slice(1));
      const mine = data.slice(from * space, (from + rows) * space).map((x) => x * micros);
      return [seedOf(loss, name), { shape: [rows, space], data: mine }];
    }),
  );
