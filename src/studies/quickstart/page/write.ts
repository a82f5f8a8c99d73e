import { dirname } from 'node:path';
import { writeAtomically } from '../../../files/atomic-write.ts';
import { makeFolder } from '../../../files/disk-errors.ts';
import type { QuickstartReport } from '../content.ts';
import { page } from './page.ts';

/**
 * Writes the report as one HTML file that needs no network, atomically; creates its folder.
 *
 * @throws UserError where the file cannot be written.
 */
export const writeReport = async (path: string, report: QuickstartReport): Promise<void> => {
  await makeFolder(dirname(path));
  const text = await page(report);
  await writeAtomically(path, (append) => append(Buffer.from(text)));
};
