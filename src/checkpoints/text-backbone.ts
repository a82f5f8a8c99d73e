import type { Numbers } from '../engine/numbers.ts';
import { UserError } from '../errors.ts';
import type { TransformerSizes } from '../model/attention.ts';
import { readBertTransformer } from './bert-transformer.ts';
import { readWordsBeside } from './beside/words.ts';
import { openWeights } from './formats/weights-file.ts';
import type { OpenOptions } from './load.ts';

/** Weights of a BERT from which a model can be initialised. */
export interface TextBackbone {
  readonly width: number;
  /** Sizes of its Transformer; absent where it is not read. */
  readonly transformer?: TransformerSizes | undefined;
  /** Word pieces by id. */
  readonly vocabulary: readonly string[];
  /** Weights under our names, `text_embeddings.…` and, where its Transformer is read, `transformer.blocks.…`. */
  readonly weights: ReadonlyMap<string, Numbers<Float32Array>>;
}

const parameters = [
  'word_embeddings.weight',
  'position_embeddings.weight',
  'token_type_embeddings.weight',
  'LayerNorm.weight',
  'LayerNorm.bias',
] as const;

/** Sources of a BERT. */
export interface TextBackboneOptions {
  readonly vocabulary?: readonly string[] | undefined;
  /** `embeddings` alone (default), or the `whole` BERT, which becomes the text encoder of a dual encoder. */
  readonly part?: 'embeddings' | 'whole' | undefined;
}

/**
 * Reads a BERT, from safetensors or PyTorch's pickles: `embeddings.*`, alone or below `bert.`, from which ViLT
 * initialises its own (Kim et al. 2021), and its Transformer where the whole is asked for. The heads, the activation and
 * the epsilon of that are those of `config.json` beside the file, its vector that of `1_Pooling/config.json`, as
 * sentence-transformers write it: the mean of all tokens, or [CLS].
 *
 * @param options.vocabulary Word pieces by id. Default: those of `tokenizer.json` or `vocab.txt` beside the file; BERT's where
 * there is neither.
 * @throws UserError where an embedding is missing.
 */
export const readTextBackbone = async (
  path: string,
  { vocabulary, part = 'embeddings', onPull, onWarning }: TextBackboneOptions & OpenOptions = {},
): Promise<TextBackbone> => {
  await using file = await openWeights(path, { onPull, onNotice: onWarning });
  const weights = new Map<string, Numbers<Float32Array>>();
  for (const parameter of parameters) {
    const name = [...file.tensors.keys()].find((key) => currentName(key).endsWith(`embeddings.${parameter}`));
    if (name === undefined) throw new UserError(`${file.path}: it has no embeddings.${parameter}: give a BERT`);
    const { shape, data } = await file.read(name);
    weights.set(`text_embeddings.${parameter}`, { shape, data: Float32Array.from(data) });
  }
  const [rows, width] = weights.get('text_embeddings.word_embeddings.weight')!.shape as [number, number];
  const words = await readWordsBeside(rows, { path: file.path, vocabulary });
  if (part === 'embeddings') return { width, vocabulary: words.vocabulary, weights };
  const { transformer, blocks } = await readBertTransformer(file, width);
  return { width, vocabulary: words.vocabulary, weights: new Map([...weights, ...blocks]), transformer };
};

/** Current name of a parameter: Google's first checkpoints call a LayerNorm's weight and bias gamma and beta. */
const currentName = (name: string): string =>
  name.replace(/LayerNorm\.gamma$/, 'LayerNorm.weight').replace(/LayerNorm\.beta$/, 'LayerNorm.bias');
