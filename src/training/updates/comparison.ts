import { gradients } from '../../engine/gradient.ts';
import type { Numbers } from '../../engine/numbers.ts';
import { compile } from '../../engine/runtime/compile.ts';
import { input, type Tensor } from '../../engine/tensor.ts';
import { type Contrast, similarity } from '../../model/heads.ts';
import type { ContrastiveLoss } from '../stages/stage.ts';
import { type Parts, partsOf } from './seeded-contrast.ts';

/** Numbers of the parts of a contrast: vectors [pairs, space], and learnt scalars. */
export type Embedded = Parts<Numbers<Float32Array>>;

/** Comparison of all vectors of some batches. */
export interface Comparison extends AsyncDisposable {
  /**
   * The loss over all pairs, and its gradient by each part, the rows of which are those that were given. Where processes
   * share the batches, it is this one's share of the loss.
   *
   * @param feeds further inputs of the loss, where it has any.
   */
  compare(
    parts: Embedded,
    feeds: Readonly<Record<string, Numbers>>,
  ): Promise<{ readonly loss: number; readonly seeds: Embedded }>;
}

/** Prefix of outputs, which no input of a stage has. */
const OUTPUT = 'contrast of ';

export const mapParts = <A, B>(parts: Parts<A>, change: (part: A, name: string) => B): Parts<B> =>
  Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, change(part, name)]));

/** Parts as outputs of a graph. */
export const partOutputs = (parts: Parts<Tensor>): Record<string, Tensor> =>
  Object.fromEntries(Object.entries(parts).map(([name, part]) => [OUTPUT + name, part]));

/** Parts among the results of a graph. */
export const partResults = (results: Readonly<Record<string, Numbers<Float32Array>>>): Embedded =>
  Object.fromEntries(
    Object.entries(results).flatMap(([name, part]) =>
      name.startsWith(OUTPUT) ? [[name.slice(OUTPUT.length), part]] : [],
    ),
  );

/** Inputs for the parts of a contrast, the rows of vectors under a name of their own. */
export const partInputs = ({ vectors }: ContrastiveLoss, rows: string): Parts<Tensor> =>
  mapParts(partsOf(vectors), ({ shape }, name) => input(name, shape.length === 0 ? [] : [rows, shape[1]!]));

/** Comparison of what is all in this process. */
export const openComparison = async (
  contrast: ContrastiveLoss,
  { threads }: { readonly threads?: number | undefined },
): Promise<Comparison> => {
  const parts = partInputs(contrast, 'pairs');
  const loss = contrast.objective({ similarity: similarity(parts as unknown as Contrast) });
  const found = gradients(loss, new Set(Object.values(parts)));
  const session = await compile({ loss, ...partOutputs(mapParts(parts, (part) => found.get(part)!)) }, { threads });
  return {
    compare: async (given, feeds) => {
      const results = await session.run({ ...feeds, ...given });
      return { seeds: partResults(results), loss: results.loss!.data[0]! };
    },
    [Symbol.asyncDispose]: async () => session.close(),
  };
};
