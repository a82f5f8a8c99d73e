import { describe, expect, it } from 'vitest';
import { UserError } from '../errors.ts';
import type { EncodedExample } from './batch.ts';
import type { Example } from './example.ts';
import { type LoadOptions, loadBatches, loadChosen } from './loader.ts';
import type { Augment } from './preprocess.ts';
import { createSkipPolicy } from './skip-policy.ts';

const exampleOf = (place: number): Example => ({ id: `train.jsonl:${place}`, images: ['a'], text: 'red', answers: [] });
const pixels = { width: 8, height: 8, data: new Uint8Array(192) };
const encode = ({ id }: Example): EncodedExample => ({
  id,
  words: Int32Array.of(2, 3),
  images: [{ pixels, rows: 1, columns: 1 }],
});

/** The sizes of the batches of a pass over examples of which some cannot be read. */
const pass = async (length: number, isDamaged: (place: number) => boolean, options: Partial<LoadOptions> = {}) => {
  const examples = Array.from({ length }, (_, place) => exampleOf(place));
  const unreadable = createSkipPolicy();
  const prepare = async (example: Example): Promise<EncodedExample> => {
    if (isDamaged(examples.indexOf(example))) throw new UserError(`${example.id}: it is damaged.`);
    return encode(example);
  };
  const rules = { prepare, batch: 4, collate: { patch: 8, grid: 4 }, onUnreadable: unreadable.listen, ...options };
  const sizes: number[] = [];
  for await (const { examples: kept, feeds } of loadBatches(examples, [...examples.keys()], rules)) {
    expect(feeds.words!.shape[0]).toBe(kept.length);
    sizes.push(kept.length);
  }
  return { sizes, failures: unreadable.failures() };
};

describe('examples that cannot be read', () => {
  it('are passed over one by one, and listed', async () => {
    const { sizes, failures } = await pass(40, (place) => place % 8 === 3);
    expect(sizes).toEqual([3, 4, 3, 4, 3, 4, 3, 4, 3, 4]);
    expect(failures).toEqual([3, 11, 19, 27, 35].map((place) => `train.jsonl:${place}: it is damaged.`));
  });

  it('are listed once each, however often they are met', () => {
    const { listen, failures } = createSkipPolicy();
    for (let epoch = 0; epoch < 3; epoch += 1) listen(new UserError('train.jsonl:7: it is damaged.'), exampleOf(7));
    expect(failures()).toEqual(['train.jsonl:7: it is damaged.']);
  });

  it('stop a pass where more than half of the first are so, and the first of them is named', async () => {
    await expect(pass(400, (place) => place % 5 !== 2)).rejects.toThrow(
      /^train\.jsonl:\d+: it is damaged\. So it is with more than half: 13 of the first 16 examples cannot be read: check the data\.$/,
    );
    await expect(pass(6, (place) => place > 1)).rejects.toThrow(/4 of the first 6 examples/);
  });

  it('do not stop a pass that was good at its beginning', async () => {
    const { sizes, failures } = await pass(1200, (place) => place >= 300);
    expect([sizes.length, failures.length]).toEqual([75, 900]);
  });

  it('stop a training where they are a whole batch, whose number must not move', async () => {
    const isDamaged = (place: number): boolean => place >= 20 && place < 24;
    expect((await pass(40, isDamaged)).sizes).toHaveLength(9);
    await expect(pass(40, isDamaged, { empty: 'refuse' })).rejects.toThrow(/No example of its batch of 4 can be read/);
  });
});

it('tells augmentation the number of the batch and the place, from the first of a run that goes on', async () => {
  const examples = [0, 1, 2, 3].map(exampleOf);
  const asked: string[] = [];
  const augment =
    (batch: number, place: number): Augment =>
    (same) => {
      asked.push(`${batch} ${place}`);
      return same;
    };
  const prepare = async (example: Example, change?: Augment): Promise<EncodedExample> => {
    change?.(pixels, 0);
    return encode(example);
  };
  const chosen = [examples.slice(0, 2), examples.slice(2)];
  const options = { prepare, collate: { patch: 8, grid: 4 }, augment, first: 5 };
  for await (const _ of loadChosen(chosen, options));
  expect(asked).toEqual(['5 0', '5 1', '6 0', '6 1']);
});
