import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { UserError } from '../../../errors.ts';
import { writeAtomically } from '../../../files/atomic-write.ts';
import { document } from '../../report/document.ts';
import { html } from '../../report/html.ts';
import type { ExplainedPair } from '../explained-pair.ts';
import { explainedPart } from './pair-section.ts';
import { explainedScript, explainedStyle } from './style.ts';

/** A self-contained HTML page of image-text pairs with their answers and attention maps. */
export const explainedPage = (pairs: readonly ExplainedPair[]): string =>
  document({
    title: `Attention maps: ${pairs[0]?.text ?? ''}`,
    style: explainedStyle,
    script: explainedScript,
    body: html`
<h1>Attention maps</h1>
${howToRead}
${pairs.map((pair, i) => explainedPart(pair, `pair-${i + 1}`))}`,
  });

/** Explanation of the maps, for the top of a page. */
export const howToRead = html`<p>The last layer's cross-modal attention, recomputed from queries and keys as the distillation objective compares it: the
softmax of a word is taken over the image's tokens alone, that of a patch over the words alone. In a row of models, all maps
of the mean have one scale, and all maps of single heads another; opacity is the square root of the weight relative to the
largest. The rest of a word's attention goes to the image's [CLS] token. KL is the divergence of a model's attention from the
first model's, in nats, mean over all words or all image tokens.</p>`;

/**
 * Writes the page of pairs atomically; it needs no network.
 *
 * @throws UserError where the file cannot be written.
 */
export const writeExplained = async (path: string, pairs: readonly ExplainedPair[]): Promise<void> => {
  await mkdir(dirname(path), { recursive: true }).catch((cause: NodeJS.ErrnoException) => {
    throw new UserError(`${path}: its folder cannot be made (${cause.code}): give another path`, { cause });
  });
  await writeAtomically(path, (append) => append(Buffer.from(explainedPage(pairs))));
};
