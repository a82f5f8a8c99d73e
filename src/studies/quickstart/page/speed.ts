import { figure, responsive } from '../../report/charts.ts';
import { bytes, count, duration, figures, milliseconds, percent } from '../../report/format.ts';
import { type Html, html, section, table } from '../../report/html.ts';
import type { CacheReport, LatencyReport, QuestionReport } from '../content.ts';

/** The section of latencies and of the time and size of the cache. */
export const latency = async (measured: readonly LatencyReport[], cache: CacheReport): Promise<Html> => {
  const slowest = measured[0]?.millisecondsPerImage ?? 0;
  const rows = measured.map(({ what, images, millisecondsPerImage, note }) => [
    what,
    milliseconds(millisecondsPerImage),
    `${figures(slowest / millisecondsPerImage)} ×`,
    count(images),
    html`<span class="how">${note}</span>`,
  ]);
  const drawing = measured.length > 0 ? await latencyChart(measured) : html``;
  const said = measured
    .map(({ what, millisecondsPerImage }) => `${what} ${milliseconds(millisecondsPerImage)}`)
    .join(', ');
  return section(
    'latency',
    'Latency of a question',
    html`${figure(drawing, `Milliseconds an image: ${said}`, 'Milliseconds an image for one question; logarithmic axis')}
${table(['What', 'An image', 'Speed-up', 'Images', 'How'], rows)}
<p>The cache holds ${count(cache.images)} images in ${bytes(cache.bytes)}; encoding them took ${duration(cache.seconds)}, once.</p>`,
  );
};

/** Rows of bars with their labels above them, which fit a narrow page. */
const row = {
  field: 'what',
  type: 'nominal',
  sort: null,
  axis: null,
  scale: { paddingInner: 0, paddingOuter: 0 },
} as const;
const label = { type: 'text', baseline: 'middle', dy: -9, fontSize: 13 } as const;

const latencyChart = (measured: readonly LatencyReport[]): Promise<Html> => {
  const times = measured.map(({ millisecondsPerImage }) => millisecondsPerImage);
  // A bar on a logarithmic axis begins at no zero: it begins at the power of ten below the fastest.
  const least = 10 ** Math.floor(Math.log10(Math.min(...times)) - 1e-9);
  const most = 10 ** Math.ceil(Math.log10(Math.max(...times)));
  const values = measured.map(({ what, millisecondsPerImage: value }) => ({ what, value, label: milliseconds(value) }));
  return responsive((width) => ({
    width,
    height: 46 * measured.length,
    autosize: { type: 'fit-x', contains: 'padding' },
    data: { values },
    encoding: { y: row },
    layer: [
      {
        mark: { type: 'bar', height: 10, yOffset: 10, color: 'var(--soft)' },
        encoding: {
          x: {
            field: 'value',
            type: 'quantitative',
            scale: { type: 'log', domain: [least, most] },
            axis: { title: null, format: '~g', tickCount: 6 },
          },
          x2: { datum: least },
        },
      },
      {
        mark: { ...label, align: 'left', color: 'var(--ink)', limit: width - 80 },
        encoding: { x: { value: 0 }, text: { field: 'what' } },
      },
      {
        mark: { ...label, align: 'right', color: 'var(--soft)' },
        encoding: { x: { value: 'width' }, text: { field: 'label' } },
      },
    ],
  }));
};

/** The section of one question about every cached image, with the most probable answers first. */
export const question = ({ text, answers }: QuestionReport, { images }: CacheReport): Html =>
  section(
    'question',
    'One question, every image',
    html`<p class="asked">“${text}”</p>
<p>Asked of all ${count(images)} cached images. The ${count(answers.length)} most probable answers:</p>
<ol class="answers">${answers.map(
      ({ image, path, answer, probability }) => html`
<li><img src="${image}" alt="${path}" width="112" height="112"><strong>${answer}</strong> <span>${percent(probability)}\u00a0%</span><small>${breakable(path)}</small></li>`,
    )}
</ol>`,
  );

/** A path that may be broken after its slashes. */
const breakable = (path: string): readonly Html[] => path.split(/(?<=\/)/).map((part) => html`${part}<wbr>`);
