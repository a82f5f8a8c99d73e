import { describe, expect, it } from 'vitest';
import { dide } from '../model/architecture.ts';
import type { ModelConfig } from '../model/config.ts';
import { tiny } from '../model/sizes.ts';
import { nlvr2 } from '../tasks/nlvr2.ts';
import { adaptModel, createStudent } from './derive.ts';
import { configOf, descriptionOf } from './description.ts';
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

  it('has a head that begins at random even where the old one has its shape', () => {
    const adapted = adaptModel(source, { task: { name: 'vqa', images: 1, scoring: 'sigmoid' }, seed: 2 });
    const head = 'vqa_classifier.0.weight';
    expect(adapted.weights.get(head)!.data).not.toEqual(source.weights.get(head)!.data);
  });
});

describe('a model whose masked words have a table of their own', () => {
  const decoder = 'mlm_score.decoder.weight';
  const pretrained = createModel(
    configOf(
      {
        ...descriptionOf(config),
        task: 'pretraining',
        scoring: 'softmax',
        answers: ['apart', 'together'],
        decoder: 'own',
      },
      'test',
    ),
    3,
  );

  it('keeps it where it goes on with its task', () => {
    const on = adaptModel(pretrained, { task: { name: 'pretraining', images: 1, scoring: 'softmax' } });
    expect(on.config.decoder).toBe('own');
    expect(on.weights.get(decoder)).toEqual(pretrained.weights.get(decoder));
  });

  it('has no use of it for another task, and its student looks words up in the table that it copied', () => {
    expect(adaptModel(pretrained, forPairs).config).not.toHaveProperty('decoder');
    const { config: student, weights } = createStudent(pretrained);
    expect(student).not.toHaveProperty('decoder');
    expect(weights.has(decoder)).toBe(false);
    const table = 'text_embeddings.word_embeddings.weight';
    expect(weights.get(`text_encoder.${table}`)).toEqual(pretrained.weights.get(table));
  });
});
