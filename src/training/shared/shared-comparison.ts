import { gradientsReached } from '../../engine/gradient.ts';
import { countOf, type Numbers } from '../../engine/numbers.ts';
import { compile } from '../../engine/runtime/compile.ts';
import { substituted } from '../../engine/substitute.ts';
import { input, type Tensor } from '../../engine/tensor.ts';
import { type Contrast, similarity } from '../../model/heads.ts';
import type { Channel, Processes } from '../../processes/processes.ts';
import type { ContrastiveLoss } from '../stages/stage.ts';
import {
  type Comparison,
  type Embedded,
  mapParts,
  partInputs,
  partOutputs,
  partResults,
} from '../updates/comparison.ts';
import { gatherVectors } from './vectors.ts';
import { openWholeDivisors } from './whole-divisors.ts';

/** Parts of a contrast that have a row for each pair. */
const sides = ['image', 'text'] as const;

/** Name of the vectors of all processes. */
const ofAll = (side: string): string => `${side}s of all`;

/**
 * Comparison of the vectors of all processes: each computes its own rows against all columns, and sends the gradient by
 * the columns back to whose they are (open_clip's local loss with gathered gradients). The shares of the loss, and of the
 * gradients, add up to those of one process that has all pairs.
 */
export const openSharedComparison = async (
  contrast: ContrastiveLoss,
  { processes, threads }: { readonly processes: Processes; readonly threads?: number | undefined },
): Promise<Comparison> => {
  const { parts, all, matched } = inputsOf(contrast);
  const scored = (image: Tensor, text: Tensor): Tensor =>
    similarity({ ...(parts as unknown as Contrast), image, text });
  const loss = contrast.shared({
    images: scored(parts.image!, all.text),
    texts: scored(parts.text!, all.image),
    matched,
  });
  const targets = { ...parts, [ofAll('image')]: all.image, [ofAll('text')]: all.text };
  const found = gradientsReached(loss, new Set(Object.values(targets)));
  const reached = Object.fromEntries(Object.entries(targets).filter(([, part]) => found.has(part)));
  const outputs = { loss, ...partOutputs(mapParts(reached, (part) => found.get(part)!)) };
  const divisors = await openWholeDivisors(outputs, { channel: processes, threads });
  const session = await compile(substituted(outputs, divisors.replacements), { threads });
  return {
    compare: async (given, feeds) => {
      const { image, text, starts } = await gatherVectors(given, processes);
      const [from, pairs] = [starts[processes.rank]!, image.shape[0]!];
      const matched = matchedAt(from, given.image!.shape[0]!, pairs);
      const own = { ...feeds, ...given, [ofAll('image')]: image, [ofAll('text')]: text, matched };
      const whole = await divisors.feeds(own, new Map([['batch', { rows: [], of: pairs }]]));
      const results = await session.run({ ...own, ...whole });
      const seeds = await seedsOf(partResults(results), { given, from, pairs, channel: processes });
      return { seeds, loss: results.loss!.data[0]! };
    },
    [Symbol.asyncDispose]: async () => {
      session.close();
      await divisors[Symbol.asyncDispose]();
    },
  };
};

const inputsOf = (contrast: ContrastiveLoss) => {
  const parts = partInputs(contrast, 'batch');
  const whole = (side: 'image' | 'text'): Tensor => input(ofAll(side), ['pairs', parts[side]!.shape[1]!]);
  return { parts, all: { image: whole('image'), text: whole('text') }, matched: input('matched', ['batch', 'pairs']) };
};

/** 1 where a row that is here and a column of all match: [rows, pairs]. */
const matchedAt = (from: number, rows: number, pairs: number): Numbers => {
  const data = new Float32Array(rows * pairs);
  for (let row = 0; row < rows; row += 1) data[row * pairs + from + row] = 1;
  return { shape: [rows, pairs], data };
};

interface SeedOptions {
  readonly given: Embedded;
  readonly from: number;
  readonly pairs: number;
  readonly channel: Channel;
}

/** Gradients by the parts that are here: by their own rows, and by their columns of all processes' rows. */
const seedsOf = async (found: Embedded, { given, from, pairs, channel }: SeedOptions): Promise<Embedded> => {
  const columns = sides.map((side) => found[ofAll(side)]?.data ?? new Float32Array(pairs * given[side]!.shape[1]!));
  await channel.sum(columns);
  return mapParts(given, ({ shape }, name) => {
    const data = found[name]?.data ?? new Float32Array(countOf(shape));
    const side = sides.indexOf(name as (typeof sides)[number]);
    if (side < 0) return { shape, data };
    const mine = columns[side]!.subarray(from * shape[1]!);
    return { shape, data: data.map((x, i) => x + mine[i]!) };
  });
};
