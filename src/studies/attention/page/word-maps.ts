import { meanOf } from '../../../data.ts';
import type { ExplainedModel, ExplainedPair, HeadedAttention } from '../../../query.ts';
import { figures, percent } from '../../report/format.ts';
import { type Html, html } from '../../report/html.ts';
import { heatMap } from './heat-map.ts';

/** The text-to-image attention of a pair, mean over heads: a row for each model, a map for each word. */
export const wordMaps = (pair: ExplainedPair, id: string): Html => html`
<div class="scroll"><table class="attention">
<thead><tr><th scope="col">Model</th>${pair.words.map((word) => html`<th scope="col">${word}</th>`)}</tr></thead>
<tbody>${pair.models.map((model) => modelRow(model, pair, id))}</tbody>
</table></div>`;

const modelRow = (model: ExplainedModel, pair: ExplainedPair, id: string): Html => {
  const { name, divergence } = model;
  const cell = (shares: readonly number[], word: number): Html => {
    const whose = `${name}, “${pair.words[word]!}”`;
    return html`<td data-word="${pair.words[word]!}">${heatMap(shares, pair, { id, whose })}<small>[CLS]\u00a0${percent(shares[0]!)}\u00a0%</small></td>`;
  };
  return html`
<tr><th scope="row">${name}${bestAnswer(model, pair)}${divergence ? html`<small>KL\u00a0${figures(meanOf(divergence.textToImage))}</small>` : html``}</th>
${meanOfHeads(model.textToImage).map(cell)}</tr>`;
};

const bestAnswer = ({ answers: [best] }: ExplainedModel, { truth }: ExplainedPair): Html => {
  if (!best) return html``;
  const { answer, probability } = best;
  return html`<small>${marked(answer, truth)} ${percent(probability)}\u00a0%</small>`;
};

/** An answer, with a mark of right or wrong where the truth is known. */
export const marked = (answer: string, truth: string | undefined): Html => {
  if (truth === undefined) return html`<strong>${answer}</strong>`;
  return answer === truth ? html`<span class="right">✓ ${answer}</span>` : html`<span class="wrong">✗ ${answer}</span>`;
};

/** Mean over heads: [heads][queries][keys] → [queries][keys]. */
export const meanOfHeads = (heads: HeadedAttention): number[][] =>
  heads[0]!.map((_, query) => meanRow(heads.map((rows) => rows[query]!)));

/** Mean of rows, key by key. */
export const meanRow = (rows: readonly (readonly number[])[]): number[] =>
  rows[0]!.map((_, i) => meanOf(rows.map((row) => row[i]!)));
