import type { Numbers, Weights } from '../engine/numbers.ts';
import { UserError } from '../errors.ts';

/** The start of a parameter's name in ViLT's own code, which is ours, and in Hugging Face's. */
type Row = readonly [ours: string, theirs: string];

const outsideBlocks: readonly Row[] = [
  ['text_embeddings.', 'embeddings.text_embeddings.'],
  ['token_type_embeddings.', 'embeddings.token_type_embeddings.'],
  ['transformer.cls_token', 'embeddings.cls_token'],
  ['transformer.pos_embed', 'embeddings.position_embeddings'],
  ['transformer.patch_embed.proj.', 'embeddings.patch_embeddings.projection.'],
  ['transformer.norm.', 'layernorm.'],
  ['pooler.', 'pooler.'],
];

const insideBlocks: readonly Row[] = [
  ['norm1.', 'layernorm_before.'],
  ['attn.query.', 'attention.attention.query.'],
  ['attn.key.', 'attention.attention.key.'],
  ['attn.value.', 'attention.attention.value.'],
  ['attn.proj.', 'attention.output.dense.'],
  ['norm2.', 'layernorm_after.'],
  ['mlp.fc1.', 'intermediate.dense.'],
  ['mlp.fc2.', 'output.dense.'],
];

const parts = ['query', 'key', 'value'] as const;

/**
 * Hugging Face's names and tensors as ours: `query`, `key`, `value` become the rows of one `qkv`, the prefix `vilt.`
 * goes, `text_encoder.`, `image_encoder.` and `shared_encoder.` stay, and the head `classifier.*` gets the name `head` (such as
 * `vqa_classifier`). Names that Hugging Face does not have are kept; integer buffers are dropped.
 *
 * Throws a UserError when a query, key or value is without the others, when two tensors get one name, or when there is
 * a head and no name for it.
 */
export const fromHuggingFace = (found: ReadonlyMap<string, Numbers>, head?: string): Weights => {
  const renamed: Weights = new Map();
  for (const [name, numbers] of withoutBuffers(found)) add(renamed, ourSplitName(name, head), numbers);
  return joined(renamed);
};

/**
 * Our names and tensors as Hugging Face's, the other way round. `prefix` stands before everything but heads and
 * towers: `vilt.` for a model with a head, nothing for the bare `ViltModel`.
 *
 * The bias of the language head is written under both of its names, since versions differ. Throws a UserError for more
 * than one classifier: Hugging Face has one name for all.
 */
export const toHuggingFace = (weights: Weights, prefix: 'vilt.' | '' = 'vilt.'): Weights => {
  const renamed: Weights = new Map();
  for (const [name, numbers] of split(weights)) {
    add(renamed, theirName(name, prefix), numbers);
    if (name === 'mlm_score.bias') add(renamed, 'mlm_score.decoder.bias', numbers);
  }
  return renamed;
};

/**
 * The float tensors of a file, without the buffer `position_ids`, which counts 0, 1, 2 … and is no parameter. Throws a
 * UserError for any other tensor of integers.
 */
export const withoutBuffers = (found: ReadonlyMap<string, Numbers>): Weights => {
  const weights: Weights = new Map();
  for (const [name, { shape, data }] of found) {
    if (name.endsWith('position_ids')) continue;
    if (!(data instanceof Float32Array)) {
      throw new UserError(`${name}: it holds ${data.constructor.name}, not float32: this is no file of weights`);
    }
    weights.set(name, { shape, data });
  }
  return weights;
};

const add = (weights: Weights, name: string, numbers: Numbers<Float32Array>): void => {
  const before = weights.get(name);
  if (before && !sameNumbers(before, numbers)) {
    throw new UserError(`${name}: two tensors have this name, and they differ: rename or remove one of them`);
  }
  weights.set(name, numbers);
};

const sameNumbers = (a: Numbers, b: Numbers): boolean =>
  String(a.shape) === String(b.shape) && a.data.every((value, i) => Object.is(value, b.data[i]));

/** The other column of the first row that fits, or nothing. */
const swapped = (name: string, rows: readonly Row[], from: 0 | 1): string | undefined => {
  const row = rows.find((candidate) => name.startsWith(candidate[from]));
  return row && row[from === 0 ? 1 : 0] + name.slice(row[from].length);
};

const towerAndRest = (name: string): readonly [string, string] => {
  const tower = /^(?:text|image|shared)_encoder\./.exec(name)?.[0] ?? '';
  return [tower, name.slice(tower.length)];
};

