import type { TopLevelSpec } from 'vega-lite';
import { type Html, html } from './html.ts';

/** Appearance of a model in all charts: colour, line and shape, each of which is enough to tell it. */
export interface Mark {
  readonly color: string;
  /** Lengths of strokes and gaps of the line. */
  readonly dash: readonly number[];
  readonly shape: Shape;
}

const DASHES = [
  [1, 0],
  [7, 3],
  [2, 2],
  [9, 3, 2, 3],
  [4, 2],
  [12, 4],
] as const;

/** Shapes of points, with the outline that the legend draws around 0, 0. */
const OUTLINES = {
  circle: 'M-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0',
  square: 'M-3.5 -3.5h7v7h-7z',
  diamond: 'M0 -5L4 0L0 5L-4 0z',
  'triangle-up': 'M0 -4.5L4.5 3.5H-4.5z',
  cross: 'M-1.5 -4.5h3v3h3v3h-3v3h-3v-3h-3v-3h3z',
  'triangle-down': 'M0 4.5L4.5 -3.5H-4.5z',
} as const;
type Shape = keyof typeof OUTLINES;
const SHAPES = Object.keys(OUTLINES) as Shape[];

/** The mark of the i-th model; after six they repeat. */
export const markOf = (i: number): Mark => ({
  color: `var(--m${i % DASHES.length})`,
  dash: DASHES[i % DASHES.length]!,
  shape: SHAPES[i % SHAPES.length]!,
});

/** Vega-Lite encodings of the models by colour, line and shape; their legend is HTML. */
export const modelEncoding = (names: readonly string[]) => {
  const marks = names.map((_, i) => markOf(i));
  const by = <T>(range: T[]) => ({ field: 'model', scale: { domain: [...names], range }, legend: null });
  return {
    color: by(marks.map(({ color }) => color)),
    dash: by(marks.map(({ dash }) => [...dash])),
    shape: by(marks.map(({ shape }) => shape)),
  };
};

/** Style of all charts; colours are CSS variables, so that they follow the light and dark scheme of the page. */
const config = {
  background: 'transparent',
  aria: false,
  font: 'system-ui, sans-serif',
  view: { stroke: 'transparent' as const },
  axis: {
    labelColor: 'var(--soft)',
    titleColor: 'var(--soft)',
    titleFontWeight: 400 as const,
    gridColor: 'var(--line)',
    domainColor: 'var(--line)',
    tickColor: 'var(--line)',
    labelFontSize: 12,
    titleFontSize: 12,
    labelFlush: false,
  },
  axisY: { domain: false, ticks: false, labelPadding: 6 },
  axisX: { grid: false },
};

/**
 * Renders a chart as inline SVG. Vega and Vega-Lite are loaded by the first call.
 *
 * @throws Error where the specification is invalid.
 */
export const chart = async (spec: TopLevelSpec): Promise<Html> => {
  const [vega, { compile }] = await Promise.all([import('vega'), import('vega-lite')]);
  // Widths are those of the whole drawing, so that neighbours stand in line.
  const compiled = compile({ autosize: { type: 'fit', contains: 'padding' }, ...spec, config }).spec;
  const view = new vega.View(vega.parse(compiled), { renderer: 'none', logLevel: vega.Error });
  const svg = await view.toSVG();
  view.finalize();
  // In a page the namespaces are known; without them nothing in it looks like an address to load.
  return { html: svg.replace(/ xmlns(?::xlink)?="[^"]*"/g, '') };
};

/** Renders a chart in a wide and a narrow version, of which the page shows one. */
export const responsive = async (spec: (width: number) => TopLevelSpec): Promise<Html> => html`
<div class="wide">${await chart(spec(980))}</div><div class="narrow">${await chart(spec(340))}</div>`;

/** A figure with its caption, and a label for screen readers. */
export const figure = (drawing: Html, label: string, caption: Html | string): Html => html`
<figure><figcaption>${caption}</figcaption><div role="img" aria-label="${label}">${drawing}</div></figure>`;

/** The legend: names of the models with their lines and shapes. */
export const legend = (names: readonly string[]): Html => html`
<p class="legend">${names.map((name, i) => html`<span>${sample(markOf(i))}${name}</span>`)}</p>`;

const sample = ({ color, dash, shape }: Mark): Html => html`
<svg width="30" height="12" viewBox="-15 -6 30 12" aria-hidden="true"><path d="M-14 0H14" stroke="${color}" stroke-width="2" stroke-dasharray="${dash.join(' ')}"/><path d="${OUTLINES[shape]}" fill="${color}"/></svg>`;
