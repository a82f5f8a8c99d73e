import type { AccuracyReport } from '../../measures/accuracy.ts';
import { chart, figure, legend, markOf, modelEncoding } from '../../report/charts.ts';
import { count, duration, percent } from '../../report/format.ts';
import { type Html, html, section, table } from '../../report/html.ts';
import { type DataReport, type ModelReport, REPRODUCIBILITY } from '../content.ts';

/** Splits in the order of their first occurrence. */
const splitsOf = (models: readonly ModelReport[]): string[] => [
  ...new Set(models.flatMap(({ accuracy }) => Object.keys(accuracy))),
];

/** The main table: every model on every split, with 95 % confidence intervals. */
export const headline = (models: readonly ModelReport[], { priorPercent, splits: sizes }: DataReport): Html => {
  const splits = splitsOf(models);
  const axis = axisOf(models, priorPercent);
  const head = [
    'Model',
    ...splits.map((split) => splitHead(split, sizes[split]?.examples)),
    'Parameters',
    'Updates',
    'Trained in',
  ];
  const rows = models.map(({ name, accuracy, parameters, updates, seconds }, i) => [
    name,
    ...splits.map((split) => accuracyCell(accuracy[split], { ...axis, color: markOf(i).color })),
    count(parameters),
    count(updates),
    seconds === undefined ? 'before' : duration(seconds),
  ]);
  return html`${table(head, rows)}
<p class="note">Accuracy in % of questions, with the 95 % confidence interval of the bootstrap over questions. Bars run from ${axis.from}
to ${axis.to}\u00a0%; the grey tick marks ${priorPercent.toFixed(1)}\u00a0%, the accuracy of always giving the commonest answer to that kind of question,
without a look at the image. ${REPRODUCIBILITY}</p>`;
};

const splitHead = (split: string, examples?: number): Html =>
  html`${split}${examples === undefined ? '' : html`<small>${count(examples)} questions</small>`}`;

interface Axis {
  /** Ends of the axis and the prior accuracy, in percent. */
  readonly from: number;
  readonly to: number;
  readonly prior: number;
}

const axisOf = (models: readonly ModelReport[], prior: number): Axis => {
  const all = models.flatMap(({ accuracy }) =>
    Object.values(accuracy).flatMap(({ low, high }) => [100 * low, 100 * high]),
  );
  const tens = (number: number): number => Math.min(100, Math.max(0, 10 * number));
  return {
    from: tens(Math.floor(Math.min(prior, ...all) / 10)),
    to: tens(Math.ceil(Math.max(prior, ...all) / 10)),
    prior,
  };
};

const accuracyCell = (accuracy: AccuracyReport | undefined, axis: Axis & { readonly color: string }): Html => {
  if (!accuracy) return html`–`;
  const { mean, low, high } = accuracy;
  const at = (number: number): string => ((100 * (number - axis.from)) / (axis.to - axis.from || 1)).toFixed(1);
  return html`<strong>${percent(mean)}</strong> <span class="range">${percent(low)} – ${percent(high)}</span>
<svg class="interval" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><path d="M0 4H100" stroke="var(--line)"/><path d="M${at(axis.prior)} 0V8" stroke="var(--soft)"/><path d="M${at(100 * low)} 4H${at(100 * high)}" stroke="${axis.color}" stroke-width="3"/><path d="M${at(100 * mean)} 0V8" stroke="${axis.color}" stroke-width="2.5"/></svg>`;
};

/** The section of accuracies by kind of question, with a chart and a table for each split. */
export const kinds = async (models: readonly ModelReport[]): Promise<Html> => {
  const parts = await Promise.all(splitsOf(models).map((split) => kindsOf(split, models)));
  const names = models.map(({ name }) => name);
  return section('kinds', 'Accuracy by kind of question', html`${legend(names)}${parts}`);
};

const kindsOf = async (split: string, models: readonly ModelReport[]): Promise<Html> => {
  const measured = models.flatMap(({ name, accuracy }) =>
    Object.entries(accuracy[split]?.byKind ?? {}).map(([kind, { mean, count: questions }]) => ({
      model: name,
      kind,
      value: 100 * mean,
      questions,
    })),
  );
  const all = [...new Set(measured.map(({ kind }) => kind))];
  if (all.length === 0) return html``;
  const cell = (kind: string, model: string) => measured.find((one) => one.kind === kind && one.model === model);
  const rows = all.map((kind) => [
    html`${kind}<small>${count(measured.find((one) => one.kind === kind)!.questions)} questions</small>`,
    ...models.map(({ name }) => cell(kind, name)?.value.toFixed(1) ?? '–'),
  ]);
  const drawing = await kindsChart(
    measured,
    all,
    models.map(({ name }) => name),
  );
  return html`<h3>${split}</h3><div class="beside">${figure(drawing, `Accuracy by kind of question on ${split}`, 'Accuracy, % of questions')}
${table(['Kind', ...models.map(({ name }) => name)], rows)}</div>`;
};

const kindsChart = (values: object[], all: readonly string[], names: readonly string[]): Promise<Html> => {
  const { color, shape } = modelEncoding(names);
  const y = {
    field: 'kind',
    type: 'nominal',
    sort: [...all],
    axis: { title: null, grid: true, labelLimit: 110 },
  } as const;
  return chart({
    width: 330,
    autosize: { type: 'fit-x', contains: 'padding' },
    height: 24 + 38 * all.length,
    data: { values },
    mark: { type: 'point', filled: true, size: 70, opacity: 0.9 },
    encoding: {
      y,
      yOffset: { field: 'model', scale: { domain: [...names] } },
      x: {
        field: 'value',
        type: 'quantitative',
        axis: { title: null, tickCount: 5, grid: true },
        scale: { zero: false, nice: true },
      },
      color,
      shape,
    },
  });
};
