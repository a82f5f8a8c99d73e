import type { Tensor } from '../engine/tensor.ts';
import { input } from '../engine/tensor.ts';
import { UserError } from '../errors.ts';
import type { FeatureGraphs, ModelConfig } from '../model/config.ts';

/** Outputs of each exported file, by its name without `.onnx`. */
export type ExportGraphs = Readonly<Record<string, Readonly<Record<string, Tensor>>>>;

/**
 * Graphs of the files of an export. A dual encoder is exported in parts that run apart: text, image and answer, or text
 * and image where it retrieves; a fusion encoder, which reads both together, in one.
 *
 * @throws UserError where the model gives neither answers nor vectors.
 */
export const exportGraphs = (config: ModelConfig): ExportGraphs => {
  const { features } = config.purpose.graphs(config);
  if (!features) return { model: { logits: logitsGraph(config) } };
  return features.answer ? answerGraphs(config, { ...features, answer: features.answer }) : vectorGraphs(features);
};

/** Graph from a model's inputs to its logits: [batch, answers]. @throws UserError where it has no answers. */
export const logitsGraph = (config: ModelConfig): Tensor => {
  const { architecture, task, purpose } = config;
  const { pairs } = purpose.graphs(config);
  if (pairs && purpose.logits) return pairs();
  throw new UserError(
    `export: a fusion encoder (${architecture.name}) for ${task} gives neither answers nor vectors: give a student, or a model that answers`,
  );
};

const vectorGraphs = ({ text, image }: FeatureGraphs): ExportGraphs => ({
  text: { text_vector: text() },
  image: { image_vector: image() },
});

const answerGraphs = (
  { images }: ModelConfig,
  graphs: FeatureGraphs & Required<Pick<FeatureGraphs, 'answer'>>,
): ExportGraphs => {
  // one file for both images of NLVR2: an input says whether an image is the first or the second
  const type = images === 1 ? 1 : input('image_place', ['batch'], 'int32');
  return {
    text: { text_shares: graphs.text() },
    image: { image_shares: graphs.image(type) },
    answer: { logits: graphs.answer!(1) },
  };
};
