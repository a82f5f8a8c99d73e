import { UserError } from '../errors.ts';

/** Shapes by parameter name. */
export type Shapes = ReadonlyMap<string, readonly number[]>;

/** Shapes of weights, of an open file's tensors, or of any other map of things with a shape. */
export const shapesOf = (tensors: ReadonlyMap<string, { readonly shape: readonly number[] }>): Shapes =>
  new Map([...tensors].map(([name, { shape }]) => [name, shape]));

/**
 * Names of tensors that a checkpoint of the authors' code holds and a dual encoder does not use: each of its towers is
 * a whole ViLT, distilled runs carry their teacher along, and `position_ids` only counts.
 */
export const unusedParts: readonly RegExp[] = [
  /(^|\.)position_ids$/,
  /^teacher_model\./,
  /^image_encoder\.text_embeddings\./,
  /^text_encoder\.transformer\.(cls_token|pos_embed|patch_embed\.)/,
];

/**
 * Checks that a file has every tensor that a model expects, in its shape, and no other.
 *
 * @param path names the file in the error.
 * @param options.ignore names of tensors that may be left over.
 * @throws UserError that lists all missing, unexpected and misshapen tensors.
 */
export const checkShapes = (
  expected: Shapes,
  found: Shapes,
  path: string,
  { ignore = [] }: { ignore?: readonly RegExp[] | undefined } = {},
): void => {
  const known = [...expected.keys()].filter((name) => found.has(name));
  const missing = [...expected.keys()].filter((name) => !found.has(name));
  const extra = [...found.keys()].filter((name) => !expected.has(name) && !ignore.some((rule) => rule.test(name)));
  const misshapen = known.filter((name) => shapeText(expected, name) !== shapeText(found, name));
  const problems = [
    problemLines(
      'missing',
      missing.map((name) => `${name} ${shapeText(expected, name)}`),
    ),
    problemLines(
      'not expected',
      extra.map((name) => `${name} ${shapeText(found, name)}`),
    ),
    problemLines(
      'of another shape',
      misshapen.map((name) => `${name} is ${shapeText(found, name)}, not ${shapeText(expected, name)}`),
    ),
  ].flat();
  if (problems.length === 0) return;
  const total = missing.length + extra.length + misshapen.length;
  const many = total === 1 ? '1 tensor does' : `${total} tensors do`;
  throw new UserError(`${path}: ${many} not fit this model: give a checkpoint of this model, task and size:`, {
    list: problems,
  });
};

const shapeText = (shapes: Shapes, name: string): string => `[${shapes.get(name)!.join(', ')}]`;

/** Most names of one kind that an error prints; the others are counted. */
const MOST_NAMES = 20;

const problemLines = (kind: string, lines: readonly string[]): string[] => {
  if (lines.length === 0) return [];
  const rest = lines.length > MOST_NAMES ? [`    and ${lines.length - MOST_NAMES} more`] : [];
  return [`  ${lines.length} ${kind}:`, ...lines.slice(0, MOST_NAMES).map((line) => `    ${line}`), ...rest];
};
