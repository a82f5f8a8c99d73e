/** `dide/training`: objectives, the training loop, and the folder of a run. */

export { jointAttention, uniModalAttention, wholeAttention } from './objectives/attention-distillation.ts';
export type { Candidates } from './objectives/candidates.ts';
export {
  across,
  crossModalAttention,
  crossModalAttentionDistillation,
} from './objectives/cross-modal-attention-distillation.ts';
export type { Attention } from './objectives/divergence.ts';
export { crossEntropy, hardLabels, hardLabelsBinary } from './objectives/hard-labels.ts';
export { hiddenStates } from './objectives/hidden-state-distillation.ts';
export { imageTextContrastive } from './objectives/image-text-contrastive.ts';
export { imageTextMatching, matchingDistillation } from './objectives/image-text-matching.ts';
export { everyLayer, type LayerPair, lastLayers } from './objectives/layers.ts';
export { maskedLanguageModeling } from './objectives/masked-language-modeling.ts';
export type { Objective, Objectives, Weighted } from './objectives/objective.ts';
export { partialRanking } from './objectives/partial-ranking-distillation.ts';
export { sigmoidContrast } from './objectives/sigmoid-contrast.ts';
export { softLabels, softLabelsBinary } from './objectives/soft-label-distillation.ts';
export { softScores } from './objectives/soft-score-distillation.ts';
export { textRanking } from './objectives/text-ranking.ts';
export { type TransportOptions, wordPatchAlignment } from './objectives/word-patch-alignment.ts';
export { type Launched, launchedBy, openProcesses } from './processes/launched.ts';
export { type Channel, LostProcess, type Processes, type ProcessOptions, type Summed } from './processes/processes.ts';
export { usualThreads } from './processes/usual-threads.ts';
export type { AugmentationPolicy } from './training/augmentation.ts';
export { type TrainOptions, train } from './training/finetune.ts';
export { readMetrics } from './training/metrics.ts';
export { type Option, type OptionTable, settingsOf, type Values } from './training/option-table.ts';
export { type RunOptions, type TrainingOptions, trainingOptions } from './training/options.ts';
export { passesOver } from './training/passes.ts';
export { bestIn, lastIn } from './training/run-folder.ts';
export {
  type LossOptions,
  type LossWeights,
  lossOptions,
  pretrainingOptions,
  retrievalOptions,
} from './training/stage-options.ts';
export { defaultLosses } from './training/stages/stages.ts';
export { openTeacherCache, type TeacherCache, type TeacherCacheOptions } from './training/teacher-outputs/cache.ts';
export { usualLearningRate } from './training/updates/move-weights.ts';
