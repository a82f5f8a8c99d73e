import { meanOf } from '../../../data.ts';
import { figures, percent } from '../../report/format.ts';
import { type Html, html, jsonScript, table } from '../../report/html.ts';
import type { ExplainedModel, ExplainedPair, HeadedAttention } from '../explained-pair.ts';

/**
 * The section of one pair: answers, attention maps of every head in both directions, and their divergence from the
 * first model's. Without scripts it shows the mean over all words and over all image tokens; with `explainedScript` a
 * word and a patch can be selected. It needs `explainedStyle`.
 *
 * @param id unique on the page.
 */
export const explainedPart = (pair: ExplainedPair, id: string): Html => html`
<article class="pair" id="${id}">
<svg class="hidden" width="0" height="0" aria-hidden="true"><defs>${pictureSymbol(pair, id)}</defs></svg>
${opening(pair, id)}
${choices(pair, id)}
<h3>From text to image: attention of the word to the patches</h3>
<div class="models">${pair.models.map((model) => textToImage(model, pair, id))}</div>
<h3>From image to text: attention of the patch to the words</h3>
<div class="models">${pair.models.map((model) => imageToText(model, pair))}</div>
${jsonScript(`${id}-numbers`, numbersOf(pair))}
</article>`;

/** The image, stored once for all its maps. */
const pictureSymbol = ({ image, rows, columns }: ExplainedPair, id: string): Html => html`
<symbol id="${id}-picture" viewBox="0 0 ${columns} ${rows}" preserveAspectRatio="none"><image href="${image}" width="${columns}" height="${rows}" preserveAspectRatio="none"/></symbol>`;

const opening = (pair: ExplainedPair, id: string): Html => {
  const { rows, columns, text, truth, models } = pair;
  const grid = `${lines(columns, (x) => `M${x} 0V${rows}`)}${lines(rows, (y) => `M0 ${y}H${columns}`)}`;
  return html`
<header><svg class="picture" viewBox="0 0 ${columns} ${rows}" style="aspect-ratio: ${columns} / ${rows}" role="img" aria-label="The picture, ${rows} by ${columns} patches"><use href="#${id}-picture" width="${columns}" height="${rows}"/><path class="grid" d="${grid}"/><rect class="chosen" width="1" height="1" visibility="hidden"/></svg>
<div><p class="asked">“${text}”</p>${truth === undefined ? html`` : html`<p>Right answer: <strong>${truth}</strong>.</p>`}
${answersTable(models)}</div></header>`;
};

const lines = (count: number, line: (at: number) => string): string =>
  Array.from({ length: count - 1 }, (_, i) => line(i + 1)).join('');

const answersTable = (models: readonly ExplainedModel[]): Html => {
  const isCompared = models.length > 1;
  const apart = ({ divergence }: ExplainedModel): (Html | string)[] => {
    if (!isCompared) return [];
    if (!divergence) return ['–', '–', '–'];
    const [there, back] = [meanOf(divergence.textToImage), meanOf(divergence.imageToText)];
    return [figures(there), figures(back), figures(there + back)];
  };
  const head = [
    'Model',
    'Most probable answers',
    ...(isCompared ? ['KL, text to image', 'KL, image to text', 'Sum: L_CA'] : []),
  ];
  return table(
    head,
    models.map((model) => [model.name, answersOf(model), ...apart(model)]),
  );
};

const answersOf = ({ answers }: ExplainedModel): Html =>
  answers.length === 0
    ? html`none: it retrieves`
    : html`${answers.map(({ answer, probability }, i) => html`<span class="answer">${i === 0 ? html`<strong>${answer}</strong>` : answer} ${percent(probability)}\u00a0%</span> `)}`;

const choices = ({ words, rows, columns }: ExplainedPair, id: string): Html => html`
<form class="choices">
<fieldset disabled><legend>Word</legend>${['all words', ...words].map(
  (word, i) =>
    html`<label><input type="radio" name="${id}-word" value="${i - 1}"${i === 0 ? html` checked` : html``}><span>${word}</span></label>`,
)}</fieldset>
<fieldset disabled><legend>Image token</legend><select aria-label="Image token"><option value="-1">all of them</option><option value="0">[CLS]</option>${Array.from(
  { length: rows * columns },
  (_, i) => html`<option value="${i + 1}">row ${Math.floor(i / columns) + 1}, column ${(i % columns) + 1}</option>`,
)}</select><small>or choose a patch in any picture</small></fieldset>
<output>Means over all words and all image tokens. To read a share, point at it.</output>
<noscript><p class="note">Choosing a word or a patch needs scripts; without them the page shows these means.</p></noscript>
</form>`;

