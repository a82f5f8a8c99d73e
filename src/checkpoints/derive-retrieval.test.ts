import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { SPECIAL_PIECES } from '../data/tokenizer.ts';
import { dide } from '../model/architecture.ts';
import type { ModelConfig } from '../model/config.ts';
import { MATCHING } from '../model/purposes/pretraining.ts';
import { tiny } from '../model/sizes.ts';
import { pretraining, retrieval } from '../tasks/captions.ts';
import { adaptModel, createStudent } from './derive.ts';
import { configOf } from './description.ts';
import { loadModel } from './load.ts';
import { createModel, type Model } from './model-file.ts';
import { saveModel } from './save-model.ts';

const home = mkdtempSync(join(tmpdir(), 'retrieving-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

const described = (model: 'vilt' | 'dide', task: string, answers: readonly string[]): ModelConfig =>
  configOf(
    {
      ...{
        model,
        task,
        images: 1,
        scoring: 'softmax',
        answers: [...answers],
        vocabulary: [...SPECIAL_PIECES],
        recipe: {},
      },
      sizes: { ...tiny, vocabulary: SPECIAL_PIECES.length },
    },
    'test',
  );
const teacher = createModel(described('vilt', retrieval.name, []), 1);
const pretrained = (model: 'vilt' | 'dide'): Model => createModel(described(model, pretraining.name, MATCHING), 2);
const adapted = (source: Model): Model => adaptModel(source, { task: retrieval, answers: [] });
const headsIn = ({ weights }: Model): string[] =>
  [...weights.keys()].filter((name) => /^(itc|itm_score|rank_output|fusion|mlm_score)|_classifier/.test(name));

describe('a model that retrieves', () => {
  it('has two heads where it is a teacher, and only its space where it is a student', () => {
    expect(headsIn(teacher).sort()).toEqual(
      ['itm_score.fc.bias', 'itm_score.fc.weight', 'rank_output.bias', 'rank_output.weight'].sort(),
    );
    const student = createStudent(teacher);
    expect(headsIn(student).sort()).toEqual(['itc.image_proj.weight', 'itc.logit_scale', 'itc.text_proj.weight']);
    expect(student.config).toMatchObject({ architecture: dide, task: 'retrieval', answers: [] });
    expect(student.weights.get('image_encoder.transformer.norm.weight')).toEqual(
      teacher.weights.get('transformer.norm.weight'),
    );
  });

  it.each([
    ['teacher', teacher],
    ['student', createStudent(teacher)],
  ])('is the same after it was saved and loaded: %s', async (name, model) => {
    const path = join(home, `${name}.safetensors`);
    await saveModel(path, model);
    const { config, weights } = await loadModel(path);
    expect(config).toEqual(model.config);
    expect([...weights.keys()].sort()).toEqual([...model.weights.keys()].sort());
    const differing = [...weights].filter(([part, { data }]) =>
      data.some((x, i) => x !== model.weights.get(part)!.data[i]),
    );
    expect(differing).toEqual([]);
  });

  it('begins to rank as a pre-trained teacher says yes to a match, and keeps its matching head', () => {
    const source = pretrained('vilt');
    const matching = source.weights.get('itm_score.fc.weight')!;
    source.weights.get('itm_score.fc.bias')!.data.set([3, 4]);
    const { weights } = adapted(source);
    expect(weights.get('rank_output.weight')!.data).toEqual(matching.data.slice(tiny.width));
    expect([...weights.get('rank_output.bias')!.data]).toEqual([4]);
    expect(weights.get('itm_score.fc.weight')).toEqual(matching);
  });

  it('keeps the rank head that its source has', () => {
    expect(adapted(teacher).weights.get('rank_output.weight')).toEqual(teacher.weights.get('rank_output.weight'));
  });

  it('goes on with the space of a pre-trained student', () => {
    const source = pretrained('dide');
    source.weights.get('itc.logit_scale')!.data[0] = 1.5;
    const { weights } = adapted(source);
    expect(weights.get('itc.logit_scale')!.data[0]).toBe(1.5);
    expect(weights.get('itc.text_proj.weight')).toEqual(source.weights.get('itc.text_proj.weight'));
    expect([...weights.keys()].filter((name) => /fusion|pooler|itm_score/.test(name))).toEqual([]);
  });
});
