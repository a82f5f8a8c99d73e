/** `dide/model`: architectures and their parts, backbones to initialise from, and files of weights. */

export { readAnswerList } from './checkpoints/answer-list.ts';
export { holdsWeights } from './checkpoints/formats/open.ts';
export { readSafetensors } from './checkpoints/formats/safetensors.ts';
export { type ImageBackbone, readImageBackbone } from './checkpoints/image-backbone.ts';
export { type Backbones, type InitReport, initFrom, sizesOfBackbones } from './checkpoints/init-from.ts';
export { answeredBy } from './checkpoints/pretrained.ts';
export { fromHuggingFace } from './checkpoints/rename-tensors.ts';
export { isRetrieving } from './checkpoints/retrieving.ts';
export { readTextBackbone, type TextBackbone } from './checkpoints/text-backbone.ts';
export { type Architecture, answered, dide, headOver, vilt } from './model/architecture.ts';
export { architectureOf, parseConfig } from './model/config.ts';
export { imageEncoder, textEncoder } from './model/dual-encoder.ts';
export { type Answered, type Encoded, type Inputs, inputsFor, type Streams } from './model/encoded.ts';
export { fusionEncoder } from './model/fusion-encoder.ts';
export { interaction } from './model/interaction.ts';
export { base32, mini, type Sizes, sizes, tiny } from './model/sizes.ts';
