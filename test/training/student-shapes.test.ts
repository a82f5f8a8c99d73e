import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStudent, type StudentOptions } from '../../src/checkpoints/derive.ts';
import { descriptionOf, parseDescription } from '../../src/checkpoints/description.ts';
import { loadModel } from '../../src/checkpoints/load.ts';
import { createModel } from '../../src/checkpoints/model-file.ts';
import { saveModel } from '../../src/checkpoints/save-model.ts';
import { exportOnnx } from '../../src/export/onnx.ts';
import { cacheImages } from '../../src/inference/cache-images.ts';
import { openPredictor } from '../../src/inference/open-predictor.ts';
import { ask } from '../../src/inference/query/ask.ts';
import { vilt } from '../../src/model/architecture.ts';
import { type Sizes, tiny } from '../../src/model/sizes.ts';
import { vqa } from '../../src/tasks/vqa.ts';
import { finetune } from '../../src/training/finetune.ts';
import { contractSizes } from '../contracts/contracts.ts';
import { studentContract, teacherContract } from '../contracts/model-contracts.ts';
import { nanoDescription, writeNano } from '../fixtures/nano.ts';

/** Nothing about it is ViLT-B/32's: width, patches, depth, heads, epsilons. */
const other: Sizes = {
  ...contractSizes,
  ...{ width: 24, depth: 5, heads: 3, hidden: 40, epsilon: 1e-12, patch: 8, grid: 4, image: 32, words: 9 },
};

teacherContract(vilt, contractSizes);
teacherContract(vilt, other);
studentContract('like its teacher', contractSizes, contractSizes);
studentContract('with two of five layers', { ...other, depth: 2 }, other);
studentContract('with one Transformer for both', { ...other, encoders: 'shared' }, other);
studentContract('narrower than its teacher', { ...other, width: 12, hidden: 20 }, other);

const source = createModel({ ...nanoDescription('vilt'), sizes: { ...tiny, depth: 5, vocabulary: 30 } }, 1);
const block = 'mlp.fc1.weight';

describe('a student that is not as deep as its teacher', () => {
  it('begins as layers of its teacher, evenly spaced, the last one among them', () => {
    const { weights, config } = createStudent(source, { depth: 2 });
    expect(config.sizes.depth).toBe(2);
    for (const [layer, from] of [
      [0, 2],
      [1, 4],
    ]) {
      for (const tower of ['text_encoder', 'image_encoder']) {
        const copied = weights.get(`${tower}.transformer.blocks.${layer}.${block}`)!.data;
        expect(copied).toEqual(source.weights.get(`transformer.blocks.${from}.${block}`)!.data);
      }
    }
  });

  it('has at least one layer', () => {
    expect(() => createStudent(source, { depth: 0 })).toThrow('a student of 0 layers: give a whole number from 1 up');
  });
});

describe('a student with one Transformer for both modalities', () => {
  const [shared, apart] = [createStudent(source, { encoders: 'shared' }), createStudent(source)];

  it('has the blocks of one encoder, begun as its teacher, and embeddings and poolers of each', () => {
    const kinds = new Set([...shared.weights.keys()].map((name) => name.split('.').slice(0, 2).join('.')));
    expect([...kinds].filter((kind) => /blocks|transformer/.test(kind)).sort()).toEqual([
      'image_encoder.transformer',
      'shared_encoder.transformer',
    ]);
    expect(kinds).toContain('text_encoder.pooler');
    const name = `transformer.blocks.3.${block}`;
    expect(shared.weights.get(`shared_encoder.${name}`)!.data).toEqual(source.weights.get(name)!.data);
  });

  it('is smaller by one Transformer than one with two', () => {
    const count = ({ weights }: typeof shared, part = /./): number =>
      [...weights].reduce((sum, [name, { data }]) => sum + (part.test(name) ? data.length : 0), 0);
    expect(count(apart) - count(shared)).toBe(count(source, /^transformer\.(blocks|norm)\./));
  });

  it('is described in its file, where a file that does not say it has two', () => {
    const json = JSON.stringify(descriptionOf(apart.config));
    expect(json).not.toContain('encoders');
    expect(parseDescription(json, 'a file').sizes.encoders).toBeUndefined();
    expect(parseDescription(JSON.stringify(descriptionOf(shared.config)), 'a file').sizes.encoders).toBe('shared');
    const wrong = json.replace('"patch"', '"encoders":"both","patch"');
    expect(() => parseDescription(wrong, 'a file')).toThrow('encoders');
  });
});

const home = mkdtempSync(join(tmpdir(), 'shapes-'));
const scenes = join(home, 'scenes');
beforeAll(() => writeNano(scenes, 16), 60_000);
afterAll(() => rmSync(home, { recursive: true, force: true }));

describe.each<[string, StudentOptions]>([
  ['shallower', { depth: 1 }],
  ['deeper and shared', { depth: 3, encoders: 'shared' }],
])('a student that is %s', (name, shape) => {
  it('is trained, saved, loaded, cached, asked and exported', { timeout: 60_000 }, async () => {
    const teacher = createModel(nanoDescription('vilt'), 1);
    const student = createStudent(teacher, shape);
    const before = new Map([...student.weights].map(([parameter, { data }]) => [parameter, data.slice()]));
    const run = {
      teacher,
      task: vqa,
      data: scenes,
      batch: 8,
      updates: 2,
      learningRate: 1e-3,
      threads: 1,
      dropoutRate: 0.1,
    };
    for await (const { losses } of finetune(student, run)) expect(losses.attention).toBeGreaterThan(0);
    for (const [parameter, { data }] of student.weights) expect(data, parameter).not.toEqual(before.get(parameter));
    const folder = join(home, name);
    await saveModel(`${folder}.safetensors`, student);
    const loaded = await loadModel(`${folder}.safetensors`);
    expect(loaded).toEqual(student);
    await using opened = await openPredictor(loaded, { threads: 1 });
    const cache = await cacheImages(opened, join(scenes, 'images', 'validation'), { to: folder });
    const answers = await ask(opened, cache, 'is there a red circle?');
    expect(answers).toHaveLength(cache.entries.length);
    const exported = await exportOnnx(loaded, `${folder}-onnx`, { threads: 1 });
    expect(exported.difference).toBeLessThan(1e-4);
    expect(exported.agreed).toBe(exported.pairs);
  });
});
