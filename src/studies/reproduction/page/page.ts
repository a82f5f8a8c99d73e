import { document } from '../../report/document.ts';
import { type Html, html, jsonScript, section, table } from '../../report/html.ts';
import { type Judgement, judged, type Verdict } from '../claims.ts';
import { outcomesOf } from '../outcomes-file.ts';
import type { Measured } from '../results.ts';
import { noticeOf, titleOf } from '../size.ts';
import { curves, gallery } from './charts.ts';
import { curveBands } from './curve-bands.ts';
import { cellText, finishedText, pointsText, RULE, relationsText, seedsText, unitName } from './format.ts';
import { galleryPoints } from './gallery.ts';
import { scaleBands } from './scale.ts';
import type { Table } from './table.ts';
import { tablesOf } from './tables.ts';

/**
 * The reproduction as one self-contained HTML page.
 *
 * @param attention name of the page of attention maps beside it, where there is one.
 */
export const reproductionPage = async (measured: Measured, attention?: string): Promise<string> => {
  const { size } = measured;
  const notice = noticeOf(size);
  const body: Html[] = [
    html`<header class="opening"><h1>${titleOf(size)}</h1>
${
  notice === undefined
    ? ''
    : html`<p><strong class="wrong">${notice}</strong></p>
`
}<p>The studies of Wang et al. 2022, “Distilled Dual-Encoder Model for Vision-Language Understanding”, on generated scenes:
${finishedText(measured)}. Seeds are fixed beforehand: ${seedsText(size)}; all runs are shown.</p>
<p>${relationsText(size)}</p>
${attention === undefined ? '' : html`<nav><a href="${attention}">Attention maps of teacher and students, head by head</a></nav>`}</header>`,
    verdicts(judged(measured), { isResult: notice === undefined }),
    await curves(scaleBands(measured), { id: 'scale', title: 'Scale: how far training gets' }),
    await curves(curveBands(measured), { id: 'curves', title: 'Training' }),
    await gallery(galleryPoints(measured)),
    ...tablesOf(measured).map(tableSection),
    jsonScript('numbers', outcomesOf(measured)),
  ];
  return document({ title: `Distilled dual encoders: ${titleOf(size)}`, body });
};

const verdictClass = (verdict: Verdict): string =>
  verdict === 'holds' ? 'right' : verdict === 'does not hold' ? 'wrong' : '';

/** The section of claims; a run that is too small for results gets no verdicts. */
const verdicts = (judgements: readonly Judgement[], { isResult }: { readonly isResult: boolean }): Html =>
  section(
    'claims',
    'The paper’s claims',
    html`${table(
      ['Claim', 'Verdict', 'Holds with', 'Difference', 'Means', 'Second training', 'Compared'],
      judgements.map(({ claim, verdict, rule, difference, means, again, how }) => [
        claim,
        isResult ? html`<strong class="${verdictClass(verdict)}">${verdict}</strong>` : '–',
        html`<span class="how">${rule}</span>`,
        difference ? html`<span class="whole">${pointsText(difference)} points</span>` : '–',
        means
          ? html`<span class="whole">${means.map((mean) => (100 * mean).toFixed(1)).join(' against ')} %</span>`
          : '–',
        again?.difference
          ? html`${isResult ? `${again.verdict}, ` : ''}<span class="whole">${pointsText(again.difference)} points</span>`
          : '–',
        html`<span class="how">${how}</span>`,
      ]),
    )}
<p class="note">${RULE}</p>`,
  );

const tableSection = ({ id, title, about, columns, rows }: Table): Html =>
  section(
    id,
    title,
    html`<p>${about}</p>${table(
      ['', ...columns.map(({ name, unit }) => html`${name}<small>${unitName[unit]}</small>`)],
      rows.map(({ name, cells }) => [name, ...cells.map((cell, i) => cellText(cell, columns[i]!.unit))]),
    )}`,
  );