const textToImage = (
  { name, textToImage: heads, divergence }: ExplainedModel,
  pair: ExplainedPair,
  id: string,
): Html => {
  const rows = heads.map(meanRow);
  const whole = meanRow(rows);
  const [largest, largestOfHeads] = scalesOf(
    pair.models.map((model) => model.textToImage.map((head) => meanRow(head).slice(1))),
  );
  const map = (shares: readonly number[], head: number | 'mean', scale: number): Html =>
    heatMap(shares, { pair, id, head, scale });
  return html`
<section class="seen"><h4>${name}</h4>
<figure>${map(whole, 'mean', largest)}<figcaption>mean of the heads; [CLS] <span data-cls="mean">${percent(whole[0]!)}</span>\u00a0%${apart(divergence?.textToImage)}</figcaption></figure>
<div class="heads">${rows.map((row, head) => html`<figure>${map(row, head, largestOfHeads)}<figcaption>head ${head + 1}${divergence ? html`<br>KL\u00a0${figures(divergence.textToImage[head]!)}` : html``}</figcaption></figure>`)}</div>
</section>`;
};

const apart = (divergences: readonly number[] | undefined): Html =>
  divergences ? html`; KL\u00a0${figures(meanOf(divergences))}` : html``;

interface MapOptions {
  readonly pair: ExplainedPair;
  readonly id: string;
  readonly head: number | 'mean';
  /** Attention weight with full opacity. */
  readonly scale: number;
}

/** Attention to the patches, laid over the image; the first weight, to [CLS], is not drawn. */
const heatMap = ([, ...patches]: readonly number[], { pair, id, head, scale }: MapOptions): Html => {
  const { rows, columns } = pair;
  const whose = head === 'mean' ? 'mean of the heads' : `head ${head + 1}`;
  return html`<svg class="heat" data-head="${head}" viewBox="0 0 ${columns} ${rows}" style="aspect-ratio: ${columns} / ${rows}" role="img" aria-label="What the patches are given, ${whose}"><use href="#${id}-picture" width="${columns}" height="${rows}"/>${patches.map(
    (share, at) =>
      html`<rect x="${at % columns}" y="${Math.floor(at / columns)}" width="1" height="1" fill-opacity="${opacityOf(share / scale)}"/>`,
  )}</svg>`;
};

/** A table with a row for each word and a column for each head. */
const imageToText = ({ name, imageToText: heads, divergence }: ExplainedModel, pair: ExplainedPair): Html => {
  const rows = heads.map(meanRow);
  const columns = [meanRow(rows), ...rows];
  const [, largest] = scalesOf(pair.models.map((model) => model.imageToText.map(meanRow)));
  const cell = (share: number): Html => html`<td><i style="opacity: ${opacityOf(share / largest)}"></i></td>`;
  return html`
<section class="read"><h4>${name}</h4>
<div class="scroll"><table><thead><tr><th scope="col">Word</th><th scope="col">mean</th>${rows.map((_, i) => html`<th scope="col">${i + 1}</th>`)}</tr></thead>
<tbody>${pair.words.map((word, at) => html`<tr><th scope="row">${word}</th>${columns.map((column) => cell(column[at]!))}</tr>`)}</tbody>
${divergence ? html`<tfoot><tr><th scope="row">KL</th>${[meanOf(divergence.imageToText), ...divergence.imageToText].map((one) => html`<td>${figures(one)}</td>`)}</tr></tfoot>` : html``}</table></div>
</section>`;
};

/** The largest share of any model's mean over heads and, second, of any of its heads. */
const scalesOf = (models: readonly (readonly (readonly number[])[])[]): readonly [number, number] => [
  Math.max(...models.flatMap((heads) => meanRow(heads)), Number.MIN_VALUE),
  Math.max(...models.flatMap((heads) => heads.flat()), Number.MIN_VALUE),
];

const meanRow = (rows: readonly (readonly number[])[]): number[] =>
  rows[0]!.map((_, i) => meanOf(rows.map((row) => row[i]!)));

const STRONGEST = 0.85;

/** Square root, so that weak attention is visible; never opaque, so that the image is. */
const opacityOf = (share: number): string => (STRONGEST * Math.sqrt(Math.min(1, Math.max(0, share)))).toFixed(2);

/** Data of the script: attention weights with four digits. */
const numbersOf = ({ words, columns, models }: ExplainedPair) => ({
  words,
  columns,
  models: models.map(({ name, textToImage: there, imageToText: back }) => ({
    name,
    textToImage: rounded(there),
    imageToText: rounded(back),
  })),
});

const rounded = (heads: HeadedAttention): number[][][] =>
  heads.map((rows) => rows.map((row) => row.map((share) => Math.round(1e4 * share) / 1e4)));
