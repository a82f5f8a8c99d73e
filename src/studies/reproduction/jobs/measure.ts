import { galleryOf, meanOf, preprocessorFor, recalls, scoreRetrieval } from '../../../data.ts';
import { evaluate, type Model, type Prediction, retrieval, type Task } from '../../../index.ts';
import { kindOf } from '../../measures/accuracy.ts';
import { sameWordsRecalls } from '../../measures/same-words.ts';
import type { Result } from '../result-file.ts';
import { measuredSplits } from './scenes.ts';

/** Accuracy on every measured split, overall and by kind of question, with the further measures of the task. */
export const measuresOf = async (
  model: Model,
  task: Task,
  { data, threads }: { readonly data: string; readonly threads: number },
): Promise<Result['measures']> => {
  const measures: Record<string, Record<string, number>> = {};
  for (const split of measuredSplits) {
    const evaluation = await evaluate(model, { task, data, split, threads });
    const { accuracy, predictions } = evaluation;
    measures[split] = { accuracy, ...evaluation.measures, ...accuracyByKind(predictions) };
  }
  return measures;
};

/** Recall over the whole gallery of every measured split, and among the four captions of the same words. */
export const recallsOn = async (
  model: Model,
  { data, threads }: { readonly data: string; readonly threads: number },
): Promise<Result['measures']> => {
  const preprocessor = preprocessorFor(model.config, { batch: 64 });
  const measures: Record<string, Record<string, number>> = {};
  for (const split of measuredSplits) {
    const examples = galleryOf(await retrieval.read(data, split));
    const scored = await scoreRetrieval(model, examples, { preprocessor, threads });
    measures[split] = { ...recalls(scored.scores, scored), ...sameWordsRecalls(scored) };
  }
  return measures;
};

const accuracyByKind = (predictions: readonly Prediction[]): Record<string, number> => {
  const kinds = new Map<string, number[]>();
  for (const { example, score } of predictions)
    kinds.set(kindOf(example), [...(kinds.get(kindOf(example)) ?? []), score]);
  return Object.fromEntries([...kinds].map(([kind, scores]) => [`kind: ${kind}`, meanOf(scores)]));
};
