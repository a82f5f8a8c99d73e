/**
 * `dide/query`: many questions of cached images at once, answers while a scan goes on, entailment, and statements about
 * pairs of images. One question alone is `ask` of `dide`.
 */

export { askAll, type StreamOptions, streamAnswers } from './inference/query/ask-all.ts';
export type { SearchQuery } from './inference/query/compare.ts';
export type { Condition, Conditions } from './inference/query/conditions.ts';
export { type Entailment, type EntailOptions, entail, type JudgedImage } from './inference/query/entail.ts';
export type {
  AnswerCount,
  FoundAnswers,
  QuestionAnswer,
  QuestionResult,
  QuestionsOptions,
} from './inference/query/questions.ts';
export type { RankedImage, RankingOptions } from './inference/query/ranking.ts';
export { type JudgedPair, type ReasonOptions, reason } from './inference/query/reason.ts';
export type { ImageFilter } from './inference/store/image-filter.ts';
