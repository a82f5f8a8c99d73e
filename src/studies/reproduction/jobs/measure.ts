import { meanOf } from '../../../data.ts';
import { type Example, evaluate, type Model, preprocessorFor, type Task } from '../../../index.ts';
import { kindOf } from '../../measures/accuracy.ts';
import type { Result } from '../job.ts';
import { measured } from './scenes.ts';

/** Accuracy on every measured split, and what else the task's protocol reports; on the test splits also by kind. */
export const measuresOf = async (
  trained: Model,
  task: Task,
  { data, threads }: { readonly data: string; readonly threads: number },
): Promise<Result['measures']> => {
  const measures: Record<string, Record<string, number>> = {};
  for (const split of measured) {
    const judged = await evaluate(trained, await task.read(data, split), {
      task,
      preprocessor: preprocessorFor(trained.config, { batch: 64 }),
      threads,
    });
    measures[split] = {
      accuracy: meanOf(judged.map(({ score }) => score)),
      ...meansOf(task.measures?.(judged) ?? {}),
      ...byKind(judged),
    };
  }
  return measures;
};

const meansOf = (measures: Readonly<Record<string, readonly number[]>>): Record<string, number> =>
  Object.fromEntries(Object.entries(measures).map(([name, parts]) => [name, meanOf(parts)]));

const byKind = (judged: readonly { readonly example: Example; readonly score: number }[]): Record<string, number> => {
  const kinds = new Map<string, number[]>();
  for (const { example, score } of judged) kinds.set(kindOf(example), [...(kinds.get(kindOf(example)) ?? []), score]);
  return Object.fromEntries([...kinds].map(([kind, scores]) => [`kind: ${kind}`, meanOf(scores)]));
};
