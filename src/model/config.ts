import { z } from 'zod';
import { UserError } from '../errors.ts';
import { type Architecture, dide, vilt } from './architecture.ts';

const count = z.number().int().nonnegative();

const sizesSchema = z.strictObject({
  width: count,
  depth: count,
  heads: count,
  hidden: count,
  epsilon: z.number(),
  textEpsilon: z.number(),
  patch: count,
  grid: count,
  image: count,
  vocabulary: count,
  words: count,
  types: count,
  encoders: z.enum(['apart', 'shared']).optional(),
});

/** Everything that a file of ours says of its weights, so that nothing must be remembered beside it. */
const descriptionSchema = z.strictObject({
  model: z.enum(['vilt', 'dide']),
  sizes: sizesSchema,
  task: z.string(),
  images: z.union([z.literal(1), z.literal(2)]),
  scoring: z.enum(['sigmoid', 'softmax']),
  /** In the order of the classifier; none where texts are not asked but found. */
  answers: z.array(z.string()),
  /** The word pieces by id. */
  vocabulary: z.array(z.string()),
  /** Of pre-training: whether masked words are looked up in the table of words (the default) or in one of their own. */
  decoder: z.enum(['tied', 'own']).optional(),
  /** How the weights came about: options, data, seed, scores. */
  recipe: z.record(z.string(), z.unknown()),
});

export type ModelConfig = z.infer<typeof descriptionSchema>;

const models: Readonly<Record<ModelConfig['model'], Architecture>> = { vilt, dide };

/** The model that a description names. */
export const architectureOf = ({ model }: Pick<ModelConfig, 'model'>): Architecture => models[model];

/** @throws UserError where the file's metadata are not a description. */
export const parseConfig = (json: string | undefined, path: string): ModelConfig => {
  if (json === undefined)
    throw new UserError(`${path}: it does not say which model it holds: it was not saved by dide`);
  const parsed = descriptionSchema.safeParse(parsedJson(json, path));
  if (parsed.success) return parsed.data;
  throw new UserError(`${path}: its description is not one that this version reads:\n${z.prettifyError(parsed.error)}`);
};

const parsedJson = (json: string, path: string): unknown => {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new UserError(`${path}: its description is not JSON: the file is damaged`, { cause });
  }
};
