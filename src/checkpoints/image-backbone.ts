import type { Numbers } from '../engine/numbers.ts';
import { UserError } from '../errors.ts';
import type { Sizes } from '../model/sizes.ts';
import { readOnnxWeights } from './formats/onnx.ts';
import { openWeights } from './formats/weights-file.ts';
import { fromHuggingFace, withoutBuffers } from './rename-tensors.ts';

type Floats = Numbers<Float32Array>;

/** What a ViT gives a ViLT: patch projection, [CLS], positions, blocks and the last LayerNorm. */
export interface ImageBackbone {
  /** What of a model's sizes it decides; `grid` is its own and may be resized. */
  readonly sizes: Pick<Sizes, 'width' | 'depth' | 'heads' | 'hidden' | 'patch' | 'grid'>;
  /** Under our names, `transformer.…`, its LayerScale folded away. */
  readonly weights: ReadonlyMap<string, Floats>;
  /** What of the file is not used, by its own names. */
  readonly unused: readonly string[];
}

/**
 * Reads a vision Transformer to begin from, as ViLT begins from one (Kim et al. 2021): names of timm (`blocks.0.attn.qkv`),
 * of Hugging Face's ViT and DINOv2, from safetensors, PyTorch's pickles or an ONNX export. LayerScale is folded exactly:
 * λ ∘ (W x + b) = (diag(λ) W) x + λ ∘ b.
 *
 * @param options.heads Default: one for 64 of the width.
 * @throws UserError where it is no plain ViT.
 */
export const readImageBackbone = async (
  path: string,
  { heads }: { readonly heads?: number | undefined } = {},
): Promise<ImageBackbone> => {
  const { body, unused } = await tensorsOf(path);
  const renamed = withPositions(new Map([...fromHuggingFace(body)].map(([name, one]) => [underOurs(name), one])));
  const folded = withoutLayerScale(renamed);
  const weights = new Map([...folded].filter(([name]) => name.startsWith('transformer.')));
  return { sizes: sizesOf(weights, { path, ...(heads === undefined ? {} : { heads }) }), weights, unused };
};

/** The tensors of the body, and the names of the others. */
const tensorsOf = async (path: string): Promise<{ body: Map<string, Floats>; unused: string[] }> => {
  const isUnused = (name: string): boolean => !isBody(bareName(name));
  if (path.endsWith('.onnx')) {
    const all = await readOnnxWeights(path);
    const body = [...all].filter(([name]) => !isUnused(name)).map(([name, one]) => [bareName(name), one] as const);
    return { body: new Map(body), unused: [...all.keys()].filter(isUnused) };
  }
  await using file = await openWeights(path);
  const body = new Map<string, Numbers>();
  for (const name of file.tensors.keys()) if (!isUnused(name)) body.set(bareName(name), await file.read(name));
  return { body: withoutBuffers(body), unused: [...file.tensors.keys()].filter(isUnused) };
};

const bareName = (name: string): string => name.replace(/^(?:module\.|model\.|backbone\.|vit\.|dinov2\.)+/, '');

/** Of a plain ViT all but its head and pooler, under the names of timm, Hugging Face or an export of it. */
const isBody = (name: string): boolean =>
  /^(?:cls_token$|pos_embed$|patch_embed\.proj\.|blocks\.\d+\.|norm\.|layernorm\.|encoder\.layer\.\d+\.)/.test(name) ||
  /^embeddings\.(?:cls_token$|position_embeddings$|patch_embeddings\.projection\.|Reshape_\d+$|Concat_\d+$)/.test(name);

const underOurs = (name: string): string =>
  /^(?:cls_token|pos_embed|patch_embed\.|blocks\.|norm\.)/.test(name) ? `transformer.${name}` : name;

/** An export keeps the positions of [CLS] and of the patches apart, each under the node that it goes into. */
const withPositions = (weights: Map<string, Floats>): Map<string, Floats> => {
  const [grid] = [...weights].filter(([name]) => /^embeddings\.Reshape_\d+$/.test(name)).map(([, one]) => one);
  const [cls] = [...weights].filter(([name]) => /^embeddings\.Concat_\d+$/.test(name)).map(([, one]) => one);
  if (!grid || !cls || weights.has('transformer.pos_embed')) return weights;
  const table = new Float32Array(cls.data.length + grid.data.length);
  table.set(cls.data);
  table.set(grid.data, cls.data.length);
  return new Map([
    ...weights,
    ['transformer.pos_embed', { shape: [1, 1 + grid.shape[1]!, grid.shape[2]!], data: table }],
  ]);
};

const scaled = [
  { scale: /^(transformer\.blocks\.\d+\.)(?:layer_scale1\.lambda1|ls1\.gamma)$/, linear: 'attn.proj' },
  { scale: /^(transformer\.blocks\.\d+\.)(?:layer_scale2\.lambda1|ls2\.gamma)$/, linear: 'mlp.fc2' },
] as const;

const withoutLayerScale = (weights: ReadonlyMap<string, Floats>): Map<string, Floats> => {
  const folded = new Map(weights);
  for (const [name, { data: factors }] of weights) {
    for (const { scale, linear } of scaled) {
      const block = scale.exec(name)?.[1];
      if (block === undefined) continue;
      folded.delete(name);
      for (const part of ['weight', 'bias']) {
        const of = `${block}${linear}.${part}`;
        const one = weights.get(of);
        if (one) folded.set(of, rowsScaled(one, factors));
      }
    }
  }
  return folded;
};

const rowsScaled = ({ shape, data }: Floats, factors: Float32Array): Floats => {
  const columns = data.length / factors.length;
  return { shape, data: data.map((value, i) => value * factors[Math.floor(i / columns)]!) };
};

const sizesOf = (
  weights: ReadonlyMap<string, Floats>,
  { path, heads }: { readonly path: string; readonly heads?: number | undefined },
): ImageBackbone['sizes'] => {
  const shapeOf = (name: string, axes: number): readonly number[] => {
    const shape = weights.get(name)?.shape;
    if (shape?.length === axes) return shape;
    const what = shape ? `is [${shape.join(', ')}], not of ${axes} axes` : 'is not there';
    throw new UserError(`${path}: ${name} ${what}: give a plain ViT, by timm's or Hugging Face's names`);
  };
  const [width, , patch] = shapeOf('transformer.patch_embed.proj.weight', 4) as [number, number, number];
  const grid = Math.sqrt(shapeOf('transformer.pos_embed', 3)[1]! - 1);
  const [hidden] = shapeOf('transformer.blocks.0.mlp.fc1.weight', 2) as [number];
  const depth = new Set([...weights.keys()].flatMap((name) => /blocks\.(\d+)\./.exec(name)?.[1] ?? [])).size;
  const sizes = { width, depth, heads: heads ?? width / 64, hidden, patch, grid };
  if (Number.isInteger(grid) && Number.isInteger(width / sizes.heads)) return sizes;
  throw new UserError(`${path}: ${JSON.stringify(sizes)} are no sizes of a ViT: say how many heads its attention has`);
};
