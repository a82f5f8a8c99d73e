import { dirname, join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../../errors.ts';
import { pillowFilters } from '../../kernels/resize/filters.ts';
import type { PictureRules } from '../../model/config.ts';
import { readBeside } from './config.ts';

/** Rules for pictures, as the files beside the weights say them. */
export interface PicturesBeside {
  /** Shortest side in pixels; undefined where nothing says it. */
  readonly image?: number | undefined;
  /** Undefined where they are read as in ViLT. */
  readonly pictures?: PictureRules | undefined;
  /** Sentences about fields that are not followed. */
  readonly notices: readonly string[];
}

const fields = z.record(z.string(), z.unknown());
type Fields = z.infer<typeof fields>;

/** Fields that are followed, or that change no number of a picture. */
const known = new Set(
  (
    'do_resize size size_divisor resample do_rescale rescale_factor do_normalize image_mean image_std do_pad pad_size ' +
    'do_convert_rgb image_processor_type feature_extractor_type processor_class data_format input_data_format ' +
    'return_tensors device disable_grouping default_to_square auto_map'
  ).split(' '),
);

/**
 * Reads how pictures are prepared from `processor_config.json` or, where that does not say it, from
 * `preprocessor_config.json`, as transformers does.
 *
 * @param options.patch side of the model's patches in pixels.
 * @param options.isOfTransformers whether a config.json stands beside the weights, so that neither should be missing.
 * @throws UserError where a field asks for what is not done here.
 */
export const readPicturesBeside = async (
  weights: string,
  { patch, isOfTransformers }: { readonly patch: number; readonly isOfTransformers: boolean },
): Promise<PicturesBeside> => {
  const found = await findFields(weights);
  if (!found) return { notices: isOfTransformers ? [NO_FILE] : [] };
  const { name, config } = found;
  const refuse: Refuse = (field, why) => {
    throw new UserError(
      `${join(dirname(weights), name)}: its ${field} is ${JSON.stringify(config[field])}: ${why}: such pictures are not read`,
    );
  };
  checkKind(config, refuse);
  const pictures = rulesOf(config, patch, refuse);
  const unknown = Object.keys(config).filter(
    (field) => !known.has(field) && config[field] !== null && !isOff(config, field),
  );
  return {
    image: shortestOf(config, patch, refuse),
    ...(isUsual(pictures, patch) ? {} : { pictures }),
    notices:
      unknown.length === 0
        ? []
        : [`${name}: ${unknown.join(', ')} ${unknown.length === 1 ? 'is' : 'are'} not followed`],
  };
};

const NO_FILE =
  'neither processor_config.json nor preprocessor_config.json is beside it: pictures are read as in ViLT, as large as its position table';

/** Refuses a field for a reason. */
type Refuse = (field: string, why: string) => never;

const findFields = async (weights: string): Promise<{ readonly name: string; readonly config: Fields } | undefined> => {
  const read = (name: string): Promise<Fields | undefined> =>
    readBeside(weights, name, { schema: fields, what: 'config of an image processor' });
  const inner = fields.safeParse((await read('processor_config.json'))?.image_processor);
  if (inner.success) return { name: 'processor_config.json', config: inner.data };
  const config = await read('preprocessor_config.json');
  return config && { name: 'preprocessor_config.json', config };
};

/** Whether a field is of something that is switched off: `crop_size` without `do_center_crop`. */
const isOff = (config: Fields, field: string): boolean =>
  config[field] === false || (field === 'crop_size' && config.do_center_crop !== true);

const checkKind = (config: Fields, refuse: Refuse): void => {
  for (const field of ['image_processor_type', 'feature_extractor_type']) {
    const kind = config[field];
    if (typeof kind === 'string' && !kind.startsWith('Vilt')) refuse(field, 'only those of ViLT are known');
  }
  if (config.do_resize === false) refuse('do_resize', 'pictures are always resized here');
};

const shortestOf = (config: Fields, patch: number, refuse: Refuse): number | undefined => {
  const { size } = config;
  if (size === undefined || size === null) return undefined;
  const shortest = typeof size === 'object' ? (size as Fields).shortest_edge : size;
  if (typeof shortest !== 'number') return refuse('size', 'ViLT resizes by the shortest_edge');
  return Number.isSafeInteger(shortest) && shortest >= patch ? shortest : refuse('size', `a patch has ${patch} pixels`);
};

const rulesOf = (config: Fields, patch: number, refuse: Refuse): PictureRules => {
  const { resample = 3, size_divisor: multiple = 32, do_rescale, do_normalize, rescale_factor: factor } = config;
  const filter = pillowFilters[Number(resample ?? 3)];
  if (filter === undefined) return refuse('resample', `the filters are 0 to ${pillowFilters.length - 1}`);
  const isMultiple = typeof multiple === 'number' && multiple > 0 && multiple % patch === 0;
  if (!isMultiple)
    return refuse('size_divisor', `it must be a multiple of ${patch}, the side of a patch, and is 32 by default`);
  const scale = do_rescale === false ? 1 : (factor ?? 1 / 255);
  if (typeof scale !== 'number' || !Number.isFinite(scale)) return refuse('rescale_factor', 'it must be a number');
  const isNormalized = do_normalize !== false;
  return {
    mean: isNormalized ? channelsOf(config, 'image_mean', refuse) : [0, 0, 0],
    deviation: isNormalized ? channelsOf(config, 'image_std', refuse) : [1, 1, 1],
    ...{ scale, filter, multiple },
  };
};

/** Values of the three channels, or one for all of them; 0.5 by default. */
const channelsOf = (config: Fields, field: 'image_mean' | 'image_std', refuse: Refuse): readonly number[] => {
  const value = config[field] ?? 0.5;
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  const all = list.length === 1 ? [list[0], list[0], list[0]] : list;
  const isRight = (one: unknown): one is number => Number.isFinite(one) && (field === 'image_mean' || one !== 0);
  return all.length === 3 && all.every(isRight) ? all : refuse(field, 'it must be three numbers, or one for all');
};

const isUsual = ({ mean, deviation, scale, filter, multiple }: PictureRules, patch: number): boolean =>
  [...mean, ...deviation].every((value) => value === 0.5) &&
  scale === 1 / 255 &&
  filter === 'bicubic' &&
  multiple === patch;
