import type { Numbers } from '../engine/numbers.ts';
import { counted, UserError } from '../errors.ts';
import type { Sizes } from '../model/sizes.ts';
import type { ImageBackbone } from './image-backbone.ts';
import { resizeTable } from './interpolate-positions.ts';
import type { Model } from './model-file.ts';
import type { TextBackbone } from './text-backbone.ts';

/** Pretrained parts from which a model is initialised. */
export interface Backbones {
  readonly image?: ImageBackbone | undefined;
  readonly text?: TextBackbone | undefined;
}

/** A model initialised from backbones, and which of its parameters were. */
export interface InitReport {
  readonly model: Model;
  /** Names of the parameters that were copied from the backbones. */
  readonly loaded: readonly string[];
  /** Names of the parameters that kept their random weights. */
  readonly random: readonly string[];
  /** Number of word pieces of the model whose embedding was copied; 0 without a text backbone. */
  readonly words: number;
}

/**
 * Initialises a ViLT or a dual encoder from a ViT and a BERT (Kim et al. 2021). From the ViT: patch projection,
 * positions, blocks and the last LayerNorm, of both towers of a dual encoder; from the BERT: embeddings of words, word
 * positions and segments. Modality table, pooler, interaction and head stay random. Where the BERT is read whole, it
 * becomes the text encoder of a dual encoder, and each encoder computes what its file's does: modality tables are zero. The patch position table is resized
 * to the model's; a model with fewer layers than the ViT gets its first ones; words are found by piece, so that a
 * smaller vocabulary gets its own rows.
 *
 * @param model with random weights (`createModel`); it is not changed.
 * @throws UserError where a backbone does not fit the sizes of the model.
 */
export const initFrom = (model: Model, backbones: Backbones): InitReport => {
  const { config } = model;
  const weights = new Map<string, Numbers<Float32Array>>();
  const [loaded, random]: [string[], string[]] = [[], []];
  for (const [name, { shape, data }] of model.weights) {
    const copy = { shape, data: Float32Array.from(data) };
    const bareName = name.replace(/^(?:text|image|shared)_encoder\./, '');
    const own = config.sizes.text ? towerBackbones(name, backbones) : backbones;
    (initParameter(bareName, copy, config, own) ? loaded : random).push(name);
    weights.set(name, copy);
  }
  const known = new Set(backbones.text?.vocabulary);
  const words = config.vocabulary.filter((piece) => known.has(piece)).length;
  return { model: { config, weights }, loaded, random, words };
};

/** Backbones of a parameter where each encoder begins as a whole file. */
const towerBackbones = (name: string, { image, text }: Backbones): Backbones => {
  if (name.startsWith('text_encoder.')) return { text: text && withoutModality(text, text.width) };
  return { image: image && withoutModality(image, image.sizes.width) };
};

/** A backbone with a modality of zeros, so that an encoder computes what its file's does. */
const withoutModality = <T extends { readonly weights: ReadonlyMap<string, Numbers<Float32Array>> }>(
  backbone: T,
  width: number,
): T => {
  const none = { shape: [2, width], data: new Float32Array(2 * width) };
  return { ...backbone, weights: new Map([...backbone.weights, ['token_type_embeddings.weight', none]]) };
};

const WORD_TABLE = 'text_embeddings.word_embeddings.weight';

/** Initialises one parameter in place. → whether a backbone has it */
const initParameter = (
  name: string,
  into: Numbers<Float32Array>,
  { sizes, vocabulary }: Model['config'],
  { image, text }: Backbones,
): boolean => {
  const source = image?.weights.get(name) ?? text?.weights.get(name);
  if (!source) return false;
  if (name === WORD_TABLE && text) copyWords(into, text, vocabulary);
  else into.data.set(dataOfShape(into.shape, resizeTable(name, source, sizes), name));
  return true;
};

const dataOfShape = (
  expected: readonly number[],
  { shape, data }: Numbers<Float32Array>,
  name: string,
): Float32Array => {
  if (String(shape) === String(expected)) return data;
  throw new UserError(
    `${name}: it is [${shape.join(', ')}] in the file and [${expected.join(', ')}] in the model: begin with files as wide as the model`,
  );
};

/** Copies the embeddings of the pieces that both vocabularies have; the others stay as they are. */
const copyWords = (
  { data, shape: [, width] }: Numbers<Float32Array>,
  text: TextBackbone,
  vocabulary: readonly string[],
): void => {
  const rows = new Map(text.vocabulary.map((piece, row) => [piece, row]));
  const table = text.weights.get(WORD_TABLE)!.data;
  for (const [id, piece] of vocabulary.entries()) {
    const row = rows.get(piece);
    if (row !== undefined) data.set(table.subarray(row * width!, (row + 1) * width!), id * width!);
  }
};

/**
 * Sizes of a model that is initialised from backbones: width, heads and patches of the ViT, everything else as in
 * `usual`.
 *
 * @param options.depth Number of layers. Default: that of the ViT. A smaller number takes its first layers.
 * @param options.image Shortest side of an image in pixels. Default: as many whole patches as fit into the usual one.
 * @throws UserError where the ViT has fewer layers, or the widths of the backbones differ.
 */
export const sizesOfBackbones = (
  usual: Sizes,
  { image: vit, text }: Backbones,
  { depth, image }: { readonly depth?: number | undefined; readonly image?: number | undefined } = {},
): Sizes => {
  const sizes = { ...usual, ...vit?.sizes };
  const layers = depth ?? sizes.depth;
  if (vit && layers > vit.sizes.depth) {
    throw new UserError(`a depth of ${layers}: the ViT has ${counted(vit.sizes.depth, 'layer')}: give at most as many`);
  }
  if (text && text.width !== sizes.width) {
    throw new UserError(
      `the embeddings of the text are ${text.width} wide and the model ${sizes.width}: give a BERT as wide as the ViT`,
    );
  }
  const side = image ?? Math.max(1, Math.floor(usual.image / sizes.patch)) * sizes.patch;
  const whole = text?.transformer && { text: text.transformer };
  return { ...sizes, ...whole, depth: layers, image: side, grid: side / sizes.patch };
};