const ourSplitName = (name: string, head: string | undefined): string => {
  if (name === 'mlm_score.decoder.bias') return 'mlm_score.bias';
  if (name.startsWith('classifier.')) return ourHead(name, head);
  const [tower, rest] = towerAndRest(name);
  const bare = rest.replace(/^vilt\./, '');
  const [, layer, inside] = /^encoder\.layer\.(\d+)\.(.+)$/.exec(bare) ?? [];
  if (inside === undefined) return tower + (swapped(bare, outsideBlocks, 1) ?? bare);
  return `${tower}transformer.blocks.${layer}.${swapped(inside, insideBlocks, 1) ?? inside}`;
};

/** Which of the three a tensor of Hugging Face is among the rows of its `qkv`: 0, 1 or 2. Of any other -1. */
export const partOf = (name: string): number => {
  const part = /\.attention\.(query|key|value)\./.exec(name)?.[1];
  return parts.indexOf(part as (typeof parts)[number]);
};

/** The name here of a tensor in either layout, as `fromHuggingFace` gives it: query, key and value share one `qkv`. */
export const ourName = (name: string, head?: string): string =>
  ourSplitName(name, head).replace(/\.attn\.(query|key|value)\./, '.attn.qkv.');

const ourHead = (name: string, head: string | undefined): string => {
  if (head !== undefined) return name.replace('classifier', head);
  throw new UserError(`${name}: this file has a head, and its names do not say for which task: give the task`);
};

const theirName = (name: string, prefix: string): string => {
  const [tower, bare] = towerAndRest(name);
  const [, layer, inside] = /^transformer\.blocks\.(\d+)\.(.+)$/.exec(bare) ?? [];
  const body = inside === undefined ? swapped(bare, outsideBlocks, 0) : swapped(inside, insideBlocks, 0);
  if (body === undefined) return name.replace(/^[^.]+_classifier\./, 'classifier.');
  return (tower || prefix) + (layer === undefined ? body : `encoder.layer.${layer}.${body}`);
};

const joined = (weights: Weights): Weights => {
  const result: Weights = new Map();
  for (const [name, numbers] of weights) {
    const stem = /^(.*\.attn\.)(query|key|value)(\..+)$/.exec(name);
    if (!stem) add(result, name, numbers);
    else if (!result.has(`${stem[1]}qkv${stem[3]}`)) {
      const three = parts.map((part) => rowsNamed(weights, `${stem[1]}${part}${stem[3]}`, name));
      add(result, `${stem[1]}qkv${stem[3]}`, stacked(three, name));
    }
  }
  return result;
};

const rowsNamed = (weights: Weights, name: string, sibling: string): Numbers<Float32Array> => {
  const rows = weights.get(name);
  if (!rows) throw new UserError(`${sibling}: there is no ${name} beside it: the file is incomplete`);
  return rows;
};

const stacked = (blocks: readonly Numbers<Float32Array>[], name: string): Numbers<Float32Array> => {
  const shapes = blocks.map(({ shape }) => `[${shape.join(', ')}]`);
  if (new Set(shapes).size > 1) {
    throw new UserError(`${name}: query, key and value have the shapes ${shapes.join(', ')}: they must be alike`);
  }
  const { shape, data } = blocks[0]!;
  const all = areInLine(blocks)
    ? new Float32Array(data.buffer, data.byteOffset, data.length * blocks.length)
    : new Float32Array(data.length * blocks.length);
  if (all.buffer !== data.buffer) for (const [i, block] of blocks.entries()) all.set(block.data, i * data.length);
  return { shape: [shape[0]! * blocks.length, ...shape.slice(1)], data: all };
};

/** Whether blocks of one length were read one behind the other, so that they are one already. */
const areInLine = (blocks: readonly Numbers<Float32Array>[]): boolean => {
  const { buffer, byteOffset, byteLength } = blocks[0]!.data;
  return blocks.every(({ data }, i) => data.buffer === buffer && data.byteOffset === byteOffset + i * byteLength);
};

const split = (weights: Weights): Weights => {
  const result: Weights = new Map();
  for (const [name, numbers] of weights) {
    if (!name.includes('.attn.qkv.')) add(result, name, numbers);
    else for (const [i, part] of parts.entries()) add(result, name.replace('qkv', part), thirdOf(numbers, i, name));
  }
  return result;
};

const thirdOf = ({ shape, data }: Numbers<Float32Array>, index: number, name: string): Numbers<Float32Array> => {
  const rows = shape[0]! / 3;
  if (!Number.isInteger(rows))
    throw new UserError(`${name}: ${shape[0]} rows are not query, key and value in equal parts`);
  const length = data.length / 3;
  return { shape: [rows, ...shape.slice(1)], data: data.slice(index * length, (index + 1) * length) };
};
