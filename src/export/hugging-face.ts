import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeSafetensors } from '../checkpoints/formats/safetensors.ts';
import { isPartOf } from '../checkpoints/heads.ts';
import type { Model } from '../checkpoints/model-file.ts';
import { toHuggingFace } from '../checkpoints/rename-tensors.ts';
import type { Weights } from '../engine/numbers.ts';
import { UserError } from '../errors.ts';
import { pictureRulesOf } from '../inference/size-rule.ts';
import { pillowFilters } from '../kernels/resize/filters.ts';
import { vilt } from '../model/architecture.ts';
import type { ModelConfig, WordRules } from '../model/config.ts';
import { pretrainingPurpose } from '../model/purposes/pretraining.ts';
import { rankingPurpose } from '../model/purposes/ranking.ts';
import { huggingFaceKind, writeExport } from './export-folder.ts';

/**
 * Saves a ViLT as a folder that transformers' `from_pretrained` loads: config.json, model.safetensors,
 * preprocessor_config.json, vocab.txt and tokenizer_config.json.
 *
 * transformers has one LayerNorm epsilon where ViLT has two. That of the word embeddings (1e-12) is written, as its own
 * conversion does: it matters most there, and in place of the blocks' 1e-6 it changes logits by about 4e-6.
 *
 * A ranking model becomes a ViltForImageAndTextRetrieval without its matching head: that class has none, and no score
 * needs it.
 *
 * @throws UserError where the model is no ViLT, or is pretrained and not fine-tuned: transformers has no class with
 * both heads of pre-training.
 */
export const saveHuggingFace = async (folder: string, { config, weights }: Model): Promise<void> => {
  if (config.architecture !== vilt) {
    const kind = config.architecture.towers ? 'dual encoder' : config.architecture.name;
    throw new UserError(`${folder}: transformers has no ${kind}: give a ViLT, or export this model as ONNX`);
  }
  if (config.purpose === pretrainingPurpose) {
    throw new UserError(
      `${folder}: transformers has no class for a pretrained model: its ViltForMaskedLM has no matching head (itm_score): fine-tune the model for a task first`,
    );
  }
  await writeExport(folder, huggingFaceKind, async (into) => {
    const named = toHuggingFace(supportedWeights(config, weights));
    await writeSafetensors(join(into, 'model.safetensors'), named, { format: 'pt' });
    const json = (name: string, value: object): Promise<void> =>
      writeFile(join(into, name), `${JSON.stringify(value, null, 2)}\n`);
    await json('config.json', modelConfig(config));
    await json('preprocessor_config.json', preprocessorConfig(config));
    await json('tokenizer_config.json', tokenizerConfig(config));
    await writeFile(join(into, 'vocab.txt'), `${config.vocabulary.join('\n')}\n`);
  });
};

/** Weights that transformers' class has parameters for. */
const supportedWeights = (config: ModelConfig, weights: Weights): Weights =>
  config.purpose === rankingPurpose ? new Map([...weights].filter(([name]) => !isPartOf('itm_score', name))) : weights;

const classOf = (config: ModelConfig): string => {
  if (config.purpose === rankingPurpose) return 'ViltForImageAndTextRetrieval';
  return config.images === 1 ? 'ViltForQuestionAnswering' : 'ViltForImagesAndTextClassification';
};

const modelConfig = (config: ModelConfig): object => ({
  architectures: [classOf(config)],
  ...backboneConfig(config),
  ...(config.answers.length === 0 ? {} : labelConfig(config)),
});

const backboneConfig = ({ sizes, images }: ModelConfig): object => ({
  model_type: 'vilt',
  hidden_size: sizes.width,
  num_hidden_layers: sizes.depth,
  num_attention_heads: sizes.heads,
  intermediate_size: sizes.hidden,
  hidden_act: sizes.activation ?? 'gelu',
  hidden_dropout_prob: 0,
  attention_probs_dropout_prob: 0,
  initializer_range: 0.02,
  layer_norm_eps: sizes.textEpsilon,
  image_size: sizes.grid * sizes.patch,
  patch_size: sizes.patch,
  num_channels: 3,
  qkv_bias: true,
  vocab_size: sizes.vocabulary,
  type_vocab_size: 2,
  modality_type_vocab_size: sizes.types,
  max_position_embeddings: sizes.words,
  max_image_length: -1,
  num_images: images === 1 ? -1 : images,
  tie_word_embeddings: false,
});

const labelConfig = ({ answers }: ModelConfig): object => ({
  id2label: Object.fromEntries(answers.map((answer, i) => [i, answer])),
  label2id: Object.fromEntries(answers.map((answer, i) => [answer, i])),
});

const preprocessorConfig = (config: ModelConfig): object => {
  const { mean, deviation, scale, filter, multiple } = pictureRulesOf(config);
  return {
    image_processor_type: 'ViltImageProcessor',
    do_resize: true,
    size: { shortest_edge: config.sizes.image },
    size_divisor: multiple,
    resample: pillowFilters.indexOf(filter),
    do_rescale: true,
    rescale_factor: scale,
    do_normalize: true,
    image_mean: mean,
    image_std: deviation,
    do_pad: true,
  };
};

/** Contents of tokenizer_config.json, which transformers' BertTokenizer reads beside vocab.txt. */
export const tokenizerConfig = ({ sizes, vocabulary, words }: ModelConfig): object => ({
  tokenizer_class: 'BertTokenizer',
  ...(words ? tokenizerRules(words, vocabulary) : { do_lower_case: true }),
  model_max_length: sizes.words,
  unk_token: '[UNK]',
  sep_token: '[SEP]',
  pad_token: '[PAD]',
  cls_token: '[CLS]',
  mask_token: '[MASK]',
});

/** Fields of tokenizer_config.json for a model that reads texts otherwise than BERT's uncased WordPiece. */
const tokenizerRules = ({ letters, accents, chinese, added }: WordRules, vocabulary: readonly string[]): object => ({
  do_lower_case: letters === 'lower-case',
  strip_accents: accents === 'removed',
  tokenize_chinese_chars: chinese === 'apart',
  added_tokens_decoder: Object.fromEntries(
    added.map(({ piece, foundIn, as }) => [
      vocabulary.indexOf(piece),
      {
        content: piece,
        ...{ normalized: foundIn === 'normalized', single_word: as === 'word', special: false },
        ...{ lstrip: false, rstrip: false },
      },
    ]),
  ),
});
