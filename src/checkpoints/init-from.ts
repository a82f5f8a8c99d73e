import type { Numbers } from '../engine/numbers.ts';
import { UserError } from '../errors.ts';
import type { Sizes } from '../model/sizes.ts';
import type { ImageBackbone } from './image-backbone.ts';
import { resizeTable } from './interpolate-positions.ts';
import type { Model } from './model-file.ts';
import type { TextBackbone } from './text-backbone.ts';

/** What a model begins from instead of at random. */
export interface Backbones {
  readonly image?: ImageBackbone | undefined;
  readonly text?: TextBackbone | undefined;
}

/** What begins from the files and what still begins at random, by our names. */
export interface InitReport {
  readonly model: Model;
  readonly loaded: readonly string[];
  readonly random: readonly string[];
  /** Pieces of the model's vocabulary whose row of the word table was in the file; 0 without a text body. */
  readonly words: number;
}

/**
 * A model of the shape of a ViLT or of a dual encoder whose Transformers begin as a ViT and whose words as those of a BERT
 * (Kim et al. 2021): patches, positions, blocks and the last LayerNorm, of both towers of a dual encoder; words, word
 * positions and segments. Modality table, pooler, interaction and head begin at random. The position table of the patches is
 * resized to the model's; where the model has fewer layers than the ViT, its first ones are taken; words are found by
 * piece, so that a smaller vocabulary takes its own rows.
 *
 * @param untrained as `createUntrained` makes it; it is not changed.
 * @throws UserError where a file does not fit the model's sizes.
 */
export const initFrom = (untrained: Model, bodies: Backbones): InitReport => {
  const { config } = untrained;
  const source = sourceOf(config, bodies);
  const weights = new Map<string, Numbers<Float32Array>>();
  const [loaded, random]: [string[], string[]] = [[], []];
  for (const [name, { shape, data }] of untrained.weights) {
    const own = { shape, data: Float32Array.from(data) };
    const bare = name.replace(/^(?:text|image|shared)_encoder\./, '');
    (source(bare, own) ? loaded : random).push(name);
    weights.set(name, own);
  }
  const known = new Set(bodies.text?.vocabulary);
  const words = config.vocabulary.filter((piece) => known.has(piece)).length;
  return { model: { config, weights }, loaded, random, words };
};

const WORDS = 'text_embeddings.word_embeddings.weight';

/** Fills a parameter of this name, or says that there is nothing to fill it with. */
const sourceOf =
  ({ sizes, vocabulary }: Model['config'], { image, text }: Backbones) =>
  (bare: string, own: Numbers<Float32Array>): boolean => {
    const found = image?.weights.get(bare) ?? text?.weights.get(bare);
    if (!found) return false;
    if (bare === WORDS && text) fillWords(own, text, vocabulary);
    else own.data.set(checked(bare, resizeTable(bare, found, sizes), own.shape));
    return true;
  };

const checked = (name: string, { shape, data }: Numbers<Float32Array>, wanted: readonly number[]): Float32Array => {
  if (String(shape) === String(wanted)) return data;
  throw new UserError(
    `${name}: it is [${shape.join(', ')}] in the file and [${wanted.join(', ')}] in the model: begin with files as wide as the model`,
  );
};

/** The rows of the pieces that both know; the others stay as they are. */
const fillWords = (
  { data, shape: [, width] }: Numbers<Float32Array>,
  text: TextBackbone,
  vocabulary: readonly string[],
) => {
  const rows = new Map(text.vocabulary.map((piece, row) => [piece, row]));
  const table = text.weights.get(WORDS)!.data;
  for (const [at, piece] of vocabulary.entries()) {
    const row = rows.get(piece);
    if (row !== undefined) data.set(table.subarray(row * width!, (row + 1) * width!), at * width!);
  }
};

/**
 * The sizes of a model that begins from files: the width, heads and patches of the ViT, everything else as it was.
 *
 * @param options.depth Default: that of the ViT. Fewer layers are its first ones.
 * @param options.image Shortest side of a picture in pixels. Default: as many whole patches as fit into the usual one.
 * @throws UserError where there are not so many layers, or where the files are not equally wide.
 */
export const sizesOfBackbones = (
  usual: Sizes,
  { image: body, text }: Backbones,
  { depth, image }: { readonly depth?: number | undefined; readonly image?: number | undefined } = {},
): Sizes => {
  const all = { ...usual, ...body?.sizes };
  const layers = depth ?? all.depth;
  if (body && layers > body.sizes.depth) {
    throw new UserError(`a depth of ${layers}: the ViT has ${body.sizes.depth} layers: give at most as many`);
  }
  if (text && text.width !== all.width) {
    const what = `the embeddings of the text are ${text.width} wide and the model ${all.width}`;
    throw new UserError(`${what}: give a BERT as wide as the ViT`);
  }
  const side = image ?? Math.max(1, Math.floor(usual.image / all.patch)) * all.patch;
  return { ...all, depth: layers, image: side, grid: side / all.patch };
};
