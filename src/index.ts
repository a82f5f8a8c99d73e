/** The public face: verbs that work on values. What stands here is what the command line, too, has to do with. */

// weights: models with numbers in them
export { readAnswerList } from './checkpoints/answer-list.ts';
export { holdsWeights } from './checkpoints/formats/open.ts';
export { readSafetensors } from './checkpoints/formats/safetensors.ts';
export { type ImageBackbone, readImageBackbone } from './checkpoints/image-backbone.ts';
export { type Backbones, type InitReport, initFrom, sizesOfBackbones } from './checkpoints/init-from.ts';
export { type CheckpointInfo, inspectCheckpoint } from './checkpoints/inspect.ts';
export { type LoadOptions, loadCheckpointModel } from './checkpoints/load.ts';
export {
  adaptModel,
  type BeginOptions,
  createModel,
  createStudent,
  loadTrained,
  type Model,
  type StudentOptions,
  saveModel,
} from './checkpoints/model-file.ts';
export { readTextBackbone, type TextBackbone } from './checkpoints/text-backbone.ts';
// data: folders in, examples out
export { type AugmentationName, augmentations, randAugment } from './data/augment.ts';
export {
  type Example,
  type ImageSource,
  imageName,
  type ScoredAnswer,
  type StoredImage,
  scoredAnswers,
} from './data/example.ts';
export { randomFlips } from './data/flips.ts';
export { listSplits, readAnswers, readCaptions, readFolder } from './data/folder.ts';
export {
  type Converted,
  type ConvertOptions,
  type ConvertProgress,
  convertExamples,
  convertedFormats,
} from './data/formats/convert.ts';
export {
  type Dataset,
  type DatasetQuery,
  type ExampleTask,
  exampleTasks,
  type Format,
  type ReadOptions,
} from './data/formats/format.ts';
export { openAnswers, openExamples } from './data/formats/open-examples.ts';
export { type Survey, type SurveyedSplit, surveyData } from './data/formats/survey.ts';
export { type StreamOptions, streamShards } from './data/formats/webdataset/stream.ts';
export { encodePng, readImage } from './data/image.ts';
export { createSkipPolicy, type OnUnreadable, type SkipPolicy } from './data/skip-policy.ts';
export { bertVocabulary, createTokenizer, readVocabulary, SPECIAL_PIECES, unknownWords } from './data/tokenizer.ts';
export type { Numbers, Weights } from './engine/numbers.ts';
export { generator, keyOf } from './engine/random.ts';
export { UserError } from './errors.ts';
export { accuracyOf, type EvaluateOptions, evaluate } from './evaluation/evaluate.ts';
export { type ScoredGallery, type ScoreOptions, scoreGallery } from './evaluation/score-retrieval.ts';
export { saveHuggingFace } from './export/hugging-face.ts';
export { type Exported, type ExportPrecision, exportOnnx } from './export/onnx.ts';
export { readJsonLines } from './files/json-lines.ts';
// serving: one question, many images
export { type Answer, type AskOptions, ask, askInBlocks } from './inference/ask.ts';
export { type CacheOptions, type CacheProgress, cacheImages } from './inference/cache-images.ts';
export { type ImageCache, openImageCache } from './inference/image-cache.ts';
export type { ImageEncoder } from './inference/image-encoder.ts';
export { type Preprocessor, type PreprocessorOptions, preprocessorFor } from './inference/preprocessor.ts';
export { openRetriever, type Retriever } from './inference/retriever.ts';
export { type FoundImage, type SearchOptions, searchImages } from './inference/search.ts';
export { type OpenStudentOptions, openStudent, type Student } from './inference/student.ts';
export { type Architecture, dide, vilt } from './model/architecture.ts';
export { type ModelConfig, parseConfig } from './model/config.ts';
// models: what there is, by size and by name
export type { Answered, Encoded } from './model/encoded.ts';
export { type Sizes, sizes } from './model/sizes.ts';
export { jointAttention, uniModalAttention, wholeAttention } from './objectives/attention-distillation.ts';
// objectives: one equation each
export {
  crossModalAttention,
  crossModalAttentionDistillation,
} from './objectives/cross-modal-attention-distillation.ts';
export { hardLabels, hardLabelsBinary } from './objectives/hard-labels.ts';
export { hiddenStates } from './objectives/hidden-state-distillation.ts';
export { imageTextContrastive } from './objectives/image-text-contrastive.ts';
export { imageTextMatching, matchingDistillation } from './objectives/image-text-matching.ts';
export { everyLayer, type LayerPair, lastLayers } from './objectives/layers.ts';
export { maskedLanguageModeling } from './objectives/masked-language-modeling.ts';
export type { Objective, Objectives, Weighted } from './objectives/objective.ts';
export { softLabels, softLabelsBinary } from './objectives/soft-label-distillation.ts';
export { textRanking } from './objectives/text-ranking.ts';
export { type TransportOptions, wordPatchAlignment } from './objectives/word-patch-alignment.ts';
export { type Fetched, type FetchOptions, fetchData, type PackagedData } from './studies/downloads/packaged-data.ts';
export { packagedData } from './studies/downloads/sources.ts';
export { type ExplainOptions, explainPairs } from './studies/explain.ts';
export { LAST_LESSON, SHIPPED_TEACHER, trainTeacher, untrainedTeacher } from './studies/mini.ts';
export { type QuickstartOptions, quickstart, quickstartSizes } from './studies/quickstart.ts';
export type { QuickstartReport } from './studies/report/content.ts';
export type { ExplainedModel, ExplainedPair } from './studies/report/explained.ts';
export { writeExplained } from './studies/report/explained-page.ts';
export type { JobProgress } from './studies/reproduction/job.ts';
export { writeReproduction } from './studies/reproduction/page/write.ts';
export { type ReproduceOptions, reproduce, reproduceJob } from './studies/reproduction/reproduce.ts';
export type { Measured } from './studies/reproduction/results.ts';
export { type ReproductionSize, reproductionSizes } from './studies/reproduction/size.ts';
export { viewNames } from './studies/scenes/views.ts';
export { vocabularyOf } from './studies/scenes/vocabulary.ts';
export { worlds } from './studies/scenes/world.ts';
export { type WriteOptions, writeScenes } from './studies/scenes/write.ts';
export { loadTask } from './tasks/load-task.ts';
export { groupScores } from './tasks/metrics/group-scores.ts';
// studies: the whole path, and the paper's tables
export { type Interval, interval } from './tasks/metrics/interval.ts';
export {
  firstImages,
  foundIn,
  type Gallery,
  galleryOf,
  meanRecall,
  type Recalls,
  recalls,
} from './tasks/metrics/recall.ts';
export { officialScore, type Submitted, submissionOf } from './tasks/metrics/vqa-official.ts';
// tasks
export { nlvr2 } from './tasks/nlvr2.ts';
export { pretraining } from './tasks/pretraining.ts';
export { retrieval } from './tasks/retrieval.ts';
export { confusionOf, snliVe } from './tasks/snli-ve.ts';
export type { Prediction, Scoring, Task, TaskReading } from './tasks/task.ts';
export { vqa } from './tasks/vqa.ts';
// training
export type { AugmentationPolicy } from './training/augmentation.ts';
export { type FinetuneOptions, finetune } from './training/finetune.ts';
export { type DistillationOptions, type Knowledge, objectivesOf, type Recipe } from './training/losses.ts';
export { type TrainOptions, type TrainStep, train } from './training/stages/answering.ts';
export { type PretrainOptions, pretrain } from './training/stages/pretraining.ts';
export type { RetrievalOptions } from './training/stages/retrieval.ts';
export { openTeacherCache, type TeacherCache, type TeacherCacheOptions } from './training/teacher-outputs/cache.ts';
export { trainOnRecords } from './training/teacher-outputs/train-on-cache.ts';
