import type { Numbers } from '../engine/numbers.ts';
import { UserError } from '../errors.ts';
import type { Sizes } from '../model/sizes.ts';
import { readOnnxWeights } from './formats/onnx.ts';
import { localWeights, openWeights } from './formats/weights-file.ts';
import type { OpenOptions } from './load.ts';
import { floatsOf, fromHuggingFace } from './rename-tensors.ts';

type Floats = Numbers<Float32Array>;

/**
 * Weights of a ViT from which a model can be initialised: patch projection, [CLS], positions, blocks and the last
 * LayerNorm.
 */
export interface ImageBackbone {
  /** Sizes that it fixes for the model; only `grid` may differ, since the position table can be resized. */
  readonly sizes: Pick<Sizes, 'width' | 'depth' | 'heads' | 'hidden' | 'patch' | 'grid'>;
  /** Weights under our names, `transformer.…`, with LayerScale folded into them. */
  readonly weights: ReadonlyMap<string, Floats>;
  /** Names in the file of the tensors that are not used. */
  readonly unused: readonly string[];
}

/**
 * Reads a vision Transformer, from which ViLT initialises its own (Kim et al. 2021): by the names of timm
 * (`blocks.0.attn.qkv`) or of Hugging Face's ViT and DINOv2, from safetensors, PyTorch's pickles or an ONNX export.
 * LayerScale is folded exactly: λ ∘ (W x + b) = (diag(λ) W) x + λ ∘ b.
 *
 * @param options.heads Number of attention heads, which no tensor shows. Default: one for 64 of the width.
 * @throws UserError where the file holds no plain ViT.
 */
export const readImageBackbone = async (
  path: string,
  { heads, onPull, onWarning }: { readonly heads?: number | undefined } & OpenOptions = {},
): Promise<ImageBackbone> => {
  const { backbone, unused } = await readTensors(await localWeights(path, { onPull, onNotice: onWarning }));
  const renamed = new Map([...fromHuggingFace(backbone)].map(([name, numbers]) => [ourName(name), numbers]));
  const folded = foldLayerScale(joinPositions(renamed));
  const weights = new Map([...folded].filter(([name]) => name.startsWith('transformer.')));
  return { sizes: sizesOf(weights, { path, heads }), weights, unused };
};

/** Reads the tensors of the backbone, by their names without prefix, and lists the names of the others. */
const readTensors = async (path: string): Promise<{ backbone: Map<string, Floats>; unused: string[] }> => {
  const isUnused = (name: string): boolean => !isBackbone(bareName(name));
  if (path.endsWith('.onnx')) {
    const all = await readOnnxWeights(path);
    const used = [...all]
      .filter(([name]) => !isUnused(name))
      .map(([name, floats]) => [bareName(name), floats] as const);
    return { backbone: new Map(used), unused: [...all.keys()].filter(isUnused) };
  }
  await using file = await openWeights(path);
  const backbone = new Map<string, Floats>();
  for (const name of file.tensors.keys())
    if (!isUnused(name)) backbone.set(bareName(name), floatsOf(name, await file.read(name)));
  return { backbone, unused: [...file.tensors.keys()].filter(isUnused) };
};

const bareName = (name: string): string =>
  name.replace(/^(?:module\.|_orig_mod\.|model\.|net\.|backbone\.|vit\.|dinov2\.)+/, '');

/**
 * Whether a tensor is part of a plain ViT without head and pooler, by the names of timm, Hugging Face or an ONNX
 * export.
 */
const isBackbone = (name: string): boolean =>
  /^(?:cls_token$|pos_embed$|patch_embed\.proj\.|blocks\.\d+\.|norm\.|layernorm\.|encoder\.layer\.\d+\.)/.test(name) ||
  /^embeddings\.(?:cls_token$|position_embeddings$|patch_embeddings\.projection\.|Reshape_\d+$|Concat_\d+$)/.test(name);

/** Our name of a tensor that timm named; others have it already. */
const ourName = (name: string): string =>
  /^(?:cls_token|pos_embed|patch_embed\.|blocks\.|norm\.)/.test(name) ? `transformer.${name}` : name;

