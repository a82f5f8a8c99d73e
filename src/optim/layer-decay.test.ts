import { expect, it } from 'vitest';
import { layerDecay } from './layer-decay.ts';

it('halves the learning rate from each layer to the one below, as BEiT numbers them', () => {
  const factorOf = layerDecay(0.5, () => 3);
  const factors = Object.entries({
    'image_encoder.transformer.blocks.2.mlp.fc1.weight': 0.5,
    'text_encoder.transformer.blocks.1.attn.qkv.bias': 0.25,
    'transformer.blocks.0.norm1.weight': 0.125,
    'shared_encoder.transformer.blocks.0.norm1.weight': 0.125,
    'image_encoder.transformer.patch_embed.proj.weight': 0.0625,
    'image_encoder.transformer.pos_embed': 0.0625,
    'transformer.cls_token': 0.0625,
    'text_encoder.text_embeddings.word_embeddings.weight': 0.0625,
    'text_encoder.text_embeddings.LayerNorm.weight': 0.0625,
    'token_type_embeddings.weight': 0.0625,
    'image_encoder.transformer.norm.weight': 1,
    'image_encoder.pooler.dense.weight': 1,
    'fusion.0.weight': 1,
    'vqa_classifier.3.bias': 1,
    'itc.image_proj.weight': 1,
  });
  expect(factors.map(([name]) => [name, factorOf(name)])).toEqual(factors);
});

it('is off with a factor of 1', () => {
  expect(layerDecay(1, () => 12)('transformer.blocks.0.norm1.weight')).toBe(1);
});
