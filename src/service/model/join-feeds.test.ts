import { expect, it } from 'vitest';
import { joinFeeds } from './join-feeds.ts';

it('joins batches of unequal length, padded with zeros, each row as it was', () => {
  const first = {
    words: { shape: [1, 2], data: Int32Array.of(1, 2) },
    patches: { shape: [1, 1, 2], data: Float32Array.of(1, 2) },
  };
  const second = {
    words: { shape: [2, 3], data: Int32Array.of(3, 4, 5, 6, 7, 8) },
    patches: { shape: [2, 2, 2], data: Float32Array.of(3, 4, 5, 6, 7, 8, 9, 10) },
  };
  expect(joinFeeds([first, second])).toEqual({
    words: { shape: [3, 3], data: Int32Array.of(1, 2, 0, 3, 4, 5, 6, 7, 8) },
    patches: { shape: [3, 2, 2], data: Float32Array.of(1, 2, 0, 0, 3, 4, 5, 6, 7, 8, 9, 10) },
  });
  expect(joinFeeds([second])).toBe(second);
});
