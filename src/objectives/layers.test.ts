import { describe, expect, it } from 'vitest';
import { constant } from '../engine/tensor.ts';
import { everyLayer, layerAt, meanOverLayers } from './layers.ts';

const teachersOf = (student: number, teacher: number): number[] =>
  everyLayer(student, teacher).map((pair) => pair.teacher);

describe('layers of student and teacher', () => {
  it('stand side by side where both are equally deep', () => {
    expect(everyLayer(3, 3)).toEqual([0, 1, 2].map((at) => ({ student: at, teacher: at })));
  });

  it('are passed over evenly where the teacher is deeper, and the last stands with the last', () => {
    expect(teachersOf(6, 12)).toEqual([1, 3, 5, 7, 9, 11]);
    expect(teachersOf(4, 6)).toEqual([1, 2, 4, 5]);
    expect(teachersOf(1, 12)).toEqual([11]);
    expect(teachersOf(4, 2)).toEqual([0, 0, 1, 1]);
  });

  it('that are not there are named', () => {
    const x = constant(0);
    const stream = { mask: x, embedded: x, last: x, first: x, layers: [{ query: x, key: x, hidden: x }] };
    expect(layerAt(stream, -1)).toBe(stream.layers[0]);
    expect(() => layerAt(stream, 3)).toThrow('there is no layer 3: an encoder of 1 has 0 to 0');
    expect(() => meanOverLayers([], () => x)).toThrow('give at least one');
  });
});
