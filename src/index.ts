/** The public face: verbs that work on values. What stands here is what the command line, too, has to do with. */

// data: folders in, examples out
export { type Example, type ScoredAnswer, scoredAnswers } from './data/example.ts';
export { listSplits, readAnswers, readFolder } from './data/folder.ts';
export { encodePng, readImage } from './data/image.ts';
export { readJsonLines } from './data/json-lines.ts';
export { vocabularyOf } from './data/scenes/vocabulary.ts';
export { worlds } from './data/scenes/world.ts';
export { type WriteOptions, writeScenes } from './data/scenes/write.ts';
export { bertVocabulary, createTokenizer, readVocabulary, SPECIAL_PIECES } from './data/words.ts';
export type { Numbers, Weights } from './engine/numbers.ts';
export { generator, keyOf } from './engine/random.ts';
export { UserError } from './errors.ts';
// models: what there is, by size and by name
export type { Answered, Encoded } from './models/encoded.ts';
export { dide, type Model, vilt } from './models/model.ts';
export { type Sizes, sizes } from './models/sizes.ts';
// objectives: one equation each
export {
  crossModalAttention,
  crossModalAttentionDistillation,
} from './objectives/cross-modal-attention-distillation.ts';
export { hardLabels, hardLabelsBinary } from './objectives/hard-labels.ts';
export type { Objective, Objectives, Weighted } from './objectives/objective.ts';
export { softLabels, softLabelsBinary } from './objectives/soft-label-distillation.ts';
// serving: one question, many images
export { type Answer, type AskOptions, ask, askInBlocks } from './serving/ask.ts';
export { type CacheOptions, type CacheProgress, cacheImages } from './serving/cache-images.ts';
export { type ImageCache, openImageCache } from './serving/image-cache.ts';
// studies: the whole path, and the paper's tables
export { teacherRecipe, trainTeacher, untrainedTeacher, writeMiniScenes } from './studies/mini.ts';
export { type QuickstartOptions, quickstart, quickstartSizes } from './studies/quickstart.ts';
export type { QuickstartReport } from './studies/report/content.ts';
// tasks
export type { Scoring, Task } from './tasks/task.ts';
export { vqa } from './tasks/vqa.ts';
// training
export { accuracyOf, type EvaluateOptions, evaluate, type Judged } from './training/evaluate.ts';
export { type FinetuneOptions, finetune, objectivesOf, type Recipe } from './training/finetune.ts';
export { type TrainOptions, type TrainStep, train } from './training/train.ts';
// weights: models with numbers in them
export { type Description, parseDescription } from './weights/description.ts';
export { type Reading, type ReadingOptions, readingFor } from './weights/reading.ts';
export { readSafetensors } from './weights/safetensors.ts';
export { type OpenStudentOptions, openStudent, type Student } from './weights/student.ts';
export {
  createStudent,
  createUntrained,
  loadTrained,
  type StudentOptions,
  saveTrained,
  type Trained,
} from './weights/trained.ts';
