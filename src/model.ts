/** `dide/model`: architectures and their parts, backbones to initialise from, and files of weights. */

export { readAnswerList } from './checkpoints/answers.ts';
export { sharedAnswers } from './checkpoints/derive.ts';
export { configOf, type Description, descriptionOf, parseDescription } from './checkpoints/description.ts';
export { openSafetensors } from './checkpoints/formats/safetensors.ts';
export { isWeightsFolder } from './checkpoints/formats/weights-file.ts';
export { type ImageBackbone, readImageBackbone } from './checkpoints/image-backbone.ts';
export { type Backbones, type InitReport, initFrom, sizesOfBackbones } from './checkpoints/init-from.ts';
export { type CheckpointInfo, inspectCheckpoint } from './checkpoints/inspect.ts';
export { type Checkpoint, openCheckpoint } from './checkpoints/load.ts';
export { createModel, type ModelPrecision } from './checkpoints/model-file.ts';
export { fromHuggingFace } from './checkpoints/rename-tensors.ts';
export { readTextBackbone, type TextBackbone } from './checkpoints/text-backbone.ts';
export { saveHuggingFace } from './export/hugging-face.ts';
export { isHubModel } from './hub/address.ts';
export {
  type Architecture,
  dide,
  dualArchitecture,
  fusionArchitecture,
  type Towers,
  vilt,
} from './model/architecture.ts';
export type { Goal, Purpose, Scoring } from './model/config.ts';
export { imageEncoder, textEncoder } from './model/dual-encoder.ts';
export { forward } from './model/forward.ts';
export { fusionEncoder } from './model/fusion-encoder.ts';
export { type Inputs, inputsFor } from './model/inputs.ts';
export { interaction } from './model/interaction.ts';
export type { Answered, Encoded, Streams } from './model/outputs.ts';
export { createConfig } from './model/purposes/purpose-of.ts';
export { base32, mini, type Sizes, sizes, tiny } from './model/sizes.ts';
