import { expect, test } from 'vitest';
import { type Phrase, type Question, questionText, type Relation, relations } from './grammar.ts';
import { answerTo, denoted, referent, stands } from './meaning.ts';
import type { Look, Scene, Thing } from './world.ts';

const thing = (cell: number, look: Partial<Look>): Thing => ({
  size: 'large',
  texture: 'plain',
  color: 'red',
  shape: 'circle',
  ...look,
  cell,
  shift: [0, 0],
});

/**
 *   red circle   .             blue square
 *   .            red square    .
 *   small circle .             red circle (striped)
 */
const scene: Scene = {
  grid: 3,
  ground: 1,
  things: [
    thing(0, {}),
    thing(2, { color: 'blue', shape: 'square' }),
    thing(4, { shape: 'square' }),
    thing(6, { size: 'small', color: 'green' }),
    thing(8, { texture: 'striped' }),
  ],
};

const blueSquare: Phrase = { named: { color: 'blue', shape: 'square' } };
const circles = (relation: Relation, of: Phrase): Phrase => ({ named: { shape: 'circle' }, where: { relation, of } });
const cellsOf = (phrase: Phrase) => denoted(phrase, scene).map(({ cell }) => cell);

test.each([
  ['left of', [0, 3, 6]],
  ['right of', [2, 5, 8]],
  ['above', [0, 1, 2]],
  ['below', [6, 7, 8]],
  ['next to', [1, 3, 5, 7]],
] as const)('%s is judged by cells alone', (relation, expected) => {
  const cells = Array.from({ length: 9 }, (_, cell) => cell);
  expect(cells.filter((cell) => stands(relation, thing(cell, {}), thing(4, {}), 3))).toEqual(expected);
});

test('nothing stands in any relation to itself', () => {
  for (const relation of relations) expect(stands(relation, thing(4, {}), thing(4, {}), 3)).toBe(false);
});

test('a phrase describes the things of its look', () => {
  expect(cellsOf({ named: {} })).toEqual([0, 2, 4, 6, 8]);
  expect(cellsOf({ named: { color: 'red', shape: 'circle' } })).toEqual([0, 8]);
  expect(cellsOf({ named: { texture: 'striped' } })).toEqual([8]);
  expect(cellsOf({ named: { color: 'purple' } })).toEqual([]);
});

test('a relation keeps those that stand so to some described thing', () => {
  expect(cellsOf(circles('left of', blueSquare))).toEqual([0, 6]);
  expect(cellsOf(circles('below', blueSquare))).toEqual([6, 8]);
  expect(cellsOf(circles('next to', blueSquare))).toEqual([]);
});

test('a chain of relations nests to the right', () => {
  const redSquareLeftOfBlue: Phrase = { named: { color: 'red' }, where: { relation: 'left of', of: blueSquare } };
  expect(cellsOf(redSquareLeftOfBlue)).toEqual([0, 4]);
  expect(cellsOf(circles('right of', redSquareLeftOfBlue))).toEqual([8]);
});

test('"the" needs exactly one thing', () => {
  expect(referent(blueSquare, scene)?.cell).toBe(2);
  expect(referent({ named: { shape: 'circle' } }, scene)).toBeUndefined();
  expect(referent({ named: { shape: 'ring' } }, scene)).toBeUndefined();
});

const red: Phrase = { named: { color: 'red' } };
const small: Phrase = { named: { size: 'small' } };
const striped: Phrase = { named: { texture: 'striped' } };

test.each<[Question, string, string | undefined]>([
  [{ kind: 'exists', phrase: blueSquare }, 'is there a blue square?', 'yes'],
  [{ kind: 'exists', phrase: { named: { color: 'orange' } } }, 'is there an orange shape?', 'no'],
  [{ kind: 'count', phrase: red }, 'how many red shapes are there?', '3'],
  [{ kind: 'count', phrase: { named: { shape: 'cross' } } }, 'how many crosses are there?', '0'],
  [{ kind: 'count', phrase: circles('left of', blueSquare) }, 'how many circles are left of a blue square?', '2'],
  [{ kind: 'attribute', attribute: 'color', phrase: small }, 'what color is the small shape?', 'green'],
  [{ kind: 'attribute', attribute: 'shape', phrase: striped }, 'what shape is the striped shape?', 'circle'],
  [{ kind: 'attribute', attribute: 'size', phrase: red }, 'what size is the red shape?', undefined],
  [
    {
      kind: 'attribute',
      attribute: 'texture',
      phrase: circles('right of', { ...red, where: { relation: 'left of', of: blueSquare } }),
    },
    'what texture is the circle that is right of a red shape that is left of a blue square?',
    'striped',
  ],
  [{ kind: 'more', phrase: red, than: blueSquare }, 'are there more red shapes than blue squares?', 'yes'],
  [{ kind: 'more', phrase: small, than: striped }, 'are there more small shapes than striped shapes?', 'no'],
  [
    { kind: 'more', phrase: circles('above', blueSquare), than: red },
    'are there more circles that are above a blue square than red shapes?',
    'no',
  ],
  [
    { kind: 'same', attribute: 'shape', phrase: small, as: striped },
    'is the small shape the same shape as the striped shape?',
    'yes',
  ],
  [
    { kind: 'same', attribute: 'color', phrase: small, as: blueSquare },
    'is the small shape the same color as the blue square?',
    'no',
  ],
  [
    { kind: 'same', attribute: 'color', phrase: small, as: small },
    'is the small shape the same color as the small shape?',
    undefined,
  ],
  [
    { kind: 'same', attribute: 'size', phrase: small, as: red },
    'is the small shape the same size as the red shape?',
    undefined,
  ],
])('%# a question says and means what it should', (question, text, answer) => {
  expect(questionText(question)).toBe(text);
  expect(answerTo(question, scene)).toBe(answer);
});

test('a count over six has no answer', () => {
  const crowd = { ...scene, grid: 4, things: Array.from({ length: 7 }, (_, cell) => thing(cell, {})) };
  expect(answerTo({ kind: 'count', phrase: red }, crowd)).toBeUndefined();
  expect(answerTo({ kind: 'count', phrase: red }, { ...crowd, things: crowd.things.slice(1) })).toBe('6');
});
