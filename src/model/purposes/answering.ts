import { add, concat, gemm, reshape, slice } from '../../engine/ops.ts';
import { volume } from '../../engine/shapes.ts';
import { input, type Tensor } from '../../engine/tensor.ts';
import type { Architecture } from '../architecture.ts';
import type { FeatureGraphs, Kept, ModelConfig, ModelGraphs, PairGraphs, Purpose } from '../config.ts';
import { forward } from '../forward.ts';
import { inputsFor } from '../inputs.ts';
import { imageFeatures, interactionOfFeatures, textFeatures } from '../interaction.ts';
import { keptFeatures } from '../kept.ts';
import { chosenLinear, classifier, classifierHidden, classifierRest, linearRows, oddsAgainst } from '../linear.ts';
import { createParams, type Params } from '../params.ts';

/** Name of a task's classifier, as in ViLT's and DiDE's code: `vqa_classifier`, SNLI-VE's `ve_classifier`. */
export const classifierName = (task: string): string => `${task}_classifier`;

/** Answering the questions of a task: a classifier over the pair vectors of all images, side by side. */
export const answeringPurpose: Purpose = {
  name: 'answering',
  heads: (task) => [classifierName(task)],
  declare: (config, p) => {
    forward(config, p, inputsFor(config.sizes, { images: config.images }));
  },
  logits: ({ sizes, task, answers }, p, pairs) =>
    classifier(p.within(classifierName(task)), concat(pairs, 1), [2 * sizes.width, answers.length]),
  graphs: (config) => answerGraphs(config),
};

/** Graphs of a model with answers: the whole model, and the parts of a dual encoder. */
export const answerGraphs = (config: ModelConfig): ModelGraphs => ({
  pairs: () => forward(config, createParams(), inputsFor(config.sizes, { images: config.images })).logits,
  features: config.architecture.towers && featureGraphs(config, config.architecture.towers),
});

/**
 * Parts of a dual encoder that answers. Features are each modality's half of the first layer of f,
 * A [t; v] = A_t t + A_v v: [batch, 2 width].
 */
const featureGraphs = (config: ModelConfig, towers: NonNullable<Architecture['towers']>): FeatureGraphs => {
  const { sizes, images, purpose } = config;
  const p = createParams();
  const inputs = inputsFor(sizes);
  const width = 2 * sizes.width;
  return {
    width,
    text: () => textFeatures(p, towers.pool(p, 'text', towers.text(p, inputs.text, sizes))),
    image: (type) => imageFeatures(p, towers.pool(p, 'image', towers.image(p, inputs.images[0]!, sizes, type))),
    ...(images === 1 ? { scan: (...scanned) => scanGraph(config, scanned) } : {}),
    answer: (texts) => {
      const text = input('text_shares', [texts, width]);
      const kept = ['image_shares', 'image_shares_2'].slice(0, images).map((name) => input(name, ['images', width]));
      const pairs = kept.map((image): Tensor => interactionOfFeatures(p, add(text, image)));
      return purpose.logits!(config, p, pairs);
    },
    pairs: images === 2 ? pairGraphs(config, p) : undefined,
  };
};

const pairGraphs = ({ sizes, task, answers }: ModelConfig, p: Params): PairGraphs => {
  const width = 2 * sizes.width;
  const head = p.within(classifierName(task));
  return {
    half: (place) => {
      const [text, image] = [input('text_shares', [1, width]), input('image_shares', ['images', width])];
      const begin = place === 'first' ? 0 : sizes.width;
      const weight = slice(head.get('0.weight', [width, width], 'normal'), 1, begin, begin + sizes.width);
      const half = gemm(interactionOfFeatures(p, add(text, image)), weight, ['as-is', 'transposed']);
      return place === 'first' ? add(half, head.get('0.bias', [width], 'zeros')) : half;
    },
    judge: () => classifierRest(head, input('halves', ['pairs', width]), answers.length),
  };
};

/** Every text about every image: f and the head over all pairs of a block, as products of matrices. */
const scanGraph = (config: ModelConfig, [kept, answers, texts]: Scanned): Tensor => {
  const { sizes, task } = config;
  const [p, width] = [createParams(), 2 * sizes.width];
  const [f, head] = [p.within('fusion'), p.within(classifierName(task))];
  const pair = linearRows(f.within('3'), classifierHidden(f, sumsOfPairs(kept, texts, width)), sizes.width);
  const raised = classifierHidden(head, linearRows(head.within('0'), pair, width));
  return lastLayers[answers](head.within('3'), raised, config.answers.length);
};

type Scanned = Parameters<NonNullable<FeatureGraphs['scan']>>;

const lastLayers = { all: linearRows, chosen: chosenLinear, against: oddsAgainst } as const;

/** Sums of the features of every text and every image: [texts * images, width]. */
const sumsOfPairs = (kept: Kept, texts: 1 | 'texts', width: number): Tensor => {
  const [text, image] = [input('text_shares', [texts, width]), keptFeatures(kept, width)];
  if (texts === 1) return add(text, image);
  const pairs = add(reshape(text, [texts, 1, width]), reshape(image, [1, 'images', width]));
  return reshape(pairs, [volume([texts, 'images']), width]);
};
