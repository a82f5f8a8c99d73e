import { z } from 'zod';
import type { Numbers } from '../engine/numbers.ts';
import { UserError } from '../errors.ts';
import type { TransformerSizes } from '../model/attention.ts';
import { activationOf, readBeside, readConfigBeside } from './beside/config.ts';
import type { WeightsFile } from './formats/weights-file.ts';
import { floatsOf, fromHuggingFace } from './rename-tensors.ts';

/** Names of a BERT's block, and those of the same parts in a ViT of Hugging Face. */
const parts: readonly (readonly [bert: RegExp, vit: string])[] = [
  [/\.attention\.self\./, '.attention.attention.'],
  [/\.attention\.output\.LayerNorm\./, '.norm1.'],
  [/(\d+)\.output\.LayerNorm\./, '$1.norm2.'],
];

/** LayerNorm epsilon of BERT where no config.json says another. */
const BERT_EPSILON = 1e-12;

const poolingSchema = z.looseObject({ pooling_mode_mean_tokens: z.boolean() });

/**
 * Reads the Transformer of a BERT: post-norm blocks under our names, and their sizes.
 *
 * @throws UserError where the file has no blocks, or a part of one is missing.
 */
export const readBertTransformer = async (file: WeightsFile, width: number) => {
  const blocks = new Map<string, Numbers<Float32Array>>();
  for (const name of file.tensors.keys()) {
    const inside = /(?:^|\.)(encoder\.layer\.\d+\..+)$/.exec(name)?.[1];
    if (inside !== undefined) blocks.set(vitName(inside), floatsOf(name, await file.read(name)));
  }
  const renamed = fromHuggingFace(blocks);
  const hidden = renamed.get('transformer.blocks.0.mlp.fc1.weight')?.shape[0];
  const depth = new Set([...renamed.keys()].map((name) => /blocks\.(\d+)\./.exec(name)?.[1])).size;
  if (hidden === undefined || renamed.size !== PARAMETERS * depth) {
    throw new UserError(
      `${file.path}: it has no whole Transformer of a BERT, encoder.layer.0.attention.self.query and so on: give a BERT, or use its embeddings alone`,
    );
  }
  const config = (await readConfigBeside(file.path)) ?? {};
  const pooling = await readBeside(file.path, '1_Pooling/config.json', {
    ...{ schema: poolingSchema, what: 'config of a pooling' },
  });
  const activation = activationOf(config, file.path);
  const { num_attention_heads: heads = Math.max(1, Math.floor(width / 64)), layer_norm_eps: epsilon = BERT_EPSILON } =
    config;
  const transformer: TransformerSizes = {
    ...{ depth, heads, hidden, epsilon, norm: 'after' },
    ...(activation && { activation }),
    ...(pooling?.pooling_mode_mean_tokens && { summary: 'mean' }),
  };
  return { transformer, blocks: renamed };
};

/** Weights and biases of a block: two LayerNorms, and the layers qkv, proj, fc1 and fc2. */
const PARAMETERS = 12;

const vitName = (name: string): string =>
  parts.reduce(
    (text, [bert, vit]) => text.replace(bert, vit),
    name.replace(/gamma$/, 'weight').replace(/beta$/, 'bias'),
  );
