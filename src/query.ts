/**
 * `dide/query`: many questions of cached images at once, answers while a scan goes on, entailment, statements about pairs of
 * images, and where the words of a question look. One question alone is `ask` of `dide`.
 */

export type { ExplainedModel, ExplainedPair, HeadedAttention } from './inference/explain/explained-pair.ts';
export type { Explainer, LookOptions, TextOfImage } from './inference/explain/explainer.ts';
export { type ExplainerOptions, openExplainer, type PairToExplain } from './inference/explain/open-explainer.ts';
export { askAll, type StreamOptions, streamAnswers } from './inference/query/ask-all.ts';
export type { SearchQuery } from './inference/query/compare.ts';
export type { Condition, Conditions } from './inference/query/conditions.ts';
export { entail } from './inference/query/entail.ts';
export type { Entailment, EntailOptions, JudgedImage } from './inference/query/judge-images.ts';
export type { JudgedPair, ReasonOptions } from './inference/query/judge-pairs.ts';
export type {
  AnswerCount,
  FoundAnswers,
  QuestionAnswer,
  QuestionResult,
  QuestionsOptions,
} from './inference/query/questions.ts';
export type { RankedImage, RankingOptions } from './inference/query/ranking.ts';
export { reason } from './inference/query/reason.ts';
export type { ImageFilter } from './inference/store/image-filter.ts';
