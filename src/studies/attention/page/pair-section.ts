import { meanOf } from '../../../data.ts';
import type { ExplainedModel, ExplainedPair, HeadedAttention } from '../../../query.ts';
import { figures, percent } from '../../report/format.ts';
import { type Html, html, jsonScript, table } from '../../report/html.ts';
import { heatMap, imageSymbols, sayShare } from './heat-map.ts';
import { pairHeader } from './pair-header.ts';
import { classOf } from './scale.ts';
import { marked, meanRow, wordMaps } from './word-maps.ts';

/**
 * The section of one pair: answers, a map for each word, attention maps of every head in both directions, and their
 * divergence from the first model's. Without scripts the heads show the mean over all words and over all image tokens; with
 * `explainedScript` a word and a patch can be selected. It needs `explainedStyle`.
 *
 * @param id unique on the page.
 */
export const explainedPart = (pair: ExplainedPair, id: string): Html => html`
<article class="example" id="${id}">
${imageSymbols(pair, id)}
${pairHeader(pair, id, answersTable(pair))}
<h3>Each word's attention to the patches, mean of the heads</h3>
${wordMaps(pair, id)}
<div class="by-head">
${choices(pair, id)}
<h3>From text to image, head by head: attention of the word to the patches</h3>
<div class="models">${pair.models.map((model) => textToImage(model, pair, id))}</div>
<h3>From image to text, head by head: attention of the patch to the words</h3>
<div class="models texts">${pair.models.map((model) => imageToText(model, pair))}</div>
</div>
${jsonScript(`${id}-numbers`, numbersOf(pair))}
</article>`;

const answersTable = ({ models, truth }: ExplainedPair): Html => {
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
    models.map((model) => [model.name, answersOf(model, truth), ...apart(model)]),
  );
};

const answersOf = ({ answers }: ExplainedModel, truth: string | undefined): Html =>
  answers.length === 0
    ? html`none: it retrieves`
    : html`${answers.map(({ answer, probability }, i) => html`<span class="answer">${i === 0 ? marked(answer, truth) : answer} ${percent(probability)}\u00a0%</span> `)}`;

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
<noscript><p class="note">Choosing a word or a patch needs scripts; without them the heads show these means.</p></noscript>
</form>`;

const textToImage = (
  { name, textToImage: heads, divergence }: ExplainedModel,
  pair: ExplainedPair,
  id: string,
): Html => {
  const rows = heads.map(meanRow);
  const whole = meanRow(rows);
  const map = (shares: readonly number[], head: string): Html =>
    heatMap(shares, pair, { id, whose: `${name}, ${head}, all words` });
  return html`
<section class="seen"><h4>${name}</h4>
<figure>${map(whole, 'mean of the heads')}<figcaption>mean of the heads; [CLS] <span data-cls>${percent(whole[0]!)}</span>\u00a0%${apart(divergence?.textToImage)}</figcaption></figure>
<div class="heads">${rows.map((row, head) => html`<figure>${map(row, `head ${head + 1}`)}<figcaption>head ${head + 1}${divergence ? html`<br>KL\u00a0${figures(divergence.textToImage[head]!)}` : html``}</figcaption></figure>`)}</div>
</section>`;
};

const apart = (divergences: readonly number[] | undefined): Html =>
  divergences ? html`; KL\u00a0${figures(meanOf(divergences))}` : html``;

/** A table with a row for each word and a column for each head. */
const imageToText = ({ name, imageToText: heads, divergence }: ExplainedModel, { words }: ExplainedPair): Html => {
  const rows = heads.map(meanRow);
  const columns = [meanRow(rows), ...rows];
  const cell = (share: number): Html =>
    html`<td><i class="${classOf(share, words.length)}" role="img" aria-label="${sayShare(share, words.length)}" title="${sayShare(share, words.length)}"></i></td>`;
  return html`
<section class="read"><h4>${name}</h4>
<div class="scroll"><table><thead><tr><th scope="col">Word</th><th scope="col">mean</th>${rows.map((_, i) => html`<th scope="col">${i + 1}</th>`)}</tr></thead>
<tbody>${words.map((word, at) => html`<tr><th scope="row">${word}</th>${columns.map((column) => cell(column[at]!))}</tr>`)}</tbody>
${divergence ? html`<tfoot><tr><th scope="row">KL</th>${[meanOf(divergence.imageToText), ...divergence.imageToText].map((one) => html`<td>${figures(one)}</td>`)}</tr></tfoot>` : html``}</table></div>
</section>`;
};

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
