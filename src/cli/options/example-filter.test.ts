import { describe, expect, it } from 'vitest';
import { type Example, type Task, vqa } from '../../index.ts';
import { filterExamples } from './example-filter.ts';

const exampleOf = (id: string, kind: string): Example => ({
  id,
  images: [],
  text: 'what?',
  answers: [],
  about: { kind },
});
const task: Task = {
  ...vqa,
  read: async () => [exampleOf('1', 'color'), exampleOf('2', 'shape'), exampleOf('3', 'yes/no')],
};
const idsOf = async (only: string | undefined): Promise<string[]> =>
  (await filterExamples(task, only).read('data', 'train')).map(({ id }) => id);

describe('--only', () => {
  it('keeps the examples whose field has one of the values', async () => {
    expect(await idsOf('kind=color,shape')).toEqual(['1', '2']);
    expect(await idsOf('kind=yes/no')).toEqual(['3']);
    expect(await idsOf(undefined)).toEqual(['1', '2', '3']);
  });

  it('says which values and fields there are where none is such', async () => {
    await expect(idsOf('kind=size')).rejects.toThrow(
      'no example of train has the kind size: there are color, shape, yes/no',
    );
    await expect(idsOf('hops=1')).rejects.toThrow('its fields are kind');
    await expect(async () => idsOf('color')).rejects.toThrow('write it as kind=color,shape');
  });
});
