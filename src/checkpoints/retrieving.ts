import type { Weights } from '../engine/numbers.ts';
import type { Tensor } from '../engine/tensor.ts';
import type { ModelConfig } from '../model/config.ts';
import { type Inputs, inputsFor } from '../model/encoded.ts';
import { fusionEncoder } from '../model/fusion-encoder.ts';
import { matchingHead, rankHead } from '../model/heads.ts';
import type { Params } from '../model/params.ts';
import { candidateInputs, type Retrieved, ranked, retrieved } from '../model/purposes/retrieval.ts';
import { retrieval } from '../tasks/retrieval.ts';

/** Whether a description is of a model that finds texts and images instead of answering. */
export const isRetrieving = ({ task }: Pick<ModelConfig, 'task'>): boolean => task === retrieval.name;

/** A described dual encoder's share in a batch; its space is as wide as the model (VLMo code). */
export const retrievedBy = ({ sizes }: ModelConfig, p: Params, inputs: Inputs): Retrieved =>
  retrieved(p, inputs, { sizes, space: sizes.width });

/** A described fusion encoder's scores of so many candidate texts an image. → [batch, candidates] */
export const rankedBy = ({ sizes }: ModelConfig, p: Params, candidates: number): Tensor =>
  ranked(p, candidateInputs(sizes, candidates), sizes);

/**
 * Declares all parameters of a described model that retrieves. A fusion encoder keeps the matching head, from which its
 * rank head began, and never moves it (ViLT code).
 */
export const declareRetrieval = (config: ModelConfig, p: Params): void => {
  const { model, sizes } = config;
  const inputs = inputsFor(sizes);
  if (model === 'dide') {
    retrievedBy(config, p, inputs);
    return;
  }
  const { pair } = fusionEncoder(p, { text: inputs.text, image: inputs.images[0]! }, sizes);
  matchingHead(p, pair);
  rankHead(p, pair);
};

/** The rank head begins as the "yes" of the matching head (ViLT code), where the source has that one alone. */
export const beginRank = (weights: Weights, source: Weights): void => {
  if (source.has('rank_output.weight')) return;
  for (const part of ['weight', 'bias']) {
    const [rank, matching] = [weights.get(`rank_output.${part}`), source.get(`itm_score.fc.${part}`)];
    if (rank && matching) rank.data.set(matching.data.subarray(rank.data.length));
  }
};
