/**
 * `dide`: models, tasks, and the verbs that work on them. Those who build their own find the parts in `dide/engine`,
 * `dide/model`, `dide/data` and `dide/training`, and more kinds of questions over cached images in `dide/query`.
 */

export { adaptModel, createStudent, type StudentOptions } from './checkpoints/derive.ts';
export { type LoadOptions, loadModel } from './checkpoints/load.ts';
export type { Model } from './checkpoints/model-file.ts';
export { saveModel } from './checkpoints/save-model.ts';
export type { Example } from './data/example.ts';
export { UserError } from './errors.ts';
export { type EvaluateOptions, type Evaluation, evaluate } from './evaluation/evaluate.ts';
export { type ExportPrecision, type ExportResult, exportOnnx } from './export/onnx.ts';
export { type AnsweredImages, type AnswerOptions, answer, answerEach } from './inference/answer.ts';
export type { RankedAnswer } from './inference/answer-prepared.ts';
export { type CacheOptions, type CacheProgress, cacheImages } from './inference/cache-images.ts';
export { encodeImage } from './inference/encode-image.ts';
export { encodeText } from './inference/encode-text.ts';
export type { ImageCache } from './inference/image-cache.ts';
export { openImageCache } from './inference/open-image-cache.ts';
export { openPredictor, type PredictorOptions } from './inference/open-predictor.ts';
export type { Predictor } from './inference/predictor.ts';
export { ask } from './inference/query/ask.ts';
export type { Answer, AskOptions } from './inference/query/ask-options.ts';
export type { FoundImage, SearchOptions } from './inference/query/compare.ts';
export { search } from './inference/query/search.ts';
export type { ModelConfig } from './model/config.ts';
export { pretraining, retrieval } from './tasks/captions.ts';
export { defineTask, type TaskDefinition } from './tasks/define-task.ts';
export { nlvr2 } from './tasks/nlvr2.ts';
export { snliVe } from './tasks/snli-ve.ts';
export type { Learnable, Prediction, Task } from './tasks/task.ts';
export { vqa } from './tasks/vqa.ts';
export { type FinetuneOptions, finetune } from './training/finetune.ts';
export type { TrainStep } from './training/options.ts';
export { type PretrainOptions, pretrain } from './training/pretrain.ts';
