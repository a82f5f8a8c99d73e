import { median } from '../../bench/table.ts';

/** Distance of one precision from float32 on the processor, and its limit. */
export interface Parity {
  readonly name: string;
  /** Largest relative difference of a loss. */
  readonly loss: number;
  /** |g - g'| / |g'| over all gradients. */
  readonly gradient: number;
  readonly most: number;
}

type Times = Readonly<Record<string, readonly number[] | null>>;

/** Milliseconds of updates by batch, in one precision; null where the memory was too small. */
export interface StepRow {
  readonly name: string;
  readonly ours: Times;
  readonly eager?: Times | undefined;
  readonly compiled?: Times | undefined;
}

/** Measurements. */
interface Measured {
  readonly card: string;
  readonly parities: readonly Parity[];
  readonly steps: readonly StepRow[];
  readonly asked: { readonly seconds: number; readonly vectors: number } | undefined;
  readonly batches: readonly number[];
  readonly leftOut: readonly string[];
}

/** |a - b| / |b| of numbers of float32 in bytes. */
export const relativeError = (a: Buffer, b: Buffer): number => {
  const [mine, others] = [floatsOf(a), floatsOf(b)];
  if (mine.length !== others.length) return Number.NaN;
  let [apart, whole] = [0, 0];
  for (const [i, value] of others.entries()) {
    apart += (mine[i]! - value) ** 2;
    whole += value ** 2;
  }
  return Math.sqrt(apart / whole);
};

const floatsOf = (bytes: Buffer): Float32Array => new Float32Array(new Uint8Array(bytes).buffer);

const table = (rows: readonly (readonly string[])[]): string =>
  [rows[0]!, rows[0]!.map(() => '---'), ...rows.slice(1)].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

/** The tables in Markdown. */
export const tablesOf = ({ card, parities, steps, asked, batches, leftOut }: Measured): string => {
  const alike = parities.map(({ name, loss, gradient, most }) => [
    ...[name, loss.toExponential(1), gradient.toExponential(1), `${most}`],
  ]);
  const timed = steps.flatMap(({ name, ours, eager, compiled }) =>
    batches.map((batch) => {
      const own = ours[batch];
      return [name, `${batch}`, shown(own), ...[eager, compiled].flatMap((peer) => beside(own, peer?.[batch]))];
    }),
  );
  const parts = [
    `On ${card}:`,
    table([['against the processor', 'losses', 'gradients', 'at most'], ...alike]),
    table([['an update', 'batch', 'ours, ms', 'eager, ms', 'ratio', 'compiled, ms', 'ratio'], ...timed]),
    ...(asked ? [askedLine(asked)] : []),
    ...(leftOut.length === 0 ? [] : [`Left out: ${leftOut.join('; ')}.`]),
  ];
  return parts.join('\n\n');
};

const shown = (times: readonly number[] | null | undefined): string =>
  times === undefined ? '-' : times === null ? 'too large' : median(times).toPrecision(4);

/** A peer's time, and ours as a part of it. */
const beside = (own: readonly number[] | null | undefined, peer: readonly number[] | null | undefined): string[] => [
  shown(peer),
  own && peer ? (median(own) / median(peer)).toFixed(2) : '-',
];

const askedLine = ({ seconds, vectors }: NonNullable<Measured['asked']>): string =>
  `A question over ${vectors.toLocaleString('en')} generated vectors of the shipped student: ${seconds.toFixed(2)} s.`;
