import { pictureRulesOf } from '../inference/size-rule.ts';
import type { ModelConfig } from '../model/config.ts';

/** Manifest of an export: what a program in any language must know to run its files. */
export const manifestOf = (config: ModelConfig, precision: string): object => {
  const { sizes, task, answers, scoring } = config;
  const { mean, deviation, scale, filter, multiple } = pictureRulesOf(config);
  const { features } = config.purpose.graphs(config);
  const isRetriever = features !== undefined && !features.answer;
  return {
    task,
    ...(isRetriever ? {} : { answers, scoring }),
    precision,
    text: { longest: sizes.words, vocabulary: 'vocab.txt', ...textRules(config) },
    pictures: {
      resize: {
        shortestEdge: sizes.image,
        longestEdge: Math.trunc((1333 / 800) * sizes.image),
        multipleOf: multiple,
        filter,
      },
      normalise: { ...(scale === 1 / 255 ? {} : { scale }), mean, deviation },
      patch: sizes.patch,
      grid: sizes.grid,
    },
    files: isRetriever ? vectorFiles : features ? answerFiles(config) : wholeFile(config),
  };
};

/** Rules by which texts are split into words; what is as in BERT's uncased WordPiece is not said, but for the lower case. */
const textRules = ({ words }: ModelConfig): object => {
  const { letters = 'lower-case', accents = 'removed', chinese = 'apart', added = [] } = words ?? {};
  return {
    lowerCase: letters === 'lower-case',
    ...(accents === 'removed' ? {} : { accents }),
    ...(chinese === 'apart' ? {} : { chinese }),
    ...(added.length === 0 ? {} : { added }),
  };
};

/** Inputs of a text. */
const words = {
  words: 'int32 [batch, words]: ids with [CLS] and [SEP]',
  word_mask: 'float32 [batch, words]: 1 real, 0 padding',
};

/** Inputs of an image. @param suffix `_2` for the second of two. */
const patches = (suffix = ''): Record<string, string> => ({
  [`patches${suffix}`]: 'float32 [batch, patches, 3 patch patch]: raster order, each by channel, row, column',
  [`patch_mask${suffix}`]: 'float32 [batch, patches]: 1 real, 0 padding',
  [`patch_positions${suffix}`]:
    'float32 [batch, patches, grid grid]: bilinear weights (align_corners) of each patch over the position table',
});

const order = 'in the order of answers';

const answerFiles = ({ answers, images }: ModelConfig): object => ({
  'text.onnx': { inputs: words, outputs: { text_shares: 'float32 [batch, 2 width]' } },
  'image.onnx': {
    inputs: {
      ...patches(),
      ...(images === 2 && { image_place: 'int32 [batch]: 1 the first of two images, 2 the second' }),
    },
    outputs: { image_shares: 'float32 [batch, 2 width]: keep them, one an image' },
  },
  'answer.onnx': {
    inputs: {
      text_shares: 'float32 [1, 2 width]: one text',
      image_shares: 'float32 [images, 2 width]',
      ...(images === 2 && { image_shares_2: 'float32 [images, 2 width]: the second of each two' }),
    },
    outputs: { logits: `float32 [images, ${answers.length}], ${order}` },
  },
});

const vectorFiles = {
  'text.onnx': {
    inputs: words,
    outputs: { text_vector: 'float32 [batch, width], of length 1: how well it fits an image is their dot product' },
  },
  'image.onnx': {
    inputs: patches(),
    outputs: { image_vector: 'float32 [batch, width], of length 1: keep them, one an image' },
  },
};

const wholeFile = ({ answers, images }: ModelConfig): object => ({
  'model.onnx': {
    inputs: { ...words, ...patches(), ...(images === 2 && patches('_2')) },
    outputs: { logits: `float32 [batch, ${answers.length}], ${order}` },
  },
});
