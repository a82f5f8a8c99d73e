import { UserError } from '../errors.ts';

/** Shapes by parameter name. */
export type Shapes = ReadonlyMap<string, readonly number[]>;

/** The shapes of weights, of an open file's tensors, or of anything else that has one by name. */
export const shapesOf = (tensors: ReadonlyMap<string, { readonly shape: readonly number[] }>): Shapes =>
  new Map([...tensors].map(([name, { shape }]) => [name, shape]));

/**
 * What a checkpoint of the authors' code holds and a dual encoder does not use: each of its towers is a whole ViLT,
 * distilled runs carry their teacher along, and position_ids only counts.
 */
export const unusedParts: readonly RegExp[] = [
  /(^|\.)position_ids$/,
  /^teacher_model\./,
  /^image_encoder\.text_embeddings\./,
  /^text_encoder\.transformer\.(cls_token|pos_embed|patch_embed\.)/,
];

/**
 * Accounts for every name: what a model expects is there in its shape, and nothing is left over but what matches
 * `ignore`. Throws one UserError that lists all missing, unexpected and misshapen tensors; `where` is the file.
 */
export const checkShapes = (
  expected: Shapes,
  found: Shapes,
  where: string,
  { ignore = [] }: { ignore?: readonly RegExp[] | undefined } = {},
): void => {
  const known = [...expected.keys()].filter((name) => found.has(name));
  const missing = [...expected.keys()].filter((name) => !found.has(name));
  const extra = [...found.keys()].filter((name) => !expected.has(name) && !ignore.some((rule) => rule.test(name)));
  const misshapen = known.filter((name) => shown(expected, name) !== shown(found, name));
  const complaints = [
    listed(
      'missing',
      missing.map((name) => `${name} ${shown(expected, name)}`),
    ),
    listed(
      'not expected',
      extra.map((name) => `${name} ${shown(found, name)}`),
    ),
    listed(
      'of another shape',
      misshapen.map((name) => `${name} is ${shown(found, name)}, not ${shown(expected, name)}`),
    ),
  ].flat();
  if (complaints.length === 0) return;
  const total = missing.length + extra.length + misshapen.length;
  const many = total === 1 ? '1 tensor does' : `${total} tensors do`;
  throw new UserError(
    `${where}: ${many} not fit this model:\n${complaints.join('\n')}\nGive a checkpoint of this model, task and size.`,
  );
};

const shown = (shapes: Shapes, name: string): string => `[${shapes.get(name)!.join(', ')}]`;

/** How many names of a kind an error prints; the others are counted. */
const most = 20;

const listed = (what: string, lines: readonly string[]): string[] => {
  if (lines.length === 0) return [];
  const rest = lines.length > most ? [`    and ${lines.length - most} more`] : [];
  return [`  ${lines.length} ${what}:`, ...lines.slice(0, most).map((line) => `    ${line}`), ...rest];
};
