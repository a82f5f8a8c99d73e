import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeAtomically } from '../../../data.ts';
import { UserError } from '../../../errors.ts';
import { writeExplained } from '../../attention/page/page.ts';
import { attentionOf } from '../jobs/attention.ts';
import { chosenRates } from '../plan.ts';
import type { Measured } from '../results.ts';
import { outcomesText } from '../results.ts';
import { markdownOf } from './markdown.ts';
import { reproductionPage } from './page.ts';

/**
 * Writes what was measured so far: `README.md`, `index.html`, which opens without a network, `attention.html` once
 * teacher and students are there whose attention it shows, and `outcomes.json`, the numbers of every piece.
 *
 * @param from the folder of the reproduction, with its runs.
 * @throws UserError where the folder cannot be written.
 */
export const writeReproduction = async (folder: string, measured: Measured, from: string): Promise<void> => {
  await mkdir(folder, { recursive: true }).catch((cause: NodeJS.ErrnoException) => {
    throw new UserError(`${folder}: it cannot be made (${cause.code}): give another folder`, { cause });
  });
  const rates = chosenRates(measured.size, measured.outcomes);
  const attention = await attentionOf(from, measured);
  if (attention.length > 0) await writeExplained(join(folder, 'attention.html'), attention);
  const files = {
    'README.md': markdownOf(measured, rates),
    'index.html': await reproductionPage(measured, rates, attention.length > 0 ? 'attention.html' : undefined),
    'outcomes.json': outcomesText(measured),
  };
  for (const [name, text] of Object.entries(files))
    await writeAtomically(join(folder, name), (append) => append(Buffer.from(text)));
};