/**
 * Joins the position table of an ONNX export, which keeps those of [CLS] and of the patches under the nodes that read
 * them.
 */
const joinPositions = (weights: Map<string, Floats>): Map<string, Floats> => {
  const tableOf = (node: RegExp): Floats | undefined => [...weights].find(([name]) => node.test(name))?.[1];
  const [grid, cls] = [tableOf(/^embeddings\.Reshape_\d+$/), tableOf(/^embeddings\.Concat_\d+$/)];
  if (!grid || !cls || weights.has('transformer.pos_embed')) return weights;
  const data = new Float32Array(cls.data.length + grid.data.length);
  data.set(cls.data);
  data.set(grid.data, cls.data.length);
  return new Map([...weights, ['transformer.pos_embed', { shape: [1, 1 + grid.shape[1]!, grid.shape[2]!], data }]]);
};

/** Names of LayerScale's factors, with the block before them, and the linear layer whose outputs they scale. */
const layerScales = [
  { scale: /^(transformer\.blocks\.\d+\.)(?:layer_scale1\.lambda1|ls1\.gamma)$/, linear: 'attn.proj' },
  { scale: /^(transformer\.blocks\.\d+\.)(?:layer_scale2\.lambda1|ls2\.gamma)$/, linear: 'mlp.fc2' },
] as const;

const foldLayerScale = (weights: ReadonlyMap<string, Floats>): Map<string, Floats> => {
  const folded = new Map(weights);
  for (const [name, { data: factors }] of weights) {
    for (const { scale, linear } of layerScales) {
      const block = scale.exec(name)?.[1];
      if (block === undefined) continue;
      folded.delete(name);
      for (const part of ['weight', 'bias']) {
        const scaled = `${block}${linear}.${part}`;
        const numbers = weights.get(scaled);
        if (numbers) folded.set(scaled, scaleRows(numbers, factors));
      }
    }
  }
  return folded;
};

const scaleRows = ({ shape, data }: Floats, factors: Float32Array): Floats => {
  const columns = data.length / factors.length;
  return { shape, data: data.map((value, i) => value * factors[Math.floor(i / columns)]!) };
};

const sizesOf = (
  weights: ReadonlyMap<string, Floats>,
  { path, heads }: { readonly path: string; readonly heads: number | undefined },
): ImageBackbone['sizes'] => {
  const shapeOf = (name: string, axes: number): readonly number[] => {
    const shape = weights.get(name)?.shape;
    if (shape?.length === axes) return shape;
    const problem = shape ? `is [${shape.join(', ')}], not of ${axes} axes` : 'is not there';
    throw new UserError(`${path}: ${name} ${problem}: give a plain ViT, by timm's or Hugging Face's names`);
  };
  const [width, , patch] = shapeOf('transformer.patch_embed.proj.weight', 4) as [number, number, number];
  const [, positions] = shapeOf('transformer.pos_embed', 3) as [number, number];
  const grid = Math.sqrt(positions - 1);
  const [hidden] = shapeOf('transformer.blocks.0.mlp.fc1.weight', 2) as [number];
  const depth = new Set([...weights.keys()].flatMap((name) => /blocks\.(\d+)\./.exec(name)?.[1] ?? [])).size;
  const sizes = { width, depth, heads: heads ?? width / 64, hidden, patch, grid };
  if (!Number.isInteger(grid)) throw new UserError(`${path}: ${otherPositions(positions)}`);
  if (Number.isInteger(width / sizes.heads)) return sizes;
  throw new UserError(
    `${path}: a width of ${width} has no ${sizes.heads} heads: say how many heads its attention has (--heads N)`,
  );
};

/** Says why a position table of so many rows is no plain ViT's. */
const otherPositions = (positions: number): string => {
  const rows = `its position table has ${positions} rows, which are not 1 of [CLS] and a square of patches`;
  if (Number.isInteger(Math.sqrt(positions - 2)))
    return `${rows} but 2 more than a square, as a DeiT's with its distillation token: give a ViT with [CLS] alone`;
  if (Number.isInteger(Math.sqrt(positions)))
    return `${rows} but a square, as a ViT's without [CLS]: give one with [CLS]`;
  return `${rows}: give a ViT of square images with [CLS] and no other token`;
};
