import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { UserError } from '../../../errors.ts';
import { writeAtomically } from '../../../files/atomic-write.ts';
import type { QuickstartReport } from '../content.ts';
import { page } from './page.ts';

/**
 * Writes the report as one HTML file that needs no network, atomically; creates its folder.
 *
 * @throws UserError where the file cannot be written.
 */
export const writeReport = async (path: string, report: QuickstartReport): Promise<void> => {
  await mkdir(dirname(path), { recursive: true }).catch((cause: NodeJS.ErrnoException) => {
    throw new UserError(`${path}: its folder cannot be made (${cause.code}): give another path`, { cause });
  });
  const text = await page(report);
  await writeAtomically(path, (append) => append(Buffer.from(text)));
};
