import type { Numbers } from '../engine/numbers.ts';
import { UserError } from '../errors.ts';
import { readWordsBeside } from './beside/words.ts';
import { openWeights } from './formats/weights-file.ts';

/** Embeddings of a BERT from which a model can be initialised. */
export interface TextBackbone {
  readonly width: number;
  /** Word pieces by id. */
  readonly vocabulary: readonly string[];
  /** Weights under our names, `text_embeddings.…`. */
  readonly weights: ReadonlyMap<string, Numbers<Float32Array>>;
}

const parameters = [
  'word_embeddings.weight',
  'position_embeddings.weight',
  'token_type_embeddings.weight',
  'LayerNorm.weight',
  'LayerNorm.bias',
] as const;

/**
 * Reads the embeddings of a BERT, from which ViLT initialises its own (Kim et al. 2021): `embeddings.*`, alone or below
 * `bert.`, from safetensors or PyTorch's pickles. Its Transformer is not used: that of the model comes from a ViT.
 *
 * @param options.vocabulary Word pieces by id. Default: those of `tokenizer.json` or `vocab.txt` beside the file; BERT's where
 * there is neither.
 * @throws UserError where an embedding is missing.
 */
export const readTextBackbone = async (
  path: string,
  { vocabulary }: { readonly vocabulary?: readonly string[] | undefined } = {},
): Promise<TextBackbone> => {
  await using file = await openWeights(path);
  const weights = new Map<string, Numbers<Float32Array>>();
  for (const parameter of parameters) {
    const name = [...file.tensors.keys()].find((key) => currentName(key).endsWith(`embeddings.${parameter}`));
    if (name === undefined) throw new UserError(`${file.path}: it has no embeddings.${parameter}: give a BERT`);
    const { shape, data } = await file.read(name);
    weights.set(`text_embeddings.${parameter}`, { shape, data: Float32Array.from(data) });
  }
  const [rows, width] = weights.get('text_embeddings.word_embeddings.weight')!.shape as [number, number];
  const words = await readWordsBeside(rows, { path: file.path, vocabulary });
  return { width, vocabulary: words.vocabulary, weights };
};

/** Current name of a parameter: Google's first checkpoints call a LayerNorm's weight and bias gamma and beta. */
const currentName = (name: string): string =>
  name.replace(/LayerNorm\.gamma$/, 'LayerNorm.weight').replace(/LayerNorm\.beta$/, 'LayerNorm.bias');
