import { z } from 'zod';
import { UserError } from '../errors.ts';
import { type Activation, activations } from '../model/activations.ts';
import { type Architecture, dide, vilt } from '../model/architecture.ts';
import type { ModelConfig } from '../model/config.ts';
import { purposeOf } from '../model/purposes/purpose-of.ts';

const count = z.number().int().nonnegative();

const transformerSchema = z.strictObject({
  depth: count,
  heads: count,
  hidden: count,
  epsilon: z.number(),
  activation: z.enum(Object.keys(activations) as [Activation, ...Activation[]]).optional(),
  norm: z.enum(['before', 'after']).optional(),
  summary: z.enum(['first', 'mean']).optional(),
});

const { activation, norm, summary, ...layers } = transformerSchema.shape;

/** In this order, by which cached teachers know their model: new fields come last. */
const sizesSchema = z.strictObject({
  width: count,
  ...layers,
  textEpsilon: z.number(),
  patch: count,
  grid: count,
  image: count,
  vocabulary: count,
  words: count,
  types: count,
  encoders: z.enum(['apart', 'shared']).optional(),
  activation,
  norm,
  summary,
  text: transformerSchema.optional(),
  projection: count.optional(),
});

const wordsSchema = z.strictObject({
  letters: z.enum(['lower-case', 'as-is']),
  accents: z.enum(['removed', 'kept']),
  chinese: z.enum(['apart', 'as-is']),
  added: z.array(
    z.strictObject({
      piece: z.string(),
      foundIn: z.enum(['text', 'normalized']),
      as: z.enum(['word', 'anything']),
    }),
  ),
});

const channels = z.array(z.number()).length(3);

const picturesSchema = z.strictObject({
  mean: channels,
  deviation: channels,
  scale: z.number(),
  filter: z.enum(['nearest', 'box', 'bilinear', 'hamming', 'bicubic', 'lanczos']),
  multiple: count,
});

const descriptionSchema = z.strictObject({
  model: z.string(),
  sizes: sizesSchema,
  task: z.string(),
  images: z.union([z.literal(1), z.literal(2)]),
  scoring: z.enum(['sigmoid', 'softmax']),
  answers: z.array(z.string()),
  vocabulary: z.array(z.string()),
  words: wordsSchema.optional(),
  pictures: picturesSchema.optional(),
  decoder: z.enum(['tied', 'own']).optional(),
  recipe: z.record(z.string(), z.unknown()),
});

/**
 * Config of a model as JSON, in which a file keeps it: the architecture is a name, and the purpose follows from the
 * task.
 */
export type Description = Readonly<
  Omit<z.infer<typeof descriptionSchema>, 'answers' | 'vocabulary' | 'words' | 'pictures'>
> &
  Pick<ModelConfig, 'words' | 'pictures'> & {
    readonly answers: readonly string[];
    readonly vocabulary: readonly string[];
  };

/** Key of the description in the metadata of a safetensors file. */
export const descriptionKey = 'dide.description';

/** Description of a config. */
export const descriptionOf = ({ architecture, purpose: _, ...config }: ModelConfig): Description => ({
  model: architecture.name,
  sizes: config.sizes,
  task: config.task,
  images: config.images,
  scoring: config.scoring,
  answers: [...config.answers],
  vocabulary: [...config.vocabulary],
  ...(config.words && { words: config.words }),
  ...(config.pictures && { pictures: config.pictures }),
  ...(config.decoder === undefined ? {} : { decoder: config.decoder }),
  recipe: { ...config.recipe },
});

/**
 * Config of a description.
 *
 * @param path names the file in the error.
 * @param architectures of your own, beside `vilt` and `dide`.
 * @throws UserError where none of them has its architecture's name.
 */
export const configOf = (
  description: Description,
  path: string,
  architectures: readonly Architecture[] = [],
): ModelConfig => {
  const { model, ...rest } = description;
  const known = [...architectures, vilt, dide];
  const architecture = known.find(({ name }) => name === model);
  if (architecture) return { architecture, purpose: purposeOf(rest.task, architecture), ...rest };
  throw new UserError(
    `${path}: its architecture ${JSON.stringify(model)} is none of ${known.map(({ name }) => name).join(', ')}: pass the one of your own, loadModel(path, { architectures: [yours] })`,
  );
};

/**
 * Parses the description in a file's metadata.
 *
 * @throws UserError where it is missing, damaged, or of another version.
 */
export const parseDescription = (json: string | undefined, path: string): Description => {
  if (json === undefined)
    throw new UserError(`${path}: it does not say which model it holds: it was not saved by dide`);
  const parsed = descriptionSchema.safeParse(parseJson(json, path));
  if (parsed.success) return parsed.data;
  throw new UserError(`${path}: its description is not one that this version reads:`, {
    list: z.prettifyError(parsed.error).split('\n'),
  });
};

const parseJson = (json: string, path: string): unknown => {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new UserError(`${path}: its description is not JSON: the file is damaged`, { cause });
  }
};
