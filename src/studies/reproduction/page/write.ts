import { join } from 'node:path';
import { writeAtomically } from '../../../files/atomic-write.ts';
import { makeFolder } from '../../../files/disk-errors.ts';
import { writeExplained } from '../../attention/page/page.ts';
import { explainedPairsOf } from '../jobs/attention.ts';
import { outcomesText } from '../outcomes-file.ts';
import type { Measured } from '../results.ts';
import { markdownOf } from './markdown.ts';
import { reproductionPage } from './page.ts';

/**
 * Writes the results so far: `README.md`; `index.html`, which needs no network; `attention.html`, where the models
 * whose attention it shows are trained; and `outcomes.json`, the results of all jobs.
 *
 * @param from folder of the reproduction, with its runs.
 * @throws UserError where the folder cannot be written.
 */
export const writeReproduction = async (folder: string, measured: Measured, from: string): Promise<void> => {
  await makeFolder(folder);
  const attention = await explainedPairsOf(from, measured);
  if (attention) await writeExplained(join(folder, 'attention.html'), attention.pairs, attention.choice);
  const files = {
    'README.md': markdownOf(measured),
    'index.html': await reproductionPage(measured, attention ? 'attention.html' : undefined),
    'outcomes.json': outcomesText(measured),
  };
  for (const [name, text] of Object.entries(files))
    await writeAtomically(join(folder, name), (append) => append(Buffer.from(text)));
};
