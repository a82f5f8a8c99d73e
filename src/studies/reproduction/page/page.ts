import { figure, legend, modelEncoding, responsive } from '../../report/charts.ts';
import { document } from '../../report/document.ts';
import { type Html, html, jsonScript, section, table } from '../../report/html.ts';
import { type Judgement, judged, type Verdict } from '../claims.ts';
import { outcomesOf } from '../outcomes-file.ts';
import type { Measured } from '../results.ts';
import { noticeOf, titleOf } from '../size.ts';
import { type CurveBand, curveBands } from './curve-bands.ts';
import { cellText, pointsText, RULE, unitName } from './format.ts';
import { scaleBands, scaleTables } from './scale.ts';
import type { Table } from './table.ts';
import { tablesOf } from './tables.ts';

/**
 * The reproduction as one self-contained HTML page.
 *
 * @param attention name of the page of attention maps beside it, where there is one.
 */
export const reproductionPage = async (measured: Measured, attention?: string): Promise<string> => {
  const { results, planned, size, rates } = measured;
  const notice = noticeOf(size);
  const tables = rates ? tablesOf(measured) : scaleTables(measured);
  const body: Html[] = [
    html`<header class="opening"><h1>${titleOf(size)}</h1>
${
  notice === undefined
    ? ''
    : html`<p><strong class="wrong">${notice}</strong></p>
`
}<p>The studies of Wang et al. 2022, “Distilled Dual-Encoder Model for Vision-Language Understanding”, on generated scenes:
${results.length} of ${planned ?? 'some more'} jobs, seeds ${size.seeds.join(', ')}, fixed beforehand; all runs are shown.</p>
${attention === undefined ? '' : html`<nav><a href="${attention}">Attention maps of teacher and students, head by head</a></nav>`}</header>`,
    rates
      ? verdicts(judged(measured), { isResult: notice === undefined })
      : html`<p>The search for learning rates has not ended, so there is nothing to compare yet.</p>`,
    await curves(scaleBands(measured), { id: 'scale', title: 'Scale: how far training gets' }),
    ...(rates ? [await curves(curveBands(measured), { id: 'curves', title: 'Training' })] : []),
    ...tables.map(tableSection),
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

/**
 * Charts of validation accuracy over updates, one for each task, with a line for each variant and the range of its
 * seeds.
 */
const curves = async (
  bands: readonly CurveBand[],
  { id, title }: { readonly id: string; readonly title: string },
): Promise<Html> => {
  const names = [...new Set(bands.map(({ model }) => model))];
  const tasks = [...new Set(bands.map(({ task }) => task))];
  if (bands.length === 0) return html``;
  const charts = await Promise.all(
    tasks.map((task) =>
      taskCurves(
        task,
        bands.filter((band) => band.task === task),
        names,
      ),
    ),
  );
  return section(
    id,
    title,
    html`${legend(names)}${charts}<p class="note">Bands show the range from the lowest seed to the highest.</p>`,
  );
};

const taskCurves = async (task: string, values: readonly CurveBand[], names: readonly string[]): Promise<Html> => {
  const { color, dash } = modelEncoding(names);
  const x = { field: 'step', type: 'quantitative', axis: { title: 'updates', tickCount: 6 } } as const;
  const axis = { title: null, tickCount: 5 } as const;
  const y = { field: 'mean', type: 'quantitative', axis, scale: { zero: false, nice: true } } as const;
  const drawing = await responsive((width) => ({
    width,
    height: 280,
    data: { values: [...values] },
    layer: [
      {
        mark: { type: 'area', opacity: 0.14 },
        encoding: { x, y: { ...y, field: 'low' }, y2: { field: 'high' }, color },
      },
      { mark: { type: 'line', strokeWidth: 2 }, encoding: { x, y, color, strokeDash: dash } },
    ],
  }));
  const ends = names.flatMap((name) => {
    const last = values.findLast(({ model }) => model === name);
    return last ? [`${name} ${last.mean.toFixed(1)} %`] : [];
  });
  return figure(
    drawing,
    `Validation accuracy on ${task} over updates: ${ends.join(', ')}`,
    html`<strong>${task}</strong>, validation accuracy, %. At the end: ${ends.join(', ')}.`,
  );
};
