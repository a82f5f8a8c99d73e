import { gradients } from '../engine/gradient.ts';
import { countOf, type Numbers, type Weights } from '../engine/numbers.ts';

import { stopGradient } from '../engine/ops.ts';
import type { Key } from '../engine/random.ts';
import { compile } from '../engine/runtime/compile.ts';
import type { Session } from '../engine/runtime/session.ts';
import { substituted } from '../engine/substitute.ts';
import { input, type Tensor } from '../engine/tensor.ts';
import { type Contrast, similarity } from '../model/heads.ts';
import { dropoutMasks } from './dropout-masks.ts';
import type { ContrastiveLoss } from './stages/stage.ts';
import { type Parts, partsOf, seedOf } from './updates/seeded-contrast.ts';

/** One batch of an update with all of its feeds. */
export interface MicroBatch {
  readonly feeds: Readonly<Record<string, Numbers>>;
  /** Random key of its dropout. */
  readonly key: Key;
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
 * in both passes, since masks follow from the batch's key.
 */
export interface GradCache extends AsyncDisposable {
  /** All micro-batches of one update, each with its seeds; the first comes once the last has been embedded. */
  seeded(micros: AsyncIterable<MicroBatch>): AsyncGenerator<MicroBatch, void, undefined>;
}

/** Options of `openGradCache`. */
interface CacheOptions {
  /** Name of the loss. */
  readonly name: string;
  /** Weights, which go on moving. */
  readonly parameters: Weights;
  /** Inputs in place of what frozen parameters compute. */
  readonly replacements: ReadonlyMap<Tensor, Tensor>;
  readonly threads?: number | undefined;
}

/** Compiles both of its graphs; the embedding one shares its dropout with the graph that the contrast is a part of. */
export const openGradCache = async (contrast: ContrastiveLoss, options: CacheOptions): Promise<GradCache> => {
  const { name, parameters, replacements, threads } = options;
  const parts = substituted(partsOf(contrast.vectors), replacements);
  // a learnt scalar is the same in every micro-batch, and an output that is a parameter would be written over it
  const embedding = await compile(outputs(mapped(parts, stopGradient)), { parameters, threads });
  const comparing = await compile(compared(contrast), { threads });
  return {
    seeded: async function* (micros) {
      const held: (MicroBatch & { readonly embedded: Embedded })[] = [];
      for await (const micro of micros) held.push({ ...micro, embedded: await embed(embedding, micro) });
      const { loss, seeds } = await compare(
        comparing,
        held.map(({ embedded }) => embedded),
      );
      let from = 0;
      for (const { embedded, ...micro } of held) {
        const rows = embedded.image!.shape[0]!;
        const mine = seedsFor(seeds, { from, rows, micros: held.length });
        yield { ...micro, feeds: { ...micro.feeds, ...mine }, known: { [name]: loss } };
        from += rows;
      }
    },
    [Symbol.asyncDispose]: async () => {
      embedding.close();
      comparing.close();
    },
  };
};

type Embedded = Parts<Numbers<Float32Array>>;

const mapped = <A, B>(parts: Parts<A>, change: (part: A, name: string) => B): Parts<B> =>
  Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, change(part, name)]));

/** Prefix of outputs, which no input of a stage has. */
const OUTPUT = 'contrast of ';

const outputs = (parts: Parts<Tensor>): Record<string, Tensor> =>
  Object.fromEntries(Object.entries(parts).map(([name, part]) => [OUTPUT + name, part]));

const embeddedIn = (results: Record<string, Numbers<Float32Array>>): Embedded =>
  Object.fromEntries(
    Object.entries(results).flatMap(([name, part]) =>
      name.startsWith(OUTPUT) ? [[name.slice(OUTPUT.length), part]] : [],
    ),
  );

const embed = async (session: Session, { feeds, key }: MicroBatch): Promise<Embedded> =>
  embeddedIn(await session.run({ ...feeds, ...dropoutMasks(session, feeds, key) }));

/** Loss of all pairs and its gradients, over embeddings that are fed. */
const compared = ({ vectors, objective }: ContrastiveLoss): Record<string, Tensor> => {
  const parts = mapped(partsOf(vectors), ({ shape }, name) =>
    input(name, shape.length === 0 ? [] : ['pairs', shape[1]!]),
  );
  const loss = objective({ similarity: similarity(parts as unknown as Contrast) });
  const found = gradients(loss, new Set(Object.values(parts)));
  return { loss, ...outputs(mapped(parts, (part) => found.get(part)!)) };
};

const compare = async (session: Session, all: readonly Embedded[]): Promise<{ loss: number; seeds: Embedded }> => {
  const joined = mapped(all[0]!, (part, name) => (part.shape.length === 0 ? part : joinedRows(all, name)));
  const results = await session.run(joined);
  return { seeds: embeddedIn(results), loss: results.loss!.data[0]! };
};

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
  { from, rows, micros }: { readonly from: number; readonly rows: number; readonly micros: number },
): Record<string, Numbers> =>
  Object.fromEntries(
    Object.entries(seeds).map(([name, { shape, data }]) => {
      if (shape.length === 0) return [seedOf(name), { shape, data }];
      const space = countOf(shape.slice(1));
      const mine = data.slice(from * space, (from + rows) * space).map((x) => x * micros);
      return [seedOf(name), { shape: [rows, space], data: mine }];
    }),
  );
