import { expect, test } from 'vitest';
import { bytesOf, durationOf, factsOf, tableOf } from './table.ts';

test('numbers stand at the right of their column, texts at the left, and no line ends with spaces', () => {
  const rows = [
    ['split', 'questions', 'kind'],
    ['test', 7, 'all'],
    ['validation', 1234, 'a'],
  ];
  expect(tableOf(rows)).toBe(
    ['split       questions  kind', 'test                7  all', 'validation       1234  a'].join('\n'),
  );
});

test('a text as long as a page moves no other row', () => {
  const [heading, ...rows] = tableOf([
    ['answer', 'probability'],
    ['x'.repeat(10_000), 0.5],
    ['yes', 0.25],
  ]).split('\n');
  expect(heading).toBe(`${'answer'.padEnd(100)}  probability`);
  expect(rows).toEqual([
    `${'x'.repeat(10_000)}  ${'0.5'.padStart(11)}`,
    `${'yes'.padEnd(100)}  ${'0.25'.padStart(11)}`,
  ]);
});

test('facts have their names padded to one width', () => {
  expect(
    factsOf([
      ['a', 1],
      ['longer', 'x'],
    ]),
  ).toBe('a       1\nlonger  x');
});

test('bytes and times are said in the unit that a person would choose', () => {
  expect([0, 999, 1000, 446_693_376].map(bytesOf)).toEqual(['0 bytes', '999 bytes', '1.0 kB', '446.7 MB']);
  expect([40, 59_400, 83_000, 5_400_000].map(durationOf)).toEqual(['0.0 s', '59 s', '1 min 23 s', '1 h 30 min']);
});
