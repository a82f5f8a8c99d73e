import type { Numbers, Weights } from '../engine/numbers.ts';
import { UserError } from '../errors.ts';

/** Start of a parameter's name in ViLT's own code, which is ours, and in Hugging Face's. */
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

const qkvParts = ['query', 'key', 'value'] as const;

/**
 * Converts tensors from Hugging Face's names to ours: `query`, `key`, `value` become the rows of one `qkv`, the prefix
 * `vilt.` goes, `text_encoder.`, `image_encoder.` and `shared_encoder.` stay, and the head `classifier.*` gets the name
 * `head` (such as `vqa_classifier`). Names that Hugging Face does not have are kept; `position_ids` are dropped.
 *
 * @throws UserError where a query, key or value is without the others, where two different tensors get one name, or
 * where there is a head and no name for it.
 */
export const fromHuggingFace = (tensors: ReadonlyMap<string, Numbers>, head?: string): Weights => {
  const renamed: Weights = new Map();
  for (const [name, numbers] of withoutBuffers(tensors)) add(renamed, unmergedName(name, head), numbers);
  return mergeQkv(renamed);
};

/**
 * Converts weights from our names to Hugging Face's. The bias of the language head is written under both of its names,
 * since versions of transformers differ.
 *
 * @param prefix before everything but heads and towers: `vilt.` for a model with a head, nothing for the bare
 * `ViltModel`.
 * @throws UserError where there is more than one classifier: Hugging Face has one name for all.
 */
export const toHuggingFace = (weights: Weights, prefix: 'vilt.' | '' = 'vilt.'): Weights => {
  const renamed: Weights = new Map();
  for (const [name, numbers] of splitQkv(weights)) {
    add(renamed, theirName(name, prefix), numbers);
    if (name === 'mlm_score.bias') add(renamed, 'mlm_score.decoder.bias', numbers);
  }
  return renamed;
};

/**
 * Float tensors of a file, without the buffer `position_ids`, which counts 0, 1, 2 … and is no parameter.
 *
 * @throws UserError for any other tensor of integers.
 */
export const withoutBuffers = (tensors: ReadonlyMap<string, Numbers>): Weights => {
  const parameters = [...tensors].filter(([name]) => !name.endsWith('position_ids'));
  return new Map(parameters.map(([name, numbers]) => [name, floatsOf(name, numbers)]));
};

/** Numbers of a tensor, which must be floats. @throws UserError where they are integers. */
export const floatsOf = (name: string, { shape, data }: Numbers): Numbers<Float32Array> => {
  if (data instanceof Float32Array) return { shape, data };
  throw new UserError(`${name}: it holds ${data.constructor.name}, not float32: this is no file of weights`);
};

const add = (weights: Weights, name: string, numbers: Numbers<Float32Array>): void => {
  const before = weights.get(name);
  if (before && !sameNumbers(before, numbers)) {
    throw new UserError(`${name}: two tensors have this name, and they differ: rename or remove one of them`);
  }
  weights.set(name, numbers);
};

/** Whether two tensors have one shape and the same numbers, bit for bit but for the payload of NaN. */
export const sameNumbers = (a: Numbers, b: Numbers): boolean =>
  String(a.shape) === String(b.shape) && a.data.every((value, i) => Object.is(value, b.data[i]));

/** Name with its start replaced by the other column of the first row that matches it; undefined where none does. */
const replaceStart = (name: string, rows: readonly Row[], from: 0 | 1): string | undefined => {
  const row = rows.find((candidate) => name.startsWith(candidate[from]));
  return row && row[from === 0 ? 1 : 0] + name.slice(row[from].length);
};

const towerAndRest = (name: string): readonly [string, string] => {
  const tower = /^(?:text|image|shared)_encoder\./.exec(name)?.[0] ?? '';
  return [tower, name.slice(tower.length)];
};

/** Our name of a tensor, with query, key and value still apart. */
const unmergedName = (name: string, head: string | undefined): string => {
  if (name === 'mlm_score.decoder.bias') return 'mlm_score.bias';
  if (name.startsWith('classifier.')) return headName(name, head);
  const [tower, rest] = towerAndRest(name);
  const bare = rest.replace(/^vilt\./, '');
  const [, layer, inside] = /^encoder\.layer\.(\d+)\.(.+)$/.exec(bare) ?? [];
  if (inside === undefined) return tower + (replaceStart(bare, outsideBlocks, 1) ?? bare);
  return `${tower}transformer.blocks.${layer}.${replaceStart(inside, insideBlocks, 1) ?? inside}`;
};

