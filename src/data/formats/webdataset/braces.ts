import { UserError } from '../../../errors.ts';

/** Most shards that one range may name. */
const MOST = 1e6;

/**
 * Expands a list of shards as WebDataset writes it into paths: `{00000..00013}.tar`, `{a,b}/0.tar`, and several
 * lists joined by `::`.
 *
 * @throws UserError where a brace is not closed or counts too far.
 */
export const expandBraces = (list: string): string[] => list.split('::').flatMap(expand);

const expand = (list: string): string[] => {
  const found = /\{([^{}]*)\}/.exec(list);
  if (!found) {
    if (/[{}]/.test(list))
      throw new UserError(`${list}: a brace without its other half: write {00000..00013} or {a,b}.`);
    return [list];
  }
  const [whole, inside] = found as unknown as [string, string];
  const [before, after] = [list.slice(0, found.index), list.slice(found.index + whole.length)];
  return expand(after)
    .flatMap((end) => entriesOf(inside, list).flatMap((entry) => expand(before).map((start) => start + entry + end)))
    .sort();
};

const entriesOf = (inside: string, list: string): string[] => {
  const range = /^(\d+)\.\.(\d+)$/.exec(inside);
  if (!range) return inside.split(',');
  const [first, last] = [Number(range[1]), Number(range[2])];
  if (!(last >= first && last - first < MOST))
    throw new UserError(`${list}: {${inside}} counts from ${first} to ${last}: count upward, ${MOST} at most.`);
  return Array.from({ length: last - first + 1 }, (_, i) => String(first + i).padStart(range[1]!.length, '0'));
};
