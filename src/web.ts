/**
 * `dide/web`: students in a browser, on onnxruntime-web. It has what `dide` has of questions, searches and training, from
 * addresses and pictures in hand instead of files, and nothing of Node.
 *
 *   await using student = openPredictor(await loadModel('student.safetensors'), ort);   // onnxruntime-web/wasm
 *   const photos = await openImageCache('cache/');           // of the folder that `dide site` wrote
 *   await ask(student, photos, 'is there a dog?', { atLeast: 0.5 });
 */

export { adaptModel, createStudent } from './checkpoints/derive.ts';
export type { Model } from './checkpoints/model-file.ts';
export { compileWith, type OnnxRuntimeWeb, type WebOptions } from './engine/runtime/web.ts';
export { UserError } from './errors.ts';
export type { AskedOptions, RankedAnswer } from './inference/answer-prepared.ts';
export { type EncodeTextOptions, encodeText } from './inference/encode-text.ts';
export type { ExplainedModel, ExplainedPair, HeadedAttention } from './inference/explain/explained-pair.ts';
export type { Explainer, LookOptions, TextOfImage } from './inference/explain/explainer.ts';
export type { ImageCache } from './inference/image-cache.ts';
export type { Predictor } from './inference/predictor.ts';
export type { Answer, AskOptions } from './inference/query/ask-options.ts';
export type { FoundImage, SearchOptions } from './inference/query/compare.ts';
export type { Condition, Conditions } from './inference/query/conditions.ts';
export { datesOf, dateText, type ImageDates } from './inference/query/dates.ts';
export { type FilteredImages, filterImages } from './inference/query/filter.ts';
export { countFolders, type FolderCount } from './inference/query/folders.ts';
export type { Entailment, EntailOptions, JudgedImage } from './inference/query/judge-images.ts';
export type { JudgedPair, ReasonOptions } from './inference/query/judge-pairs.ts';
export type { AnswerCount, QuestionResult, QuestionsOptions } from './inference/query/questions.ts';
export type { RankedImage, RankingOptions } from './inference/query/ranking.ts';
export type { ImageFilter } from './inference/store/image-filter.ts';
export type { Pixels } from './kernels/pixels.ts';
export { type PreparedExample, prepareExamples, type WebExample } from './web/examples.ts';
export { openExplainer, type WebExplainerOptions, type WebPair } from './web/explain.ts';
export type { ReadingOptions, WebSource } from './web/fetched.ts';
export { answer, encodeImage, type WebImageOptions } from './web/images.ts';
export { openImageCache } from './web/open-cache.ts';
export { loadModel, openPredictor, type WebLoadOptions } from './web/open-student.ts';
export { type PixelData, pixelsOf, type WebImage } from './web/pixels.ts';
export { ask, askAll, entail, reason, search, type WebQuery } from './web/query.ts';
export { saveModel } from './web/save-model.ts';
export { train, type WebTrainOptions, type WebTrainStep } from './web/train.ts';