const headName = (name: string, head: string | undefined): string => {
  if (head !== undefined) return name.replace('classifier', head);
  throw new UserError(`${name}: this file has a head, and its names do not say for which task: give the task`);
};

/** Position of a query, key or value among the rows of its `qkv`: 0, 1 or 2; -1 for any other tensor. */
export const qkvIndex = (name: string): number => {
  const part = /\.(?:attention|attn)\.(query|key|value)\./.exec(name)?.[1];
  return qkvParts.indexOf(part as (typeof qkvParts)[number]);
};

/** Our name of a tensor in either layout; query, key and value share the name of their `qkv`. */
export const ourName = (name: string, head?: string): string =>
  unmergedName(name, head).replace(/\.attn\.(query|key|value)\./, '.attn.qkv.');

const theirName = (name: string, prefix: string): string => {
  const [tower, bare] = towerAndRest(name);
  const [, layer, inside] = /^transformer\.blocks\.(\d+)\.(.+)$/.exec(bare) ?? [];
  const rest = inside === undefined ? replaceStart(bare, outsideBlocks, 0) : replaceStart(inside, insideBlocks, 0);
  if (rest === undefined) return name.replace(/^[^.]+_classifier\./, 'classifier.');
  return (tower || prefix) + (layer === undefined ? rest : `encoder.layer.${layer}.${rest}`);
};

const mergeQkv = (weights: Weights): Weights => {
  const merged: Weights = new Map();
  for (const [name, numbers] of weights) {
    const [, before, , after] = /^(.*\.attn\.)(query|key|value)(\..+)$/.exec(name) ?? [];
    if (before === undefined) add(merged, name, numbers);
    else if (!merged.has(`${before}qkv${after}`)) {
      const parts = qkvParts.map((part) => siblingOf(weights, `${before}${part}${after}`, name));
      add(merged, `${before}qkv${after}`, concatRows(parts, name));
    }
  }
  return merged;
};

const siblingOf = (weights: Weights, name: string, sibling: string): Numbers<Float32Array> => {
  const numbers = weights.get(name);
  if (!numbers) throw new UserError(`${sibling}: there is no ${name} beside it: the file is incomplete`);
  return numbers;
};

/**
 * Concatenates query, key and value: three of [rows, …] → [3 rows, …]. Nothing is copied where they lie one after the
 * other in one buffer.
 *
 * @throws UserError where there are not three, or their shapes differ.
 */
export const concatRows = (parts: readonly Numbers<Float32Array>[], name: string): Numbers<Float32Array> => {
  const shapes = parts.map(({ shape }) => `[${shape.join(', ')}]`);
  if (parts.length !== qkvParts.length) {
    throw new UserError(`${name}: of query, key and value it has ${parts.length}: the file is incomplete`);
  }
  if (new Set(shapes).size > 1) {
    throw new UserError(`${name}: query, key and value have the shapes ${shapes.join(', ')}: they must be alike`);
  }
  const { shape, data } = parts[0]!;
  const all = areContiguous(parts)
    ? new Float32Array(data.buffer, data.byteOffset, data.length * parts.length)
    : new Float32Array(data.length * parts.length);
  if (all.buffer !== data.buffer) for (const [i, part] of parts.entries()) all.set(part.data, i * data.length);
  return { shape: [shape[0]! * parts.length, ...shape.slice(1)], data: all };
};

/** Whether arrays of one length lie one after the other in one buffer. */
const areContiguous = (parts: readonly Numbers<Float32Array>[]): boolean => {
  const { buffer, byteOffset, byteLength } = parts[0]!.data;
  return parts.every(({ data }, i) => data.buffer === buffer && data.byteOffset === byteOffset + i * byteLength);
};

const splitQkv = (weights: Weights): Weights => {
  const split: Weights = new Map();
  for (const [name, numbers] of weights) {
    if (!name.includes('.attn.qkv.')) add(split, name, numbers);
    else for (const [i, part] of qkvParts.entries()) add(split, name.replace('qkv', part), thirdOf(numbers, i, name));
  }
  return split;
};

const thirdOf = ({ shape, data }: Numbers<Float32Array>, index: number, name: string): Numbers<Float32Array> => {
  const rows = shape[0]! / 3;
  if (!Number.isInteger(rows))
    throw new UserError(`${name}: ${shape[0]} rows are not query, key and value in equal parts`);
  const length = data.length / 3;
  return { shape: [rows, ...shape.slice(1)], data: data.slice(index * length, (index + 1) * length) };
};
