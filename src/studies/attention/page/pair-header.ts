import type { ExplainedPair } from '../../../query.ts';
import { type Html, html } from '../../report/html.ts';

/**
 * Head of a pair: its image in colour with the grid of patches, its text, the right answer, and the place where a share is
 * read out.
 */
export const pairHeader = (pair: ExplainedPair, id: string, more: Html = html``): Html => {
  const { rows, columns, text, truth } = pair;
  const grid = `${lines(columns, (x) => `M${x} 0V${rows}`)}${lines(rows, (y) => `M0 ${y}H${columns}`)}`;
  return html`
<header><svg class="picture" viewBox="0 0 ${columns} ${rows}" style="aspect-ratio: ${columns} / ${rows}" role="img" aria-label="The picture, ${rows} by ${columns} patches"><use href="#${id}-image" width="${columns}" height="${rows}"/><path class="grid" d="${grid}"/><rect class="chosen" width="1" height="1" visibility="hidden"/></svg>
<div><p class="asked">“${text}”</p>${truth === undefined ? html`` : html`<p>Right answer: <strong>${truth}</strong>.</p>`}
${more}<p class="readout"><output>Point at a patch, or tap it, to read its share.</output></p></div></header>`;
};

const lines = (count: number, line: (at: number) => string): string =>
  Array.from({ length: count - 1 }, (_, i) => line(i + 1)).join('');
