import { readFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { UserError } from '../../errors.ts';
import { isFinished, keepResult, type Result, resultSchema } from './result-file.ts';
import type { Measured } from './results.ts';
import type { ReproductionSize } from './size.ts';

/**
 * Content of an `outcomes.json`: the results of all jobs, and the size of the reproduction that they belong to. Seeds and
 * budgets may have changed since: what no longer belongs to the plan is left out, or refused when it is read.
 */
const fileSchema = z.strictObject({
  size: z.looseObject({ units: z.unknown(), relations: z.unknown(), batch: z.unknown() }),
  outcomes: z.array(resultSchema),
});

/** The results without their runs, as `outcomes.json` and the page hold them. */
export const outcomesOf = ({
  size,
  results,
}: Measured): { readonly size: ReproductionSize; readonly outcomes: Result[] } => ({
  size,
  outcomes: results.map(({ run: _, ...result }) => result),
});

/** Text of an `outcomes.json`. */
export const outcomesText = (measured: Measured): string => `${JSON.stringify(outcomesOf(measured), null, 1)}\n`;

/**
 * Takes over the results of an `outcomes.json`, of another folder or machine; results that are here already stay. The
 * file has no weights: where a job needs some, they are trained again.
 *
 * @throws UserError where the file is not an `outcomes.json`, or belongs to a reproduction with other data.
 */
export const takeOutcomes = async (path: string, folder: string, size: ReproductionSize): Promise<void> => {
  const { outcomes, size: theirs } = await readOutcomes(path);
  const ofData = ['units', 'relations', 'batch'] as const;
  if (!ofData.every((field) => isDeepStrictEqual(theirs[field], size[field])))
    throw new UserError(
      `${path}: it is of a reproduction of another size, or of other questions: take one that was made with the same flags`,
    );
  for (const result of outcomes) if (!isFinished(folder, result.id)) await keepResult(folder, result);
};

const readOutcomes = async (path: string): Promise<z.infer<typeof fileSchema>> => {
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new UserError(`${path}: it cannot be read (${cause.code})`, { cause });
  });
  try {
    return fileSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new UserError(`${path}: it is not the outcomes.json of a reproduction`, { cause });
  }
};
