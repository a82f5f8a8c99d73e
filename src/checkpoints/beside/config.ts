import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../../errors.ts';
import { readJson } from '../../files/json.ts';
import { type Activation, activations } from '../../model/activations.ts';

const configSchema = z.looseObject({
  architectures: z.array(z.string()).nullish(),
  model_type: z.string().optional(),
  num_attention_heads: z.int().positive().optional(),
  num_hidden_layers: z.int().positive().optional(),
  layer_norm_eps: z.number().optional(),
  hidden_act: z.unknown().optional(),
  max_image_length: z.number().nullish(),
  id2label: z.record(z.string(), z.string()).nullish(),
  label2id: z.record(z.string(), z.number()).nullish(),
  image_size: z.unknown().optional(),
});

/** Fields of Hugging Face's `config.json` that cannot be inferred from the shapes of the tensors. */
export type HuggingFaceConfig = z.infer<typeof configSchema>;

/** Reads a JSON file that stands beside a file of weights; undefined where there is none. */
export const readBeside = async <T>(
  weights: string,
  name: string,
  { schema, what }: { readonly schema: z.ZodType<T>; readonly what: string },
): Promise<T | undefined> => {
  const path = join(dirname(weights), name);
  if (!existsSync(path)) return undefined;
  const parsed = schema.safeParse(await readJson(path));
  if (parsed.success) return parsed.data;
  throw new UserError(`${path}: it is no ${what}:`, { list: z.prettifyError(parsed.error).split('\n') });
};

/**
 * Reads the `config.json` in the folder of a file of weights.
 *
 * @returns undefined where there is none; with the defaults of transformers where it is that of a ViLT.
 * @throws UserError where it cannot be read, or is no config of a model.
 */
export const readConfigBeside = async (weights: string): Promise<HuggingFaceConfig | undefined> => {
  const config = await readBeside(weights, 'config.json', { schema: configSchema, what: 'config.json of a model' });
  if (!config) return undefined;
  const { id2label = labelsById(config.label2id) } = config;
  return { ...(config.model_type === 'vilt' ? viltDefaults : {}), ...config, id2label };
};

/** Labels by id of a config that has ids by label alone. */
const labelsById = (label2id: HuggingFaceConfig['label2id']): Record<string, string> | undefined =>
  label2id ? Object.fromEntries(Object.entries(label2id).map(([label, id]) => [String(id), label])) : undefined;

/** Values of transformers' ViltConfig that a config.json may leave out and that no tensor shows. */
const viltDefaults = { num_attention_heads: 12, layer_norm_eps: 1e-12 };

/** Ids of classes that a config has no label for, where it has labels of others; none where all are only numbered. */
export const unlabelledIds = ({ id2label }: HuggingFaceConfig, count: number): number[] => {
  if (Object.entries(id2label ?? {}).every(([id, label]) => label === `LABEL_${id}`)) return [];
  return Array.from({ length: count }, (_, id) => id).filter((id) => id2label![id] === undefined);
};

/** Labels of a config in the order of the classifier; undefined where all are only numbered (`LABEL_0`). */
export const labelsOf = ({ id2label }: HuggingFaceConfig): string[] | undefined => {
  const labels = Object.entries(id2label ?? {}).sort(([a], [b]) => Number(a) - Number(b));
  const isNumbered = labels.every(([, label], i) => label === `LABEL_${i}`);
  if (isNumbered || labels.some(([id], i) => Number(id) !== i)) return undefined;
  return labels.map(([, label]) => label);
};

/** Other names that transformers has for activations, beside those of `activations`. */
const aliases: Readonly<Record<string, Activation>> = {
  gelu_python: 'gelu',
  gelu_fast: 'gelu_new',
  gelu_python_tanh: 'gelu_new',
  gelu_pytorch_tanh: 'gelu_new',
  swish: 'silu',
};

/** Activation of a config; undefined for gelu, the usual one. @throws UserError where it is none that is known. */
export const activationOf = ({ hidden_act: named }: HuggingFaceConfig, path: string): Activation | undefined => {
  if (named === undefined || named === null) return undefined;
  const activation = aliases[String(named)] ?? named;
  if (activation === 'gelu') return undefined;
  if (typeof activation === 'string' && activation in activations) return activation as Activation;
  throw new UserError(
    `${join(dirname(path), 'config.json')}: its hidden_act is ${JSON.stringify(named)}, which is none of ${Object.keys(activations).join(', ')}: such a model is not read`,
  );
};
