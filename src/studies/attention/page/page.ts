import { dirname } from 'node:path';
import { writeOutput } from '../../../files/atomic-write.ts';
import { makeFolder } from '../../../files/disk-errors.ts';
import type { ExplainedPair } from '../../../query.ts';
import type { Choice } from '../../measures/chosen-examples.ts';
import { document } from '../../report/document.ts';
import { html } from '../../report/html.ts';
import { howChosen, howToRead } from './how-to-read.ts';
import { explainedPart } from './pair-section.ts';
import { explainedScript } from './script.ts';
import { explainedStyle } from './style.ts';

/**
 * A self-contained HTML page of image-text pairs with their answers and attention maps.
 *
 * @param choice how the pairs were chosen; absent where they are simply those that were asked for.
 */
export const explainedPage = (pairs: readonly ExplainedPair[], choice?: Choice): string =>
  document({
    title: `Attention maps: ${pairs[0]?.text ?? ''}`,
    style: explainedStyle,
    script: explainedScript,
    body: html`
<h1>Attention maps</h1>
${howToRead}
${choice === undefined ? '' : howChosen(choice)}
${pairs.map((pair, i) => explainedPart(pair, `pair-${i + 1}`))}`,
  });

/**
 * Writes the page of pairs atomically; it needs no network.
 *
 * @throws UserError where the file cannot be written.
 */
export const writeExplained = async (path: string, pairs: readonly ExplainedPair[], choice?: Choice): Promise<void> => {
  await makeFolder(dirname(path));
  await writeOutput(path, (append) => append(Buffer.from(explainedPage(pairs, choice))));
};
