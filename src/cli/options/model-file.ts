import { type Description, openSafetensors, parseDescription } from '../../model.ts';

/** Header of a file of weights, read without its numbers. */
export interface Head {
  /** Absent where the file was not saved by dide. */
  readonly config?: Description | undefined;
  /** State of training that a run's checkpoint keeps beside the weights. */
  readonly progress?: { readonly update?: number | undefined } | undefined;
  readonly tensors: number;
  readonly parameters: number;
}

/** Reads the header of a file of weights. @throws UserError where the file is not there or not a safetensors file. */
export const headOf = async (path: string): Promise<Head> => {
  await using file = await openSafetensors(path);
  const described = file.metadata.get('dide.description');
  const progress = file.metadata.get('dide.progress');
  const weights = [...file.tensors].filter(([name]) => !name.startsWith('optimizer.'));
  const numbers = weights.map(([, { shape }]) => shape.reduce((product, size) => product * size, 1));
  return {
    tensors: file.tensors.size,
    parameters: numbers.reduce((sum, count) => sum + count, 0),
    ...(described === undefined ? {} : { config: parseDescription(described, path) }),
    ...(progress === undefined ? {} : { progress: JSON.parse(progress) as Head['progress'] & object }),
  };
};
