import { chart, figure, legend, modelEncoding, responsive } from '../../report/charts.ts';
import { percent } from '../../report/format.ts';
import { type Html, html, section } from '../../report/html.ts';
import type { CurvePoint, ModelReport } from '../content.ts';

/** Points of one line; more could not be told apart. */
const MOST_POINTS = 160;

/** Ratio of largest to smallest loss above which the axis is logarithmic. */
const WIDE_RANGE = 20;

/** The section of validation accuracy over updates, and of losses, with a chart for each objective. */
export const curves = async (models: readonly ModelReport[]): Promise<Html> => {
  const names = models.map(({ name }) => name);
  const objectives = [...new Set(models.flatMap((model) => model.curves.flatMap(({ losses }) => Object.keys(losses))))];
  const losses = await Promise.all(objectives.map((objective) => lossChart(objective, models)));
  return section(
    'curves',
    'Training',
    html`${legend(names)}${await validationChart(models)}<h3>Losses by objective</h3><div class="charts">${losses}</div>
<p class="note">Each point is the mean of the updates around it. Losses of different objectives have different scales; so have
those of teacher and students, whose targets differ.</p>`,
  );
};

interface Point {
  readonly model: string;
  readonly step: number;
  readonly value: number;
}

const lossChart = async (objective: string, models: readonly ModelReport[]): Promise<Html> => {
  const names = models.map(({ name }) => name);
  const points = models.flatMap(({ name, curves: all }) =>
    lossesOf(all, objective).map((at) => ({ model: name, ...at })),
  );
  const values = points.map(({ value }) => value);
  const y = lossAxis(Math.min(...values), Math.max(...values));
  const { color, dash } = modelEncoding(names);
  const drawing = await chart({
    width: 310,
    height: 220,
    data: { values: points },
    mark: { type: 'line', strokeWidth: 1.75 },
    encoding: {
      x: { field: 'step', type: 'quantitative', axis: { title: 'updates', tickCount: 4 } },
      y: { field: 'value', type: 'quantitative', ...y },
      color,
      strokeDash: dash,
    },
  });
  return figure(
    drawing,
    `${objective} loss over updates`,
    html`<strong>${objective}</strong>${y.scale.type === 'log' ? ', logarithmic axis' : ''}`,
  );
};

/** The axis of a loss: logarithmic for a wide range, with ticks at 1, 2 and 5 times each power of ten. */
const lossAxis = (least: number, most: number) => {
  if (!(least > 0 && most > WIDE_RANGE * least)) {
    return { scale: { type: 'linear', zero: false, nice: true }, axis: { title: null, tickCount: 4 } } as const;
  }
  const powers = Array.from({ length: 40 }, (_, i) => 10 ** (i - 20));
  const ticks = powers.flatMap((power) => [power, 2 * power, 5 * power]).filter((at) => at > least / 2 && at < most);
  return { scale: { type: 'log', nice: false }, axis: { title: null, values: ticks, format: '~g' } } as const;
};

const lossesOf = (all: readonly CurvePoint[], objective: string): Omit<Point, 'model'>[] => {
  const found = all.flatMap(({ step, losses }) => (objective in losses ? [{ step, value: losses[objective]! }] : []));
  return thinned(found.filter(({ value }) => Number.isFinite(value)));
};

/** Reduces points to at most `MOST_POINTS` by averaging neighbours. */
const thinned = (points: readonly Omit<Point, 'model'>[]): Omit<Point, 'model'>[] => {
  const size = Math.ceil(points.length / MOST_POINTS);
  const groups = Array.from({ length: Math.ceil(points.length / size) || 0 }, (_, i) =>
    points.slice(i * size, (i + 1) * size),
  );
  const mean = (group: readonly Omit<Point, 'model'>[], key: 'step' | 'value'): number =>
    group.reduce((sum, point) => sum + point[key], 0) / group.length;
  return groups.map((group) => ({ step: mean(group, 'step'), value: mean(group, 'value') }));
};

const validationChart = async (models: readonly ModelReport[]): Promise<Html> => {
  const values: Point[] = models.flatMap(({ name, curves: all }) =>
    all.flatMap(({ step, validation }) =>
      validation === undefined ? [] : [{ model: name, step, value: 100 * validation }],
    ),
  );
  if (values.length === 0) return html``;
  const { color, dash, shape } = modelEncoding(models.map(({ name }) => name));
  const x = { field: 'step', type: 'quantitative', axis: { title: 'updates', tickCount: 6 } } as const;
  const y = {
    field: 'value',
    type: 'quantitative',
    axis: { title: null, tickCount: 5 },
    scale: { zero: false, nice: true },
  } as const;
  const drawing = await responsive((width) => ({
    width,
    height: 300,
    data: { values },
    layer: [
      { mark: { type: 'line', strokeWidth: 2 }, encoding: { x, y, color, strokeDash: dash } },
      { mark: { type: 'point', filled: true, size: 36, opacity: 1 }, encoding: { x, y, color, shape } },
    ],
  }));
  const ends = models.map(({ name, curves: all }) => ({
    name,
    last: all.findLast(({ validation }) => validation !== undefined)?.validation,
  }));
  const said = ends.flatMap(({ name, last }) => (last === undefined ? [] : [`${name} ${percent(last)}`])).join(', ');
  return figure(
    drawing,
    `Validation accuracy over updates: ${said}`,
    html`<strong>Validation accuracy</strong>, % of questions. At the end: ${said}.`,
  );
};
