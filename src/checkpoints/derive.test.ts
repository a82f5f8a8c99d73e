import { describe, expect, it } from 'vitest';
import { dide } from '../model/architecture.ts';
import type { ModelConfig } from '../model/config.ts';
import { tiny } from '../model/sizes.ts';
import { nlvr2 } from '../tasks/nlvr2.ts';
import { adaptModel, createStudent } from './derive.ts';
import { configOf } from './description.ts';
import { createModel, type Model } from './model-file.ts';

const config: ModelConfig = configOf(
  {
    model: 'vilt',
    sizes: { ...tiny, vocabulary: 9 },
    task: 'vqa',
    images: 1,
    scoring: 'sigmoid',
    answers: ['yes', 'no', 'red'],
    vocabulary: [],
    recipe: { of: 'before' },
  },
  'test',
);
const source = createModel(config, 1);
const forPairs = { task: nlvr2, answers: ['False', 'True'] };
const types = 'token_type_embeddings.weight';
const rowsOf = ({ weights }: Model, name: string): number[][] => {
  const { shape, data } = weights.get(name)!;
  return Array.from({ length: shape[0]! }, (_, row) => [...data.slice(row * shape[1]!, (row + 1) * shape[1]!)]);
};

describe('a student for two images, from a teacher for one', () => {
  const student = createStudent(source, forPairs);

  it('knows the second image as the first', () => {
    const [text, image] = rowsOf(source, types);
    expect(rowsOf(student, `image_encoder.${types}`)).toEqual([text, image, image]);
    expect(rowsOf(student, `text_encoder.${types}`)).toEqual([text, image, image]);
  });

  it('is described as one, with a head over both pairs', () => {
    expect(student.config).toMatchObject({
      architecture: dide,
      task: 'nlvr2',
      images: 2,
      scoring: 'softmax',
      recipe: {},
    });
    expect(student.config.sizes.types).toBe(3);
    expect(student.weights.get('nlvr2_classifier.0.weight')!.shape).toEqual([64, 64]);
    expect(student.weights.get('nlvr2_classifier.3.weight')!.shape).toEqual([2, 64]);
  });
});

describe('a model adapted to another task', () => {
  it('keeps everything but its head', () => {
    const adapted = adaptModel(source, forPairs);
    expect(adapted.config.architecture.name).toBe('vilt');
    expect([...adapted.weights.keys()].filter((name) => name.startsWith('vqa'))).toEqual([]);
    for (const [name, { data }] of source.weights)
      if (!/_classifier|^token_type/.test(name)) expect(adapted.weights.get(name)!.data, name).toEqual(data);
    expect(rowsOf(adapted, types)[2]).toEqual(rowsOf(source, types)[1]);
  });

  it('or to other answers begins with the rows of those that are shared, and the hidden layer of its task', () => {
    const task = { name: 'vqa', images: 1, scoring: 'sigmoid' } as const;
    const { answers } = source.config;
    const shared = answers.at(-1)!;
    const adapted = adaptModel(source, { task, answers: ['a plant', shared], seed: 2 });
    for (const part of ['0.weight', '0.bias', '1.weight', '1.bias'])
      expect(adapted.weights.get(`vqa_classifier.${part}`)).toEqual(source.weights.get(`vqa_classifier.${part}`));
    for (const part of ['3.weight', '3.bias'])
      expect(rowsOf(adapted, `vqa_classifier.${part}`)[1]).toEqual(rowsOf(source, `vqa_classifier.${part}`).at(-1));
    expect(rowsOf(adapted, 'vqa_classifier.3.weight')[0]).not.toEqual(rowsOf(source, 'vqa_classifier.3.weight')[0]);
    const same = adaptModel(source, { task, seed: 2 });
    expect(same.weights.get('vqa_classifier.3.weight')).toEqual(source.weights.get('vqa_classifier.3.weight'));
    const other = adaptModel(source, { task: { ...task, name: 'signs' }, answers: ['a plant'], seed: 2 });
    expect(other.weights.get('signs_classifier.0.weight')!.data).not.toEqual(
      source.weights.get('vqa_classifier.0.weight')!.data,
    );
  });
});
