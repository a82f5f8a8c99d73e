import { counted, UserError } from '../errors.ts';
import type { Sizes } from '../model/sizes.ts';
import { activationOf, type HuggingFaceConfig } from './beside/config.ts';
import type { Shapes } from './check-shapes.ts';

/** LayerNorm epsilons of ViLT's own code: of the blocks, and of the word embeddings. Hugging Face has one for both. */
const originalEpsilons = { epsilon: 1e-6, textEpsilon: 1e-12 };

/** Width of an attention head in every BERT and ViT of the usual sizes. */
const HEAD_WIDTH = 64;

/** Sources of the sizes that no tensor shows. */
export interface SizeHints {
  readonly config?: HuggingFaceConfig | undefined;
  /** Number of attention heads. Default: that of the config, or one for 64 of the width. */
  readonly heads?: number | undefined;
  /** Path of the file, for errors. */
  readonly path: string;
}

/**
 * Infers the sizes of a ViLT or of a dual encoder from the shapes of its tensors under our names.
 *
 * @throws UserError where a tensor that decides a size is missing, or shapes contradict each other.
 */
export const inferSizes = (shapes: Shapes, { config, heads, path }: SizeHints): Sizes => {
  const shape = (name: string, axes: number): readonly number[] => shapeOf(shapes, name, { axes, path });
  const [vocabulary, width] = shape('text_embeddings.word_embeddings.weight', 2) as [number, number];
  const [, positions] = shape('transformer.pos_embed', 3) as [number, number];
  const [, , patch] = shape('transformer.patch_embed.proj.weight', 4) as [number, number, number];
  const grid = Math.sqrt(positions - 1);
  if (!Number.isInteger(grid) || grid < 1) {
    throw new UserError(`${path}: a position table of ${positions} rows is no square and its [CLS]: give a ViLT`);
  }
  const { layer_norm_eps: epsilon } = config ?? {};
  const activation = config && activationOf(config, path);
  const depth = depthOf(shapes, config, path);
  return {
    ...(epsilon === undefined ? originalEpsilons : { epsilon, textEpsilon: epsilon }),
    width,
    depth,
    heads: attentionHeads(width, heads ?? config?.num_attention_heads, path),
    hidden: shape('transformer.blocks.0.mlp.fc1.weight', 2)[0]!,
    patch,
    grid,
    image: grid * patch,
    vocabulary,
    words: shape('text_embeddings.position_embeddings.weight', 2)[0]!,
    types: shape('token_type_embeddings.weight', 2)[0]!,
    ...(activation && { activation }),
  };
};

/** Shape of a tensor of a fusion encoder, or of the tower that has it. */
const shapeOf = (
  shapes: Shapes,
  name: string,
  { axes, path }: { readonly axes: number; readonly path: string },
): readonly number[] => {
  // the image tower first: in a dual encoder for pairs of images only its modality table has the third row
  const towers = ['', 'image_encoder.', 'text_encoder.'];
  const candidates = (name.startsWith('text_embeddings.') ? towers.toReversed() : towers).map((tower) => tower + name);
  const found = candidates.find((candidate) => shapes.has(candidate));
  if (found === undefined) {
    const some = [...shapes.keys()].slice(0, 5).join(', ');
    throw new UserError(`${path}: it has no ${name}, as every ViLT and DiDE has; it has ${some}, …: give another file`);
  }
  const shape = shapes.get(found)!;
  if (shape.length === axes && shape.every((size) => size > 0)) return shape;
  throw new UserError(`${path}: ${found} is [${shape.join(', ')}]: it must have ${axes} axes, none of them empty`);
};

/**
 * Number of different blocks. The highest index would take a gap for a layer, and a damaged name for millions of them.
 */
const depthOf = (shapes: Shapes, config: HuggingFaceConfig | undefined, path: string): number => {
  const blocks = [...shapes.keys()].flatMap((name) => /transformer\.blocks\.(\d+)\./.exec(name)?.[1] ?? []);
  const depth = new Set(blocks).size;
  const said = config?.num_hidden_layers ?? depth;
  if (said === depth) return depth;
  throw new UserError(
    `${path}: it has ${counted(depth, 'layer')}, and config.json says num_hidden_layers ${said}: give the config of this file`,
  );
};

const attentionHeads = (width: number, known: number | undefined, path: string): number => {
  const heads = known ?? width / HEAD_WIDTH;
  if (Number.isInteger(heads) && width % heads === 0) return heads;
  throw new UserError(
    `${path}: a width of ${width} has no ${counted(heads, 'head')}: say how many heads its attention has (--heads N)`,
  );
};
