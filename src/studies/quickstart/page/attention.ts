import { figures, percent } from '../../report/format.ts';
import { type Html, html, section } from '../../report/html.ts';
import type { ExampleReport } from '../content.ts';

/** The section of text-to-image attention maps, with a row for each model and a column for each word. */
export const attentionPage = (examples: readonly ExampleReport[]): Html =>
  section(
    'attention',
    'Attention of each word',
    html`<p>The last layer's attention from text to image, mean over heads. The softmax is taken over the image's tokens alone, as in
the objective that distils it. The rest of a word's attention goes to the image's [CLS] token; its weight stands below
each map. All maps of an example have the same scale: the opacity of a patch is the square root of its weight relative to
the largest one. KL is the divergence of the model's attention from the teacher's, in nats, mean over words.</p>
${examples.map(oneExample)}`,
  );

const oneExample = (example: ExampleReport, i: number): Html => {
  const { image, rows, columns, text, truth, words, models } = example;
  const darkest = Math.max(...models.flatMap(({ textToImage }) => textToImage.flat()), Number.MIN_VALUE);
  const id = `picture-${i}`;
  return html`
<article class="example">
<svg class="hidden" width="0" height="0" aria-hidden="true"><defs><symbol id="${id}" viewBox="0 0 ${columns} ${rows}" preserveAspectRatio="none"><image href="${image}" width="${columns}" height="${rows}" preserveAspectRatio="none"/></symbol></defs></svg>
<header><img src="${image}" alt="The image of the question" style="aspect-ratio: ${columns} / ${rows}">
<div><p class="asked">“${text}”</p><p>Right answer: <strong>${truth}</strong>. Darkest patch: ${percent(darkest)}\u00a0%.</p>
<p class="readout"><output>Point at a patch, or tap it, to read its share.</output></p></div></header>
<div class="scroll"><table class="attention">
<thead><tr><th scope="col">Model</th>${words.map((word) => html`<th scope="col">${word}</th>`)}</tr></thead>
<tbody>${models.map((model) => modelRow(model, example, { id, darkest }))}</tbody>
</table></div>
</article>`;
};

type ModelAttention = ExampleReport['models'][number];

const modelRow = (
  model: ModelAttention,
  example: ExampleReport,
  { id, darkest }: { id: string; darkest: number },
): Html => {
  const { name, answer, probability, kl, textToImage } = model;
  const verdict =
    answer === example.truth
      ? html`<span class="right">✓ ${answer}</span>`
      : html`<span class="wrong">✗ ${answer}</span>`;
  return html`
<tr><th scope="row">${name}<small>${verdict} ${percent(probability)}\u00a0%</small><small>KL\u00a0${figures(kl)}</small></th>
${textToImage.map((shares) => heatCell(shares, example.columns, { id, darkest }))}</tr>`;
};

const heatCell = (
  shares: readonly number[],
  columns: number,
  { id, darkest }: { id: string; darkest: number },
): Html => {
  const rows = Math.ceil(shares.length / columns);
  const patch = (share: number, at: number): Html =>
    html`<rect x="${at % columns}" y="${Math.floor(at / columns)}" width="1" height="1" fill-opacity="${opacityOf(share / darkest)}"><title>${percent(share)}\u00a0%</title></rect>`;
  const strongest = shares.indexOf(Math.max(...shares));
  const [row, column] = [Math.floor(strongest / columns) + 1, (strongest % columns) + 1];
  const cls = Math.max(0, 1 - shares.reduce((sum, share) => sum + share, 0));
  return html`
<td><svg class="heat" viewBox="0 0 ${columns} ${rows}" style="aspect-ratio: ${columns} / ${rows}" role="img" aria-label="Looks most at row ${row}, column ${column}"><use href="#${id}" width="${columns}" height="${rows}"/>${shares.map(patch)}</svg><small>[CLS]\u00a0${percent(cls)}\u00a0%</small></td>`;
};

const STRONGEST = 0.85;

/** Square root, so that weak attention is visible; never opaque, so that the image is. */
const opacityOf = (share: number): string => (STRONGEST * Math.sqrt(Math.max(0, share))).toFixed(2);
