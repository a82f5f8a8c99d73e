/** The public face: verbs that work on values. What stands here is what the command line, too, has to do with. */

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
  type ExampleTask,
  exampleTasks,
  type Format,
  type Found,
  type FoundOptions,
  type Wanted,
} from './data/formats/format.ts';
export { openAnswers, openExamples } from './data/formats/open-examples.ts';
export { type Survey, type SurveyedSplit, surveyData } from './data/formats/survey.ts';
export { type StreamOptions, streamShards } from './data/formats/web-stream.ts';
export { encodePng, readImage } from './data/image.ts';
export { readJsonLines } from './data/json-lines.ts';
export { type Fetched, type FetchOptions, fetchData, type PackagedData } from './data/packages/packaged-data.ts';
export { packagedData } from './data/packages/sources.ts';
export { viewNames } from './data/scenes/views.ts';
export { vocabularyOf } from './data/scenes/vocabulary.ts';
export { worlds } from './data/scenes/world.ts';
export { type WriteOptions, writeScenes } from './data/scenes/write.ts';
export { createUnreadable, type OnUnreadable, type Unreadable } from './data/unreadable.ts';
export { bertVocabulary, createTokenizer, readVocabulary, SPECIAL_PIECES, unknownWords } from './data/words.ts';
export type { Numbers, Weights } from './engine/numbers.ts';
export { generator, keyOf } from './engine/random.ts';
export { UserError } from './errors.ts';
// models: what there is, by size and by name
export type { Answered, Encoded } from './models/encoded.ts';
export { dide, type Model, vilt } from './models/model.ts';
export { type Sizes, sizes } from './models/sizes.ts';
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
// serving: one question, many images
export { type Answer, type AskOptions, ask, askInBlocks } from './serving/ask.ts';
export { type CacheOptions, type CacheProgress, cacheImages } from './serving/cache-images.ts';
export { type ImageCache, openImageCache } from './serving/image-cache.ts';
export { type FoundImage, type SearchOptions, searchImages } from './serving/search.ts';
// studies: the whole path, and the paper's tables
export { type Interval, interval } from './studies/bootstrap.ts';
export { type ExplainOptions, explainPairs } from './studies/explain.ts';
export { LAST_LESSON, SHIPPED_TEACHER, trainTeacher, untrainedTeacher } from './studies/mini.ts';
export { type QuickstartOptions, quickstart, quickstartSizes } from './studies/quickstart.ts';
export type { QuickstartReport } from './studies/report/content.ts';
export type { ExplainedModel, ExplainedPair } from './studies/report/explained.ts';
export { writeExplained } from './studies/report/explained-page.ts';
export type { PieceProgress } from './studies/reproduction/piece.ts';
export { type Measured, type ReproduceOptions, reproduce, reproducePiece } from './studies/reproduction/reproduce.ts';
export { type ReproductionSize, reproductionSizes } from './studies/reproduction/size.ts';
export { writeReproduction } from './studies/reproduction/write-reproduction.ts';
export { loadTask } from './tasks/load-task.ts';
// tasks
export { nlvr2 } from './tasks/nlvr2.ts';
export { pretraining } from './tasks/pretraining.ts';
export { groupScores } from './tasks/quadruples.ts';
export { firstImages, foundIn, type Gallery, galleryOf, meanRecall, type Recalls, recalls } from './tasks/recall.ts';
export { retrieval } from './tasks/retrieval.ts';
export { confusionOf, snliVe } from './tasks/snli-ve.ts';
export type { Judged, Scoring, Task, TaskReading } from './tasks/task.ts';
export { vqa } from './tasks/vqa.ts';
export { officialScore, type Submitted, submissionOf } from './tasks/vqa-official.ts';
// training
export type { AugmentationPolicy } from './training/augmentation.ts';
export { accuracyOf, type EvaluateOptions, evaluate } from './training/evaluate.ts';
export { type FinetuneOptions, finetune } from './training/finetune.ts';
export { type Choices, type Knowledge, objectivesOf, type Recipe } from './training/objectives-of.ts';
export { type PretrainOptions, pretrain } from './training/pretrain.ts';
export type { RetrievalOptions } from './training/retrieval-stage.ts';
export { type ScoredGallery, type ScoreOptions, scoreGallery } from './training/score-gallery.ts';
export { openTeacherCache, type TeacherCache, type TeacherCacheOptions } from './training/teacher-cache.ts';
export { type TrainOptions, type TrainStep, train } from './training/train.ts';
export { trainOnRecords } from './training/train-on-records.ts';
// weights: models with numbers in them
export { readAnswerList } from './weights/answer-list.ts';
export { type Description, parseDescription } from './weights/description.ts';
export { type Exported, type ExportPrecision, exportOnnx } from './weights/export.ts';
export { type ImageBody, readImageBody } from './weights/image-body.ts';
export type { ImageEncoder } from './weights/image-encoder.ts';
export { type Begun, type Bodies, initialised, sizesOfBodies } from './weights/initialised.ts';
export { type LoadOptions, loadTeacher } from './weights/load-teacher.ts';
export { type Looked, lookInto } from './weights/look-into.ts';
export { type Reading, type ReadingOptions, readingFor } from './weights/reading.ts';
export { readSafetensors } from './weights/safetensors.ts';
export { saveHuggingFace } from './weights/save-hugging-face.ts';
export { openSearcher, type Searcher } from './weights/searcher.ts';
export { type OpenStudentOptions, openStudent, type Student } from './weights/student.ts';
export { readTextBody, type TextBody } from './weights/text-body.ts';
export {
  type BeginOptions,
  createAdapted,
  createStudent,
  createUntrained,
  loadTrained,
  type StudentOptions,
  saveTrained,
  type Trained,
} from './weights/trained.ts';
export { holdsWeights } from './weights/weights-file.ts';
