/**
 * `dide/data`: examples in every known layout, pictures, words, batches, tasks from files, and the metrics of
 * predictions.
 */

export { type AugmentationName, augmentations, randAugment } from './data/augment.ts';
export { collate, type Feeds, type PreparedImage } from './data/batch.ts';
export type { ImageSource } from './data/example.ts';
export { type ScoredAnswer, type StoredImage, scoredAnswers, scoredLabel } from './data/example.ts';
export { randomFlips } from './data/flips.ts';
export { listSplits } from './data/folder.ts';
export {
  type Converted,
  type ConvertOptions,
  type ConvertProgress,
  convertExamples,
  convertedFormats,
} from './data/formats/convert.ts';
export { exampleReader, type ReadExamples } from './data/formats/example-reader.ts';
export type { Dataset, DatasetQuery, Format, ReadOptions } from './data/formats/format.ts';
export { openAnswers, openExamples } from './data/formats/open-examples.ts';
export { type Survey, type SurveyedSplit, surveyData } from './data/formats/survey.ts';
export { drawOnWhite, encodePng, readImage, readImageBytes } from './data/image.ts';
export { type Batch, loadBatches } from './data/loader.ts';
export { imageName } from './data/pictures/image-name.ts';
export { isImageName, isPictureName } from './data/pictures/kinds.ts';
export type { PictureOptions, PictureStyle } from './data/pictures/options.ts';
export { createPreparer } from './data/preprocess.ts';
export type { LeftOut } from './data/records/bad-rows.ts';
export { captions } from './data/records/captions.ts';
export { doubtfulAnswers } from './data/records/doubtful-answers.ts';
export type { RecordShape } from './data/records/shape.ts';
export { createSkipPolicy, type OnUnreadable, type SkipPolicy } from './data/skip-policy.ts';
export { createTokenizer, SPECIAL_PIECES, unknownWords } from './data/tokenizer.ts';
export { bertVocabulary, readVocabulary } from './data/vocabulary-file.ts';
export { type ScoredGallery, scoreRetrieval } from './evaluation/score-retrieval.ts';
export { readJsonLines } from './files/json-lines.ts';
export { isHubData, isStreamed } from './hub/address.ts';
export { type Preprocessor, type PreprocessorOptions, preprocessorFor } from './inference/preprocessor.ts';
export type { Pixels } from './kernels/pixels.ts';
export { resize } from './kernels/resize/resize.ts';
export { MATCHING } from './model/purposes/pretraining.ts';
export type { TaskFields } from './tasks/define-task.ts';
export { loadTask } from './tasks/load-task.ts';
export { groupScores } from './tasks/metrics/group-scores.ts';
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
export { confusionOf } from './tasks/snli-ve.ts';
export { bestOf, isAnswered, isTask, meanOf, probabilityOf, type TaskReading } from './tasks/task.ts';
export { collatePairs } from './training/negatives/matching-pairs.ts';
