import { meanOf } from '../../../data.ts';
import { evaluate, type Model, type Prediction, preprocessorFor, type Task } from '../../../index.ts';
import { kindOf } from '../../measures/accuracy.ts';
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
    const predictions = await evaluate(model, await task.read(data, split), {
      task,
      preprocessor: preprocessorFor(model.config, { batch: 64 }),
      threads,
    });
    measures[split] = {
      accuracy: meanOf(predictions.map(({ score }) => score)),
      ...meansOf(task.measures?.(predictions) ?? {}),
      ...accuracyByKind(predictions),
    };
  }
  return measures;
};

const meansOf = (measures: Readonly<Record<string, readonly number[]>>): Record<string, number> =>
  Object.fromEntries(Object.entries(measures).map(([name, parts]) => [name, meanOf(parts)]));

const accuracyByKind = (predictions: readonly Prediction[]): Record<string, number> => {
  const kinds = new Map<string, number[]>();
  for (const { example, score } of predictions)
    kinds.set(kindOf(example), [...(kinds.get(kindOf(example)) ?? []), score]);
  return Object.fromEntries([...kinds].map(([kind, scores]) => [`kind: ${kind}`, meanOf(scores)]));
};
