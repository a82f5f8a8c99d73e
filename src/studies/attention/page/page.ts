import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { writeAtomically } from '../../../data.ts';
import { UserError } from '../../../errors.ts';
import { document } from '../../report/document.ts';
import { html } from '../../report/html.ts';
import type { ExplainedPair } from '../explained-pair.ts';
import { explainedPart } from './pair-section.ts';
import { explainedScript, explainedStyle } from './style.ts';

/** Pairs with their answers and attention as one page that needs nothing but itself. */
export const explainedPage = (pairs: readonly ExplainedPair[]): string =>
  document({
    title: `Where it looks: ${pairs[0]?.text ?? ''}`,
    style: explainedStyle,
    script: explainedScript,
    body: html`
<h1>Where it looks</h1>
${howToRead}
${pairs.map((pair, i) => explainedPart(pair, `pair-${i + 1}`))}`,
  });

/** What the drawings mean; to stand once above all pairs of a page. */
export const howToRead = html`<p>The last layer's attention across modalities, recomputed from queries and keys as the distillation objective compares it:
the softmax of a word runs over the image's tokens alone, that of a patch over the words alone. Within a row of models every
map of the mean has one scale, and every map of a single head another; opacity is the square root of a share of the largest.
What a word does not give to patches goes to the image's [CLS] token. KL is that from the first model to the one shown, in nats,
mean over all words or all image tokens.</p>`;

/**
 * Writes pairs as one HTML file that opens without a network, whole or not at all.
 *
 * @throws UserError where the file cannot be written.
 */
export const writeExplained = async (path: string, pairs: readonly ExplainedPair[]): Promise<void> => {
  await mkdir(dirname(path), { recursive: true }).catch((cause: NodeJS.ErrnoException) => {
    throw new UserError(`${path}: its folder cannot be made (${cause.code}): give another path`, { cause });
  });
  await writeAtomically(path, (append) => append(Buffer.from(explainedPage(pairs))));
};
