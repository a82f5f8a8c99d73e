import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../errors.ts';
import { readJson } from '../files/json.ts';
import type { Sizes } from '../model/sizes.ts';
import type { Shapes } from './check-shapes.ts';

const configSchema = z.looseObject({
  architectures: z.array(z.string()).optional(),
  num_attention_heads: z.int().positive().optional(),
  layer_norm_eps: z.number().optional(),
  id2label: z.record(z.string(), z.string()).optional(),
});

/** What Hugging Face's `config.json` says that no tensor shows. */
export type HuggingFaceConfig = z.infer<typeof configSchema>;

/** The `config.json` beside a file of weights, or nothing. @throws UserError where it is there and not one. */
export const readConfigBeside = async (weights: string): Promise<HuggingFaceConfig | undefined> => {
  const path = join(dirname(weights), 'config.json');
  if (!existsSync(path)) return undefined;
  const found = configSchema.safeParse(await readJson(path));
  if (found.success) return found.data;
  throw new UserError(`${path}: it is no config.json of a model:\n${z.prettifyError(found.error)}`);
};

/** The labels of a config in the classifier's order; nothing where they are only numbered (`LABEL_0`). */
export const labelsOf = ({ id2label }: HuggingFaceConfig): string[] | undefined => {
  const labels = Object.entries(id2label ?? {}).sort(([a], [b]) => Number(a) - Number(b));
  if (labels.length === 0 || labels.some(([id, label], i) => Number(id) !== i || /^LABEL_\d+$/.test(label))) {
    return undefined;
  }
  return labels.map(([, label]) => label);
};

/** The two layers' epsilons: ViLT's own code has 1e-6 in its blocks, a Hugging Face config one for all of them. */
const own = { epsilon: 1e-6, textEpsilon: 1e-12 };

/** The width of a head in every BERT and ViT of the usual sizes. */
const HEAD_WIDTH = 64;

export interface SizeHints {
  readonly config?: HuggingFaceConfig | undefined;
  /** Heads of the attention, which no tensor shows. Default: the config's, or one for 64 of the width. */
  readonly heads?: number | undefined;
  /** The file whose tensors they are. */
  readonly path: string;
}

/**
 * The sizes of a ViLT or of a dual encoder, from the shapes of its tensors under our names.
 *
 * @throws UserError where a tensor is missing without which there is no telling, or shapes contradict each other.
 */
export const inferSizes = (shapes: Shapes, { config, heads, path }: SizeHints): Sizes => {
  const shape = (name: string, axes: number): readonly number[] => shapeOf(shapes, name, { axes, path });
  const [vocabulary, width] = shape('text_embeddings.word_embeddings.weight', 2) as [number, number];
  const [, places] = shape('transformer.pos_embed', 3) as [number, number];
  const [, , patch] = shape('transformer.patch_embed.proj.weight', 4) as [number, number, number];
  const grid = Math.sqrt(places - 1);
  if (!Number.isInteger(grid) || grid < 1) {
    throw new UserError(`${path}: a position table of ${places} rows is no square and its [CLS]: give a ViLT`);
  }
  const { layer_norm_eps: epsilon } = config ?? {};
  return {
    ...(epsilon === undefined ? own : { epsilon, textEpsilon: epsilon }),
    width,
    depth: depthOf(shapes),
    heads: headsOf(width, heads ?? config?.num_attention_heads, path),
    hidden: shape('transformer.blocks.0.mlp.fc1.weight', 2)[0]!,
    patch,
    grid,
    image: grid * patch,
    vocabulary,
    words: shape('text_embeddings.position_embeddings.weight', 2)[0]!,
    types: shape('token_type_embeddings.weight', 2)[0]!,
  };
};

const shapeOf = (
  shapes: Shapes,
  name: string,
  { axes, path }: { readonly axes: number; readonly path: string },
): readonly number[] => {
  // the image encoder first: in a dual encoder for pairs of images it alone has the third modality
  const found = ['', 'image_encoder.', 'text_encoder.'].map(
    (tower) => [tower + name, shapes.get(tower + name)] as const,
  );
  const [full, shape] = name.startsWith('text_embeddings.')
    ? (found.toReversed().find(([, one]) => one) ?? [name, undefined])
    : (found.find(([, one]) => one) ?? [name, undefined]);
  if (!shape) {
    const some = [...shapes.keys()].slice(0, 5).join(', ');
    throw new UserError(`${path}: it has no ${name}, as every ViLT and DiDE has; it has ${some}, …: give another file`);
  }
  if (shape.length === axes && shape.every((size) => size > 0)) return shape;
  throw new UserError(`${path}: ${full} is [${shape.join(', ')}]: it must have ${axes} axes, none of them empty`);
};

/** Blocks that are there, not the highest number: a gap is then missing, and no number makes a model of millions. */
const depthOf = (shapes: Shapes): number =>
  new Set([...shapes.keys()].flatMap((name) => /transformer\.blocks\.(\d+)\./.exec(name)?.[1] ?? [])).size;

const headsOf = (width: number, told: number | undefined, path: string): number => {
  const heads = told ?? width / HEAD_WIDTH;
  if (Number.isInteger(heads) && width % heads === 0) return heads;
  throw new UserError(
    `${path}: a width of ${width} has no ${heads} heads: say how many heads its attention has (--heads N)`,
  );
};
