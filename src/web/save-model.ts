import { safetensorsParts } from '../checkpoints/formats/safetensors-bytes.ts';
import { type Model, metadataOf } from '../checkpoints/model-file.ts';

/**
 * A model as the bytes of a safetensors file, which `dide answer`, `dide evaluate` and `loadModel` open: the same bytes as
 * `saveModel` of `dide` writes.
 *
 * @param options.dtype Type of the weights in the file. Default `F32`; `F16` halves it.
 * @throws UserError where a weight is too large for `dtype`.
 */
export const saveModel = (
  { config, weights }: Model,
  { dtype = 'F32' }: { readonly dtype?: 'F32' | 'F16' | undefined } = {},
): Blob => {
  const parts = [...safetensorsParts(weights, metadataOf(config), { dtype, path: 'the model' })];
  return new Blob(parts.map(unshared), { type: 'application/octet-stream' });
};

/** Weights that are being trained are in shared memory, of which no Blob can be made: they are copied. */
const unshared = (bytes: Uint8Array): Uint8Array<ArrayBuffer> =>
  bytes.buffer instanceof ArrayBuffer ? (bytes as Uint8Array<ArrayBuffer>) : bytes.slice();
