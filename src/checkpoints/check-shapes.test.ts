import { expect, it } from 'vitest';
import { UserError } from '../errors.ts';
import { checkShapes, type Shapes, shapesOf, unusedParts } from './check-shapes.ts';

const expected: Shapes = new Map([
  ['token_type_embeddings.weight', [2, 64]],
  ['vqa_classifier.0.weight', [128, 64]],
  ['itc.logit_scale', []],
]);

it('is content when names and shapes agree, in whatever order', () => {
  expect(() => checkShapes(expected, new Map([...expected].reverse()), 'a.ckpt')).not.toThrow();
});

it('lists everything that is missing, left over or of another shape in one error', () => {
  const found: Shapes = new Map([
    ['token_type_embeddings.weight', [3, 64]],
    ['nlvr2_classifier.0.weight', [128, 128]],
    ['itc.logit_scale', []],
  ]);
  expect(() => checkShapes(expected, found, 'vilt_nlvr2.ckpt')).toThrow(
    new UserError('vilt_nlvr2.ckpt: 3 tensors do not fit this model: give a checkpoint of this model, task and size:', {
      list: [
        '  1 missing:',
        '    vqa_classifier.0.weight [128, 64]',
        '  1 not expected:',
        '    nlvr2_classifier.0.weight [128, 128]',
        '  1 of another shape:',
        '    token_type_embeddings.weight is [3, 64], not [2, 64]',
      ],
    }),
  );
});

it('tells a scalar from a row of one', () => {
  expect(() => checkShapes(expected, new Map([...expected, ['itc.logit_scale', [1]]]), 'a.ckpt')).toThrow(
    /1 tensor does not.*\n.*\n {4}itc.logit_scale is \[1\], not \[\]/,
  );
});

it('prints twenty names of a kind and counts the others', () => {
  const many: Shapes = new Map(Array.from({ length: 33 }, (_, i) => [`extra.${i}`, [1]]));
  const message = (() => {
    try {
      checkShapes(new Map(), many, 'a.ckpt');
      return '';
    } catch (error) {
      return String(error);
    }
  })();
  expect(message.match(/extra\.\d+/g)).toHaveLength(20);
  expect(message).toContain('33 not expected');
  expect(message).toContain('and 13 more');
});

it('forgives what is known to be unused, but never what is missing', () => {
  const whole: Shapes = new Map([
    ...expected,
    ['image_encoder.text_embeddings.word_embeddings.weight', [200, 64]],
    ['text_encoder.transformer.pos_embed', [1, 26, 64]],
    ['text_encoder.transformer.patch_embed.proj.bias', [64]],
    ['teacher_model.pooler.dense.bias', [64]],
    ['text_encoder.text_embeddings.position_ids', [1, 40]],
  ]);
  expect(() => checkShapes(expected, whole, 'a.ckpt', { ignore: unusedParts })).not.toThrow();
  expect(() => checkShapes(expected, whole, 'a.ckpt')).toThrow('5 not expected');
  expect(() => checkShapes(expected, new Map(), 'a.ckpt', { ignore: [/./] })).toThrow('3 missing');
});

it('keeps every part that a tower does use', () => {
  const used = [
    'image_encoder.transformer.pos_embed',
    'image_encoder.token_type_embeddings.weight',
    'text_encoder.text_embeddings.LayerNorm.bias',
    'text_encoder.transformer.blocks.0.norm1.bias',
  ];
  expect(used.filter((name) => unusedParts.some((rule) => rule.test(name)))).toEqual([]);
});

it('takes shapes from anything that has them', () => {
  expect(shapesOf(new Map([['w', { shape: [2, 3], data: new Float32Array(6) }]]))).toEqual(new Map([['w', [2, 3]]]));
});
