import type { Numbers } from '../engine/numbers.ts';
import { UserError } from '../errors.ts';
import { openWeights } from './formats/weights-file.ts';
import { findVocabulary } from './vocabulary.ts';

/** What a BERT gives a ViLT: its word embeddings and all that is added to them. */
export interface TextBackbone {
  readonly width: number;
  /** The word pieces by id. */
  readonly vocabulary: readonly string[];
  /** Under our names, `text_embeddings.…`. */
  readonly weights: ReadonlyMap<string, Numbers<Float32Array>>;
}

const wanted = [
  'word_embeddings.weight',
  'position_embeddings.weight',
  'token_type_embeddings.weight',
  'LayerNorm.weight',
  'LayerNorm.bias',
] as const;

/**
 * Reads the embeddings of a BERT to begin from, as ViLT does (Kim et al. 2021): `embeddings.*`, alone or below `bert.`, from
 * safetensors or PyTorch's pickles. Its Transformer is not used: the body is a ViT's.
 *
 * @param options.vocabulary its word pieces by id. Default: `vocab.txt` beside the file; BERT's where there is none.
 * @throws UserError where one of them is missing.
 */
export const readTextBackbone = async (
  path: string,
  { vocabulary }: { readonly vocabulary?: readonly string[] | undefined } = {},
): Promise<TextBackbone> => {
  await using file = await openWeights(path);
  const weights = new Map<string, Numbers<Float32Array>>();
  for (const part of wanted) {
    const own = [...file.tensors.keys()].find((name) => asToday(name).endsWith(`embeddings.${part}`));
    if (own === undefined) throw new UserError(`${file.path}: it has no embeddings.${part}: give a BERT`);
    const { shape, data } = await file.read(own);
    weights.set(`text_embeddings.${part}`, { shape, data: Float32Array.from(data) });
  }
  const [rows, width] = weights.get('text_embeddings.word_embeddings.weight')!.shape as [number, number];
  const pieces = await findVocabulary(rows, { path: file.path, ...(vocabulary ? { vocabulary } : {}) });
  return { width, vocabulary: pieces, weights };
};

/** Google's first checkpoints call a LayerNorm's weight and bias gamma and beta. */
const asToday = (name: string): string =>
  name.replace(/LayerNorm\.gamma$/, 'LayerNorm.weight').replace(/LayerNorm\.beta$/, 'LayerNorm.bias');
