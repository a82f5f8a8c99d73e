import type { Example } from '../example.ts';
import type { RecordShape } from '../records/shape.ts';
import type { ReadOptions } from './format.ts';

/** Reads the examples of a split. What was left out is told before they are there. */
export type ReadExamples = (path: string, split: string, options?: ReadOptions) => Promise<Example[]>;

/**
 * The layouts, loaded where data are first read: with their parsers they are a third of all modules, which a question over
 * a cache need not wait for.
 */
const layouts = () => import('./open-examples.ts');

/** A function that reads records of one shape from any layout that holds them. */
export const exampleReader =
  (records: RecordShape): ReadExamples =>
  async (path, split, { onWarning, ...options } = {}) => {
    const { openExamples } = await layouts();
    const { examples, notices } = await openExamples(path, { ...options, records, split });
    for (const notice of notices) onWarning?.(notice);
    return examples;
  };

/** The answers of records in the order of the classifier, as `openAnswers` finds them. @throws UserError where it finds none. */
export const answersOf = async (path: string, records: RecordShape): Promise<string[]> =>
  await (await layouts()).openAnswers(path, records);
