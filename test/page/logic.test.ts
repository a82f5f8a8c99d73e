import { describe, expect, it } from 'vitest';
import { clockDate, counted, duration, fileName, percent } from '../../page/logic/format.ts';
import { barHeights, cutAndSorted, isWhole, picturesIn, usualCut } from '../../page/logic/results.ts';
import { csvOf, jsonOf } from '../../page/logic/save-file.ts';
import { addressOf, isOpen, noSearch, questionOf, type Search, searchOf } from '../../page/logic/search-state.ts';
import { cornerOf, layoutOf, tileAfterKey, tilesBetween } from '../../page/logic/virtual-grid.ts';
import { sharpestWord, strengths, wordsOf } from '../../page/logic/words.ts';
import type { PictureAnswer } from '../../page/source.ts';

const answer = (path: string, probability: number, some: Partial<PictureAnswer> = {}): PictureAnswer => ({
  ...{ path, probability, date: '2024-01-01T00:00:00', answer: 'yes', duplicates: [] },
  ...some,
});

describe('a wall', () => {
  const size = { least: 100, gap: 10, caption: 20, columns: 3 };
  const layout = layoutOf(430, 10_000, size);

  it('fills its width with as many columns as fit, and never fewer than it must', () => {
    expect(layout.columns).toBe(4);
    expect(layout.side).toBe(100);
    expect(layout.pitch).toBe(130);
    expect(layout.height).toBe(2500 * 130 - 10);
    expect(layoutOf(200, 5, size)).toMatchObject({ columns: 3, side: 60 });
    expect(layoutOf(430, 0, size).height).toBe(0);
  });

  it('knows where each tile stands, and which are near the window', () => {
    expect(cornerOf(layout, 9)).toEqual({ x: 110, y: 260 });
    expect(tilesBetween(layout, 260, 520)).toEqual({ from: 8, to: 16 });
    expect(tilesBetween(layout, -900, -100)).toEqual({ from: 0, to: 0 });
    expect(tilesBetween(layout, 1e9, 2e9)).toEqual({ from: 10_000, to: 10_000 });
  });

  it('is walked by keys', () => {
    const after = (index: number, key: string) => tileAfterKey(layout, index, key, 3);
    expect(after(5, 'ArrowRight')).toBe(6);
    expect(after(5, 'ArrowDown')).toBe(9);
    expect(after(1, 'ArrowUp')).toBe(1);
    expect(after(9998, 'ArrowDown')).toBe(9998);
    expect(after(5, 'PageDown')).toBe(17);
    expect(after(5, 'PageUp')).toBe(0);
    expect(after(5, 'End')).toBe(9999);
    expect(after(9999, 'Home')).toBe(0);
    expect(after(0, 'ArrowLeft')).toBe(0);
    expect(after(5, 'x')).toBeUndefined();
  });
});

describe('the address of a search', () => {
  const search: Search = {
    question: 'is there a dog & a cat?',
    answer: null,
    conditions: [
      { kind: 'not', question: 'what color is it?', answer: 'red' },
      { kind: 'and', question: 'is it a=b?' },
    ],
    atLeast: 0.625,
    sort: 'date',
    filter: { folder: '2024/à la mer', from: '2024-01-01', to: undefined },
    groups: true,
    open: 'a/1.png',
    like: undefined,
    collection: 'photos',
  };

  it('says all of it, and is read as it was written', () => {
    expect(searchOf(addressOf(search))).toEqual(search);
    expect(searchOf(addressOf({ ...search, answer: 'two', like: 'x.png' }))).toMatchObject({
      answer: 'two',
      like: 'x.png',
    });
  });

  it('is empty for no search, and passes over what it does not know', () => {
    expect(addressOf(noSearch)).toBe('');
    expect(searchOf('')).toMatchObject(noSearch);
    expect(searchOf('?p=7&sort=size&and=&utm=1')).toMatchObject(noSearch);
    expect(searchOf('?p=0').atLeast).toBe(0);
  });

  it('becomes a question without conditions that say nothing', () => {
    const conditions = [...search.conditions, { kind: 'and', question: '  ' } as const];
    expect(questionOf({ ...search, conditions })).toEqual({
      question: 'is there a dog & a cat?',
      answer: null,
      and: [{ question: 'is it a=b?', answer: undefined }],
      not: [{ question: 'what color is it?', answer: 'red' }],
    });
    expect(isOpen(search.filter)).toBe(false);
    expect(isOpen({})).toBe(true);
  });
});

