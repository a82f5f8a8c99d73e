/** The runs of one work on both sides, in the order in which they took turns; the peer's are empty where it is missing. */
export interface Measured {
  readonly what: string;
  readonly milliseconds: { readonly ours: readonly number[]; readonly peer: readonly number[] };
  readonly bytes: { readonly ours: number | null; readonly peer: number | null };
  /** Milliseconds of ours that went by waiting for data, where the work says so. */
  readonly waited: readonly number[];
  /** Whether both sides made the same bytes, where they can be compared. */
  readonly isSame?: boolean | undefined;
}

export const median = (numbers: readonly number[]): number => numbers.toSorted((a, b) => a - b)[numbers.length >> 1]!;

const columns = [30, 12, 13, 22, 12, 14] as const;

const line = (cells: readonly string[]): string =>
  cells.map((cell, i) => (i === 0 ? cell.padEnd(columns[i]!) : cell.padStart(columns[i]!))).join('');

export const header = line(['', 'ours, ms', 'peer, ms', 'ratio (range)', 'ours, MiB', 'peer, MiB']);

const NONE = '-';
/** Rounded, for people; `-` where nobody knows. */
export const mebibytes = (bytes: number | null): string => (bytes === null ? NONE : (bytes / 2 ** 20).toFixed(0));
const middle = (numbers: readonly number[]): string => (numbers.length === 0 ? NONE : median(numbers).toPrecision(4));

const withRange = (numbers: readonly number[], show: (x: number) => string): string =>
  `${show(median(numbers))} (${show(Math.min(...numbers))}-${show(Math.max(...numbers))})`;

/** The ratio is the median of the ratios of each turn, so that what else the machine does disturbs both sides of it. */
export const rowOf = ({ what, milliseconds: { ours, peer }, bytes, isSame }: Measured): string => {
  const ratios = peer.map((each, i) => ours[i]! / each);
  const compared = peer.length === 0 ? NONE : withRange(ratios, (x) => x.toFixed(2));
  const cells = [what, middle(ours), middle(peer), compared, mebibytes(bytes.ours), mebibytes(bytes.peer)];
  const verdict = isSame === undefined ? [] : [isSame ? '  same result' : '  DIFFERENT RESULTS'];
  return [line(cells), ...verdict].join('');
};

/** Share of each update's time in which a training waited for its data. */
export const waitingRow = ({ what, milliseconds: { ours }, waited }: Measured): string => {
  const shares = waited.map((each, i) => (100 * each) / ours[i]!);
  return `${what}: ${middle(ours)} ms an update, of which it waited ${withRange(shares, (x) => x.toFixed(2))} %`;
};
