import type { Example } from '../../data/example.ts';
import { groupedByWords } from '../../data/negative-texts.ts';
import { imageName } from '../../data/pictures/image-name.ts';
import { epochOrder } from './length-grouped.ts';

/** Options of `uniquePairGroups`. */
export interface UniquePairOptions {
  /** Number of groups. */
  readonly groups: number;
  /** Examples of one group: those of all batches of an update, which are compared as one. */
  readonly size: number;
  readonly seed: number;
  /**
   * Number of examples whose texts have the words of an example's own, in another order, that follow it into its group at
   * most, where the data have such: the hardest false texts and images. Default 0.
   */
  readonly sameWords?: number | undefined;
}

/**
 * Groups of examples in none of which an image or a text stands twice: in contrast every other text of the group is a
 * false one, and a second caption of the same image would be a true one counted as false.
 *
 * The order is that of the epochs, one after the other. An example whose image or text the group already has waits for
 * the next group, in front of all others. A group is smaller only where no example of a whole epoch fits into it.
 */
export function* uniquePairGroups(
  examples: readonly Example[],
  { groups, size, seed, sameWords = 0 }: UniquePairOptions,
): Generator<readonly Example[], void, undefined> {
  const keys = examples.map(({ images, text }) => [`image ${images.map(imageName).join('\n')}`, `text ${text}`]);
  const endless = places(examples, { size, seed, sameWords });
  let waiting = new Set<number>();
  for (let made = 0; made < groups; made += 1) {
    const [taken, chosen, later] = [new Set<string>(), [] as number[], new Set<number>()];
    const offer = (place: number): void => {
      const isFree = chosen.length < size && !keys[place]!.some((key) => taken.has(key));
      if (!isFree) return void later.add(place);
      for (const key of keys[place]!) taken.add(key);
      chosen.push(place);
    };
    for (const place of waiting) offer(place);
    for (let drawn = 0; chosen.length < size && drawn < 2 * examples.length; drawn += 1) offer(endless.next().value);
    waiting = later;
    yield chosen.map((place) => examples[place]!);
  }
}

function* places(
  examples: readonly Example[],
  { size: batch, seed, sameWords }: Omit<UniquePairOptions, 'groups' | 'sameWords'> & { readonly sameWords: number },
): Generator<number, never, undefined> {
  const companions = sameWords > 0 ? groupedByWords(examples) : undefined;
  for (let epoch = 0; ; epoch += 1) {
    const order = epochOrder(examples, { batch, seed, epoch });
    yield* companions ? withCompanions(order, companions, sameWords) : order;
  }
}

/** An order of examples, each followed by at most so many of the same words that have not come yet. */
function* withCompanions(
  order: Uint32Array,
  companions: readonly (readonly number[])[],
  most: number,
): Generator<number, void, undefined> {
  const come = new Set<number>();
  for (const place of order) {
    if (come.has(place)) continue;
    const others = companions[place]!.filter((other) => other !== place && !come.has(other)).slice(0, most);
    for (const one of [place, ...others]) {
      come.add(one);
      yield one;
    }
  }
}
