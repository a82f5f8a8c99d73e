/** The runs of one work on both sides, in the order in which they took turns; the peer's are empty without PyTorch. */
export interface Measured {
  readonly what: string;
  readonly milliseconds: { readonly ours: readonly number[]; readonly peer: readonly number[] };
  readonly bytes: { readonly ours: number | null; readonly peer: number | null };
}

export const median = (numbers: readonly number[]): number => numbers.toSorted((a, b) => a - b)[numbers.length >> 1]!;

const columns = [30, 12, 13, 22, 12, 14] as const;

const line = (cells: readonly string[]): string =>
  cells.map((cell, i) => (i === 0 ? cell.padEnd(columns[i]!) : cell.padStart(columns[i]!))).join('');

export const header = line(['', 'ours, ms', 'PyTorch, ms', 'ratio (range)', 'ours, MiB', 'PyTorch, MiB']);

const NONE = '-';
/** Rounded, for people; `-` where nobody knows. */
export const mebibytes = (bytes: number | null): string => (bytes === null ? NONE : (bytes / 2 ** 20).toFixed(0));
const middle = (numbers: readonly number[]): string => (numbers.length === 0 ? NONE : median(numbers).toPrecision(4));

/** The ratio is the median of the ratios of each turn, so that what else the machine does disturbs both sides of it. */
export const rowOf = ({ what, milliseconds: { ours, peer }, bytes }: Measured): string => {
  const ratios = peer.map((each, i) => ours[i]! / each);
  const [ratio, least, most] = [median(ratios), Math.min(...ratios), Math.max(...ratios)].map((x) => x?.toFixed(2));
  const compared = peer.length === 0 ? NONE : `${ratio} (${least}-${most})`;
  return line([what, middle(ours), middle(peer), compared, mebibytes(bytes.ours), mebibytes(bytes.peer)]);
};
