import { UserError } from '../errors.ts';

/** Parameters of each encoder of a dual encoder. */
const encoders: Readonly<Record<string, RegExp>> = { image: /^image_encoder\./, text: /^text_encoder\./ };

/**
 * Names of the parameters that are frozen: neither a gradient nor moments are kept of them, and they do not move.
 *
 * @param freeze `image`, `text`, or both with a comma between: the encoder of that modality; otherwise a regular
 * expression that is looked for in each name.
 * @throws UserError where it is no regular expression, or no name matches, or all do.
 */
export const frozenNames = (names: readonly string[], freeze: string | undefined): ReadonlySet<string> => {
  if (freeze === undefined) return new Set();
  const parts = freeze.split(',').map((part) => part.trim());
  const areEncoders = parts.every((part) => part in encoders);
  if (areEncoders && names.some((name) => name.startsWith('shared_encoder.'))) {
    throw new UserError(
      `freeze ${freeze}: texts and images run through one Transformer in this model: give a pattern, such as ^shared_encoder`,
    );
  }
  const patterns = areEncoders ? parts.map((part) => encoders[part]!) : [patternOf(freeze)];
  const frozen = names.filter((name) => patterns.some((pattern) => pattern.test(name)));
  const idle = patterns.find((pattern) => !names.some((name) => pattern.test(name)));
  if (idle) {
    throw new UserError(
      `freeze ${freeze}: no parameter matches ${idle}: this model has ${names.length}, such as ${names.slice(0, 3).join(', ')}`,
    );
  }
  if (frozen.length < names.length) return new Set(frozen);
  throw new UserError(
    `freeze ${freeze}: it matches every parameter, and nothing is left to train: give a narrower one`,
  );
};

const patternOf = (freeze: string): RegExp => {
  try {
    return new RegExp(freeze);
  } catch (cause) {
    throw new UserError(
      `freeze ${freeze}: it is neither image nor text, nor a regular expression: ${(cause as Error).message}`,
      { cause },
    );
  }
};
