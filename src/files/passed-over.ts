import { posix } from 'node:path';

/** Reasons for which something below a folder is passed over, and how a notice says each of one and of several. */
const reasons = {
  name: ['file that is no picture by its name', 'files that are no pictures by their names'],
  encoding: ['name that is no UTF-8', 'names that are no UTF-8'],
  folder: ['folder that cannot be read', 'folders that cannot be read'],
  file: ['file that cannot be read', 'files that cannot be read'],
  gone: ['link that leads nowhere', 'links that lead nowhere'],
  again: ['link to a folder that is read anyway', 'links to folders that are read anyway'],
  above: ['link to a folder around this one', 'links to folders around this one'],
  special: ['pipe, socket or device', 'pipes, sockets or devices'],
} as const;

/** Something below a folder that is not read, and why. */
export interface PassedOver {
  /** Path below the folder; bytes that are no UTF-8 are U+FFFD. */
  readonly path: string;
  readonly reason: keyof typeof reasons;
}

/** Names that a notice gives. */
const NAMED = 3;

/** One notice for each reason for which something was passed over: how many, and the first of them or their kinds. */
export const noticesOf = (passedOver: readonly PassedOver[]): string[] =>
  (Object.keys(reasons) as PassedOver['reason'][]).flatMap((reason) => {
    const some = passedOver.filter((one) => one.reason === reason);
    if (some.length === 0) return [];
    const which = reason === 'name' ? endingsOf(some) : some.slice(0, NAMED).map(({ path }) => path);
    const more = some.length > NAMED && reason !== 'name' ? ', …' : '';
    return [`passed over ${some.length} ${reasons[reason][some.length === 1 ? 0 : 1]}: ${which.join(', ')}${more}`];
  });

/** Why something was passed over, in words. */
export const reasonOf = ({ reason }: PassedOver): string => reasons[reason][0];

/** Ends of names with their counts, the commonest first: `12 .txt`. A name without an end is given as it is. */
const endingsOf = (some: readonly PassedOver[]): string[] => {
  const counts = new Map<string, number>();
  for (const { path } of some) {
    const ending = posix.extname(path) || posix.basename(path);
    counts.set(ending, (counts.get(ending) ?? 0) + 1);
  }
  const named = [...counts].sort(([, a], [, b]) => b - a).map(([ending, count]) => `${count} ${ending}`);
  return named.length > 2 * NAMED ? [...named.slice(0, 2 * NAMED), '…'] : named;
};
