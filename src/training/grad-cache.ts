import { gradients } from '../engine/gradient.ts';
import { countOf, type Numbers, type Weights } from '../engine/numbers.ts';
import { add, multiply, stopGradient, sum } from '../engine/ops.ts';
import type { Key } from '../engine/random.ts';
import { compile, type Session } from '../engine/runtime/session.ts';
import { input, type Tensor } from '../engine/tensor.ts';
import { type Contrast, similarity } from '../model/heads.ts';
import { imageTextContrastive } from '../objectives/image-text-contrastive.ts';
import { dropoutMasks } from './dropout-masks.ts';

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
 *   2. L_ITC over all pairs, and its gradients:              dL/du, dL/dv, dL/d logit scale
 *   3. run each micro-batch again, with these as seeds:      Σ u · dL/du + Σ v · dL/dv has dL/dθ as its gradient
 *
 * It costs one more forward pass for each micro-batch, and memory for the feeds of a whole update. Dropout is the same
 * in both passes, since masks follow from the batch's key.
 */
export interface GradCache extends AsyncDisposable {
  /** All micro-batches of one update, each with its seeds; the first comes once the last has been embedded. */
  seeded(micros: AsyncIterable<MicroBatch>): AsyncGenerator<MicroBatch, void, undefined>;
}

/** Names of the inputs that are fed with the gradients of step 2. */
const SEEDS = { image: 'contrast_image', text: 'contrast_text', logitScale: 'contrast_scale' } as const;

/** Σ u · dL/du + Σ v · dL/dv + s · dL/ds: no loss, but with its gradient, once the seeds are fed.  → scalar */
export const seededContrast = ({ image, text, logitScale }: Contrast): Tensor => {
  const along = (part: Tensor, name: string): Tensor => sum(multiply(part, input(name, part.shape)));
  return add(
    add(along(image, SEEDS.image), along(text, SEEDS.text)),
    multiply(logitScale, input(SEEDS.logitScale, [])),
  );
};

/** Options of `openGradCache`. */
interface CacheOptions {
  /** Name of the loss. */
  readonly name: string;
  /** Weights, which go on moving. */
  readonly parameters: Weights;
  readonly threads?: number | undefined;
}

/** Compiles both of its graphs; the embedding one shares its dropout with the graph that the contrast is a part of. */
export const openGradCache = async (contrast: Contrast, options: CacheOptions): Promise<GradCache> => {
  const { name, parameters, threads } = options;
  const { logitScale, ...rows } = contrast;
  const embedding = await compile(outputs({ ...rows, logitScale: stopGradient(logitScale) }), { parameters, threads });
  const comparing = await compile(compared(rows.image.shape[1] as number), { threads });
  return {
    seeded: async function* (micros) {
      const held: (MicroBatch & { readonly embedded: Embedded })[] = [];
      for await (const micro of micros) held.push({ ...micro, embedded: await embed(embedding, micro) });
      const { loss, ...seeds } = await compare(
        comparing,
        held.map(({ embedded }) => embedded),
      );
      let from = 0;
      for (const { embedded, ...micro } of held) {
        const rows = embedded.image.shape[0]!;
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

type Embedded = Record<keyof Contrast, Numbers<Float32Array>>;

/** Outputs, under names that no input of a stage has. */
const outputs = ({ image, text, logitScale }: Contrast): Record<string, Tensor> => ({
  'contrast of image': image,
  'contrast of text': text,
  'contrast of logitScale': logitScale,
});

const partsOf = (results: Record<string, Numbers<Float32Array>>): Embedded => ({
  image: results['contrast of image']!,
  text: results['contrast of text']!,
  logitScale: results['contrast of logitScale']!,
});

const embed = async (session: Session, { feeds, key }: MicroBatch): Promise<Embedded> =>
  partsOf(await session.run({ ...feeds, ...dropoutMasks(session, feeds, key) }));

/** Loss of all pairs and its gradients, over embeddings that are fed. */
const compared = (space: number): Record<string, Tensor> => {
  const parts = {
    image: input('image', ['pairs', space]),
    text: input('text', ['pairs', space]),
    logitScale: input('logitScale', []),
  };
  const loss = imageTextContrastive({ similarity: similarity(parts) });
  const found = gradients(loss, new Set(Object.values(parts)));
  const of = (part: keyof Contrast): Tensor => found.get(parts[part])!;
  return { loss, ...outputs({ image: of('image'), text: of('text'), logitScale: of('logitScale') }) };
};

const compare = async (session: Session, all: readonly Embedded[]): Promise<Embedded & { loss: number }> => {
  const joined = { image: joinedRows(all, 'image'), text: joinedRows(all, 'text') };
  const results = await session.run({ ...joined, logitScale: all[0]!.logitScale });
  return { ...partsOf(results), loss: results.loss!.data[0]! };
};

const joinedRows = (all: readonly Embedded[], part: 'image' | 'text'): Numbers<Float32Array> => {
  const [, space] = all[0]![part].shape as [number, number];
  const data = new Float32Array(all.reduce((sum, { [part]: { data } }) => sum + data.length, 0));
  let at = 0;
  for (const { [part]: rows } of all) {
    data.set(rows.data, at);
    at += rows.data.length;
  }
  return { shape: [data.length / space, space], data };
};

/**
 * Seeds of some rows. An update takes the mean of its micro-batches' gradients, and L_ITC needs their sum, so the seeds
 * are multiplied by the number of micro-batches; that of the scale is the same in each, and its mean is itself.
 */
const seedsFor = (
  { image, text, logitScale }: Embedded,
  { from, rows, micros }: { readonly from: number; readonly rows: number; readonly micros: number },
): Record<string, Numbers> => {
  const part = ({ shape, data }: Numbers<Float32Array>): Numbers => {
    const space = countOf(shape.slice(1));
    return { shape: [rows, space], data: data.slice(from * space, (from + rows) * space).map((x) => x * micros) };
  };
  return { [SEEDS.image]: part(image), [SEEDS.text]: part(text), [SEEDS.logitScale]: logitScale };
};
