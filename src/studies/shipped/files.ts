import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { UserError } from '../../index.ts';
import type { ShippedName } from './recipes.ts';

/** Path of a file of weights among those that come with the package; its model card is beside it. */
export const shippedFile = (name: ShippedName): string =>
  fileURLToPath(new URL(`../../../assets/${name}.safetensors`, import.meta.url));

/**
 * Path of a file of weights: the given one, or that of the package.
 *
 * @throws UserError where it is missing.
 */
export const existingFile = (name: ShippedName, path = shippedFile(name)): string => {
  if (existsSync(path)) return path;
  throw new UserError(`${path}: no such file: train one with: dide remake ${name} --out ${path}`);
};
