import { describe, expect, it } from 'vitest';
import { lengthGroupedOrder } from './length-grouped.ts';

const examples = Array.from({ length: 1000 }, (_, i) => ({ text: 'x'.repeat(1 + ((i * 37) % 50)) }));
const options = { length: 2500, batch: 8, seed: 3 };

describe('the order of a training', () => {
  const order = lengthGroupedOrder(examples, options);

  it('reads every example once an epoch', () => {
    expect(order).toHaveLength(2500);
    for (const epoch of [0, 1]) expect(new Set(order.subarray(epoch * 1000, (epoch + 1) * 1000)).size).toBe(1000);
  });

  it('depends on the seed alone, and differs between epochs', () => {
    expect(lengthGroupedOrder(examples, options)).toEqual(order);
    expect(lengthGroupedOrder(examples, { ...options, seed: 4 })).not.toEqual(order);
    expect(order.subarray(0, 1000)).not.toEqual(order.subarray(1000, 2000));
  });

  it('brings texts of like length together: batches span far fewer lengths than chance would', () => {
    const spans = Array.from({ length: 64 }, (_, b) => {
      const lengths = [...order.subarray(b * 8, (b + 1) * 8)].map((place) => examples[place]!.text.length);
      return Math.max(...lengths) - Math.min(...lengths);
    });
    expect(spans.reduce((a, b) => a + b) / spans.length).toBeLessThan(5);
  });

  it('does not read the short texts first', () => {
    const means = [0, 1, 2, 3].map((quarter) => {
      const part = order.subarray(quarter * 128, (quarter + 1) * 128);
      return part.reduce((sum, place) => sum + examples[place]!.text.length, 0) / part.length;
    });
    expect(Math.max(...means) - Math.min(...means)).toBeLessThan(12);
  });
});
