import { writeSafetensors } from './formats/safetensors.ts';
import { type Model, metadataOf } from './model-file.ts';

/**
 * Saves a model as a safetensors file. A file that stood there is replaced only when the new one is complete.
 *
 * @param options.dtype Type of the weights in the file. Default `F32`; `F16` halves it.
 * @throws UserError where it cannot be written.
 */
export const saveModel = async (
  path: string,
  { config, weights }: Model,
  { dtype = 'F32' }: { readonly dtype?: 'F32' | 'F16' | undefined } = {},
): Promise<void> => writeSafetensors(path, weights, metadataOf(config), { dtype });
