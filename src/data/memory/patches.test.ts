import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { collate } from '../batch.ts';
import type { Example } from '../example.ts';
import { loadBatches } from '../loader.ts';
import { createPatchMemory } from './patches.ts';

const feedsOf = (data: Float32Array) => ({ patches: { shape: [data.length], data } });

/** An image of so many patches of 4 x 4 pixels in one row, all of one value. */
const imageOf = (columns: number, value: number) => ({
  id: `${value}`,
  words: Int32Array.of(2, 3),
  images: [
    { rows: 1, columns, pixels: { width: 4 * columns, height: 4, data: new Uint8Array(48 * columns).fill(value) } },
  ],
});

describe('createPatchMemory', () => {
  it('lends what was given back where it is large enough, and what is lent to nobody else', () => {
    const memory = createPatchMemory();
    const [first, second] = [memory.take(100), memory.take(100)];
    expect(first.buffer).not.toBe(second.buffer);
    memory.giveBack(feedsOf(first));
    const smaller = memory.take(60);
    expect([smaller.buffer, smaller.length]).toEqual([first.buffer, 60]);
    memory.giveBack(feedsOf(smaller));
    const larger = memory.take(101);
    expect([larger.buffer === first.buffer, larger.length]).toEqual([false, 101]);
    memory.giveBack(feedsOf(larger));
    // the one that was too small is gone
    expect(memory.take(100).buffer).toBe(larger.buffer);
    expect([first.buffer, second.buffer, larger.buffer]).not.toContain(memory.take(1).buffer);
  });

  it('takes nothing that it has not lent, and nothing twice', () => {
    const memory = createPatchMemory();
    const own = memory.take(4);
    memory.giveBack(feedsOf(new Float32Array(4)));
    memory.giveBack(feedsOf(own));
    memory.giveBack(feedsOf(own));
    expect(memory.take(4).buffer).toBe(own.buffer);
    expect(memory.take(4).buffer).not.toBe(own.buffer);
  });

  it('gives a batch the same numbers, padding included, whatever lay there before', () => {
    const memory = createPatchMemory();
    const options = { patch: 4, grid: 2 };
    const batch = [imageOf(1, 255), imageOf(3, 0), imageOf(2, 255)];
    const before = memory.take(1000).fill(Number.NaN);
    memory.giveBack(feedsOf(before));
    const feeds = collate(batch, { ...options, memory });
    expect(feeds.patches!.data.buffer).toBe(before.buffer);
    expect(feeds).toEqual(collate(batch, options));
  });
});

it('loadBatches gives each batch patches of its own, or overwrites them once the next is asked for', async () => {
  const examples = Array.from({ length: 10 }, (_, i): Example => ({ id: `${i}`, text: 'x', images: [], answers: [] }));
  const load = async (reuse: boolean): Promise<ArrayBufferLike[]> => {
    const options = { prepare: async () => imageOf(1, 0), batch: 1, collate: { patch: 4, grid: 2 }, reuse };
    const found: ArrayBufferLike[] = [];
    for await (const { feeds } of loadBatches(examples, [...examples.keys()], options)) {
      const { data } = feeds.patches!;
      expect([...data]).toEqual(Array(48).fill(-1));
      found.push(data.buffer);
      data.fill(7);
      await sleep(20); // until the next two are there
    }
    return found;
  };
  expect(new Set(await load(false)).size).toBe(10);
  // one that is read, and two ahead
  expect(new Set(await load(true)).size).toBe(3);
});