describe('answers', () => {
  const answers = [
    answer('b.png', 0.9),
    answer('a.png', 0.9, { date: '2023-01-01T00:00:00' }),
    answer('c.png', 0.5, { date: '2025-01-01T00:00:00', duplicates: ['d.png'] }),
  ];
  const paths = (atLeast: number, sort: Search['sort']) =>
    cutAndSorted(answers, { atLeast, sort }).map(({ path }) => path);

  it('are cut and sorted', () => {
    expect(paths(0, 'probability')).toEqual(['a.png', 'b.png', 'c.png']);
    expect(paths(0, 'date')).toEqual(['c.png', 'b.png', 'a.png']);
    expect(paths(0.5, 'path')).toEqual(['a.png', 'b.png', 'c.png']);
    expect(paths(0.51, 'path')).toEqual(['a.png', 'b.png']);
  });

  it('count the near-duplicates behind them', () => {
    expect(picturesIn(answers)).toBe(4);
    const asked = { answers, asked: 4, found: 4, histogram: [], milliseconds: 1, warnings: [] };
    expect(isWhole(asked)).toBe(true);
    expect(isWhole({ ...asked, asked: 5 })).toBe(false);
    expect([usualCut('yes'), usualCut(undefined)]).toEqual([0.5, 0]);
  });

  it('are counted in bars whose heights are square roots', () => {
    expect(barHeights([0, 1, 4])).toEqual([0, 0.5, 1]);
    expect(barHeights([0, 0])).toEqual([0, 0]);
  });

  it('are saved as CSV that no table program computes, and as JSON', () => {
    expect(csvOf([answer('a,"b".png', 0.5, { answer: '=1+1', duplicates: ['x', 'y'] })])).toBe(
      'path,date,answer,probability,duplicates\r\n"a,""b"".png",2024-01-01T00:00:00,\'=1+1,0.5,x|y\r\n',
    );
    expect(csvOf([answer('a', -0.25)])).toContain(',-0.25,');
    expect(JSON.parse(jsonOf(answers, { question: 'is it?' }))).toEqual({ question: 'is it?', answers });
  });
});

describe('words for people', () => {
  it('never call sure what is not', () => {
    expect([0, 0.004, 0.005, 0.5, 0.995, 0.996, 1].map(percent)).toEqual([
      ...['0 %', '< 1 %', '1 %', '50 %', '> 99 %', '> 99 %', '100 %'],
    ]);
  });

  it('say how long something takes', () => {
    expect([0.2, 3.2, 999.6, 1234, 59_400, 138_000, 120_000, 7_800_000].map(duration)).toEqual([
      ...['< 1 ms', '3 ms', '1.0 s', '1.2 s', '59 s', '2 min 18 s', '2 min', '2 h 10 min'],
    ]);
  });

  it('count, date and name', () => {
    expect([counted(1, 'picture'), counted(10_000, 'picture')]).toEqual(['1 picture', '10,000 pictures']);
    expect(clockDate('2024-07-14T18:30:00')).toBe('14 Jul 2024, 18:30');
    expect(clockDate('some day')).toBe('some day');
    expect(fileName('2024/beach/7.jpg')).toBe('7.jpg');
  });

  it('join the pieces of words, and find the one that looks at one patch the most', () => {
    const words = wordsOf(['[CLS]', 'red', '##dish', 'star', '[SEP]']);
    expect(words).toEqual([
      { text: 'reddish', pieces: [1, 2] },
      { text: 'star', pieces: [3] },
    ]);
    const attention = [[], [0.9, 0], [0, 0.9], [0.2, 0.6]];
    expect(sharpestWord(words, attention)).toBe(1);
    expect(strengths([1, 3, 2])).toEqual([0, 1, 0.5]);
    expect(strengths([2, 2])).toEqual([0, 0]);
  });
});
