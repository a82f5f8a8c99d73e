import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../errors.ts';
import { readJson } from '../files/json.ts';

const configSchema = z.looseObject({
  architectures: z.array(z.string()).optional(),
  num_attention_heads: z.int().positive().optional(),
  layer_norm_eps: z.number().optional(),
  id2label: z.record(z.string(), z.string()).optional(),
});

/** Fields of Hugging Face's `config.json` that cannot be inferred from the shapes of the tensors. */
export type HuggingFaceConfig = z.infer<typeof configSchema>;

/**
 * Reads the `config.json` in the folder of a file of weights.
 *
 * @returns undefined where there is none.
 * @throws UserError where it cannot be read, or is no config of a model.
 */
export const readConfigBeside = async (weights: string): Promise<HuggingFaceConfig | undefined> => {
  const path = join(dirname(weights), 'config.json');
  if (!existsSync(path)) return undefined;
  const parsed = configSchema.safeParse(await readJson(path));
  if (parsed.success) return parsed.data;
  throw new UserError(`${path}: it is no config.json of a model:\n${z.prettifyError(parsed.error)}`);
};

/** Labels of a config in the order of the classifier; undefined where they are only numbered (`LABEL_0`). */
export const labelsOf = ({ id2label }: HuggingFaceConfig): string[] | undefined => {
  const labels = Object.entries(id2label ?? {}).sort(([a], [b]) => Number(a) - Number(b));
  if (labels.length === 0 || labels.some(([id, label], i) => Number(id) !== i || /^LABEL_\d+$/.test(label))) {
    return undefined;
  }
  return labels.map(([, label]) => label);
};
