import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openProgress } from './progress.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const streamOf = () => {
  const lines: string[] = [];
  const stream = { isTTY: false, write: (text: string) => lines.push(text) > 0 };
  return { lines, stream: stream as unknown as NodeJS.WriteStream };
};

test('without a terminal nothing is said for two seconds, then a line every five, and how it ended', () => {
  const { lines, stream } = streamOf();
  const progress = openProgress('encode', stream);
  for (let done = 1; done <= 100; done += 1) {
    vi.advanceTimersByTime(100);
    progress.update(done, 100, 'fine');
  }
  expect(lines).toEqual([
    'encode 20/100 · fine · 8.0 s left\n',
    'encode 70/100 · fine · 3.0 s left\n',
    'encode 100/100 · fine · took 10 s\n',
  ]);
});

test('five notices are said in full, and the others counted', () => {
  const { lines, stream } = streamOf();
  {
    using progress = openProgress('read', stream);
    for (let i = 1; i <= 8; i += 1) progress.say(`notice ${i}`);
  }
  expect(lines).toHaveLength(6);
  expect(lines.at(-1)).toBe('… and 3 more notices like these\n');
});
