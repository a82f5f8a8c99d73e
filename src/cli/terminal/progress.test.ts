import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openProgress } from './progress.ts';
import { createScreen } from './screen.fixture.ts';

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
    for (let i = 1; i <= 8; i += 1) progress.warn(`notice ${i}`);
  }
  expect(lines).toHaveLength(6);
  expect(lines.at(-1)).toBe('… and 3 more notices like these\n');
});

test.each([40, 80, 100])(
  'in a terminal of %i columns long lines above the bar stay whole, and the bar stands below them',
  (columns) => {
    const { stream, lines } = createScreen(columns);
    stream.write('$ dide evaluate\n');
    const long =
      'the question has more words than the model reads and was cut short after 40 of its 57 word pieces, see';
    {
      using progress = openProgress('evaluate', stream);
      for (let done = 1; done <= 10; done += 1) {
        vi.advanceTimersByTime(150);
        progress.update(done, 10, `a note that alone is longer than the line of a narrow terminal`);
        if (done % 3 === 0) progress.warn(`${done}: ${long} ${done}`);
      }
      progress.say('The last line, as the bar is closed.');
    }
    stream.write('the result\n');
    const wrapped = (text: string): string[] =>
      text.match(new RegExp(`.{1,${columns}}`, 'g'))!.map((line) => line.trimEnd());
    const warnings = [3, 6, 9].flatMap((done) => wrapped(`${done}: ${long} ${done}`));
    expect(lines()).toEqual([
      '$ dide evaluate',
      ...warnings,
      'The last line, as the bar is closed.',
      expect.stringMatching(/^evaluate █{10} 10\/10 · a note/),
      'the result',
      '',
    ]);
  },
);

test('a bar whose total changes shows the new one', () => {
  const { stream, lines } = createScreen(80);
  {
    using progress = openProgress('convert', stream);
    progress.update(20, 20, 'train');
    progress.update(5, 10, 'validation');
  }
  expect(lines()[0]).toMatch(/^convert █{5}░{5} 5\/10 · validation/);
});

test('names of files give no orders to the terminal', () => {
  const { lines, stream } = streamOf();
  using progress = openProgress('cache', stream);
  progress.say('bad\u001B[2J.png: cannot be read:\n  no image');
  expect(lines).toEqual(['bad\ufffd[2J.png: cannot be read: no image\n']);
});
