import { existsSync } from 'node:fs';
import { UserError } from '../../../errors.ts';

/** Most shards that one range may name. */
const MOST = 1e6;

/** A range or a list of alternatives; `{1}` is neither, and so part of a name, as in a shell. */
const GROUP = /\{([^{}]*(?:,|\.\.)[^{}]*)\}/;

/** A range whose brace is not closed. */
const OPEN = /\{\d+\.\.[^}]*$/;

/** Whether a path names several shards: it has `::` or a group in braces, and is not itself the name of a file. */
export const isShardList = (path: string): boolean =>
  (path.includes('::') || GROUP.test(path) || OPEN.test(path)) && !existsSync(path);

/**
 * Expands a list of shards as WebDataset writes it into paths: `{00000..00013}.tar`, `{a,b}/0.tar`, and several
 * lists joined by `::`. A part that exists as it is written is no list.
 *
 * @throws UserError where a brace is not closed or counts too far.
 */
export const expandBraces = (list: string): string[] => partsOf(list.split('::')).flatMap(expand);

/** The parts between `::`, joined again where only that is the name of a file: a folder may be called `a::b`. */
const partsOf = (pieces: readonly string[]): string[] => {
  if (pieces.length === 0) return [];
  const ends = Array.from(pieces, (_, i) => i + 1);
  const end = ends.find((one) => isThere(pieces.slice(0, one).join('::'))) ?? 1;
  return [pieces.slice(0, end).join('::'), ...partsOf(pieces.slice(end))];
};

/** Whether the first shard of a list without `::` exists. */
const isThere = (list: string): boolean => !OPEN.test(list) && existsSync(expand(list)[0]!);

const expand = (list: string): string[] => {
  const found = GROUP.exec(list);
  if (!found || existsSync(list)) {
    if (OPEN.test(list)) throw new UserError(`${list}: a brace without its other half: write {00000..00013} or {a,b}.`);
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
