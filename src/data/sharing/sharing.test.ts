import { describe, expect, it } from 'vitest';
import { generator, keyOf } from '../../engine/random.ts';
import { UserError } from '../../errors.ts';
import { collate, type EncodedExample, type Feeds } from '../batch.ts';
import type { Example } from '../example.ts';
import { loadBatches } from '../loader.ts';
import { around, type Sharing, sketched } from './sharing.ts';

const rule = { patch: 4, grid: 3 };

/** An example with so many words, and a picture of so many rows and columns of patches for each pair of numbers. */
const example = (id: string, words: number, ...grids: readonly (readonly [number, number])[]): EncodedExample => ({
  id,
  words: Int32Array.from({ length: words }, (_, i) => i + id.charCodeAt(0)),
  images: grids.map(([rows, columns]) => ({
    rows,
    columns,
    pixels: {
      width: 4 * columns,
      height: 4 * rows,
      data: Uint8Array.from({ length: 48 * rows * columns }, (_, i) => (i * id.charCodeAt(0)) % 256),
    },
  })),
});

const batch = [
  example('a', 3, [2, 3]),
  example('b', 7, [1, 1]),
  example('c', 2, [3, 3]),
  example('d', 5, [2, 2], [3, 1]),
  example('e', 4, [1, 2], [2, 3]),
];

const rows = ({ shape, data }: NonNullable<Feeds[string]>, places: readonly number[]) => {
  const space = data.length / shape[0]!;
  return places.map((row) => [...data.slice(row * space, (row + 1) * space)]);
};

describe('a batch that two share', () => {
  it.each([
    [2, 'a whole picture', {}],
    [2, 'patches drawn at random', { maxPatches: 3 }],
    [4, 'the second one has two pictures of the last example alone', { maxPatches: 2 }],
  ])('is collated in parts, cut before %i, as it is as a whole: %s', (cut, _, more) => {
    const options = () => ({ ...rule, ...more, pictures: 'together' as const, random: generator(keyOf(1, 'patches')) });
    const whole = collate(batch, options());
    const parts = [batch.slice(0, cut), batch.slice(cut)];
    const numbers = parts.map(sketched);
    for (const [rank, part] of parts.entries()) {
      const { before, after } = around(numbers, rank);
      expect(before).toHaveLength(rank === 0 ? 0 : cut);
      const among = { before: before.map((one) => one!), after: after.map((one) => one!) };
      const mine = collate(part, { ...options(), among });
      const own = part.map((one) => batch.indexOf(one));
      const seconds = batch.filter(({ images }) => images.length > 1);
      const pictures = [
        ...own,
        ...part.flatMap((one) => (seconds.includes(one) ? [batch.length + seconds.indexOf(one)] : [])),
      ];
      for (const [name, found] of Object.entries(mine)) {
        const places = name.startsWith('word') ? own : pictures;
        expect(found.shape.slice(1), name).toEqual(whole[name]!.shape.slice(1));
        expect(rows(found, [...places.keys()]), name).toEqual(rows(whole[name]!, places));
      }
    }
  });

  it('hands round which examples could not be read', () => {
    const numbers = [sketched([batch[0]!, undefined]), sketched([undefined, batch[3]!])];
    expect(around(numbers, 1).before.map((one) => one?.words.length)).toEqual([3, undefined]);
    expect(around(numbers, 0).after.map((one) => one?.images)).toEqual([
      undefined,
      [
        { rows: 2, columns: 2 },
        { rows: 3, columns: 1 },
      ],
    ]);
  });

  it('is handed round as nothing where it cannot be read, for others wait for it', async () => {
    const handed: number[][] = [];
    const sharing: Sharing = {
      rank: 0,
      range: (examples) => [0, examples],
      gather: async (own) => {
        handed.push([...own]);
        return [own];
      },
    };
    const examples = batch.slice(0, 3).map(({ id }) => ({ id, images: [`${id}.png`], text: '', answers: [] }));
    const prepare = async ({ id }: Example): Promise<EncodedExample> => {
      if (id === 'b') throw new UserError('b.png: no such file');
      return batch.find((one) => one.id === id)!;
    };
    const run = async (): Promise<void> => {
      for await (const _ of loadBatches(examples, [0, 1], { prepare, batch: 1, collate: rule, sharing }));
    };
    await expect(run()).rejects.toThrow('b.png');
    expect(handed).toEqual([[...sketched([batch[0]!])], [-1]]);
  });
});
