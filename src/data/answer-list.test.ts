import { expect, it } from 'vitest';
import { answerLines, parseAnswerLines } from './answer-list.ts';
import { ODD_ANSWERS } from './odd-answers.fixture.ts';

it('every list of answers is read back as it was written', () => {
  expect(parseAnswerLines(answerLines(ODD_ANSWERS), 'answers.txt')).toEqual(ODD_ANSWERS);
  for (const answer of ODD_ANSWERS) expect(parseAnswerLines(answerLines([answer]), 'answers.txt')).toEqual([answer]);
  expect(parseAnswerLines(answerLines(['\ud83d']), 'answers.txt')).toEqual(['\ud83d']);
  expect(parseAnswerLines(Buffer.from(answerLines(ODD_ANSWERS)).toString('utf8'), 'answers.txt')).toEqual(ODD_ANSWERS);
});

it('plain answers are plain lines, and the empty one among them is an empty text in quotes', () => {
  expect(answerLines(['yes', '', '2'])).toBe('yes\n""\n2\n');
});

it('a list that an editor wrote is read: an empty line between answers is the empty answer, at the end none', () => {
  expect(parseAnswerLines('\ufeffyes\r\n\r\nno \r\n\n \n', 'answers.txt')).toEqual(['yes', '', 'no']);
  expect(parseAnswerLines('', 'answers.txt')).toEqual([]);
  expect(() => parseAnswerLines('a\n\nb\n\nc', 'answers.txt')).toThrow(
    'answers.txt:4: is empty, as line 2 is: an empty line is the empty answer, which can be there once: take one out.',
  );
});
