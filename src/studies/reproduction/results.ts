import { readFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { UserError } from '../../errors.ts';
import { isFinished, keepResult, outcomeSchema, type Result } from './job.ts';
import type { ReproductionSize } from './size.ts';

/** What was measured so far. */
export interface Measured {
  readonly size: ReproductionSize;
  /** By the id of their piece. */
  readonly outcomes: ReadonlyMap<string, Result>;
  /** Pieces of the whole; how many are not known before the search for learning rates has ended. */
  readonly finished: number;
  readonly of: number | undefined;
}

/** An `outcomes.json`: what every piece measured, and how large the reproduction is that they belong to. */
const fileSchema = z.strictObject({ size: z.unknown(), outcomes: z.array(outcomeSchema) });

export const outcomesText = ({ size, outcomes }: Measured): string =>
  `${JSON.stringify({ size, outcomes: [...outcomes.values()] }, null, 1)}\n`;

/**
 * Takes over what another folder or machine has measured, from its `outcomes.json`; what is measured here already stays.
 * Weights do not come along: where a piece begins from some, they are trained again.
 *
 * @throws UserError where the file is not such a file, or is of a reproduction of another size.
 */
export const takeOutcomes = async (path: string, folder: string, size: ReproductionSize): Promise<void> => {
  const { outcomes, size: theirs } = await readOutcomes(path);
  if (!isDeepStrictEqual(theirs, size))
    throw new UserError(`${path}: it is of a reproduction of another size: take one that was made with the same flags`);
  for (const outcome of outcomes) if (!isFinished(folder, outcome.id)) await keepResult(folder, outcome);
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
