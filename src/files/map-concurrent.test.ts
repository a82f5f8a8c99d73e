import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { mapConcurrent } from './map-concurrent.ts';

const numbers = Array.from({ length: 20 }, (_, i) => i);

describe('work in lanes', () => {
  it('keeps the order of its items, and is done on a few of them at a time', async () => {
    let [now, most] = [0, 0];
    const doubled = await mapConcurrent(numbers, async (one) => {
      now += 1;
      most = Math.max(most, now);
      await setTimeout((7 * one) % 5);
      now -= 1;
      return 2 * one;
    });
    expect(doubled).toEqual(numbers.map((one) => 2 * one));
    expect(most).toBe(4);
  });

  it('begins nothing more once one has failed, and waits for those under way', async () => {
    const [begun, ended]: [number[], number[]] = [[], []];
    const work = async (one: number): Promise<void> => {
      begun.push(one);
      await setTimeout(one === 1 ? 1 : 20);
      if (one === 1) throw new Error('the second');
      ended.push(one);
    };
    await expect(mapConcurrent(numbers, work)).rejects.toThrow('the second');
    expect(begun).toEqual([0, 1, 2, 3]);
    expect(ended).toEqual([0, 2, 3]);
  });
});
