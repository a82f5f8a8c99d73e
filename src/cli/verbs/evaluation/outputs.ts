import { dirname } from 'node:path';
import { imageName, submissionOf } from '../../../data.ts';
import { writeOutput } from '../../../files/atomic-write.ts';
import { makeFolder } from '../../../files/disk-errors.ts';
import { type Example, type Prediction, UserError } from '../../../index.ts';

/** The predictions of each split, by its name. */
export type Judged = readonly (readonly [split: string, predictions: readonly Prediction[]])[];

/**
 * Checks before anything is asked that a submission can be made of the splits.
 *
 * @throws UserError where there are several, or a question has no id of its own.
 */
export const checkSubmission = (splits: readonly { readonly examples: readonly Example[] }[]): void => {
  const [split, ...more] = splits;
  if (more.length > 0)
    throw new UserError(`--submission: ${splits.length} splits are asked: give one, as the server does`);
  submissionOf(split!.examples.map((example) => ({ example, predicted: '' })));
};

/** Writes the answers to the questions of a single split as VQA's server takes them. */
export const writeSubmission = (path: string, [split]: Judged): Promise<void> =>
  writeWhole(path, JSON.stringify(submissionOf(split![1])));

/** Writes what was answered to each question, one JSON object a line. */
export const writePredictions = (path: string, judged: Judged): Promise<void> => {
  const rows = judged.flatMap(([split, all]) =>
    all.map(({ example: { id, images, text, answers }, predicted, score }) => ({
      split,
      id,
      images: images.map(imageName),
      text,
      predicted,
      answers,
      score,
    })),
  );
  return writeWhole(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
};

/** Writes a file whole or not at all, and its folder where there is none. */
const writeWhole = async (path: string, text: string): Promise<void> => {
  await makeFolder(dirname(path));
  await writeOutput(path, (append) => append(Buffer.from(text)));
};
