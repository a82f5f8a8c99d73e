import { figure, legend, modelEncoding, responsive } from '../../report/charts.ts';
import { type Html, html, section } from '../../report/html.ts';
import type { CurveBand } from './curve-bands.ts';
import type { GalleryPoint } from './gallery.ts';

/**
 * Charts of validation accuracy over updates, one for each task, with a line for each variant and the range of its
 * seeds.
 */
export const curves = async (
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

/** Chart of the time of one question over the number of images, both scales logarithmic; nothing without points. */
export const gallery = async (points: readonly GalleryPoint[]): Promise<Html> => {
  if (points.length === 0) return html``;
  const names = [...new Set(points.map(({ model }) => model))];
  const { color, dash, shape } = modelEncoding(names);
  const log = { type: 'log' } as const;
  const drawing = await responsive((width) => ({
    width,
    height: 280,
    data: { values: [...points] },
    encoding: {
      x: { field: 'images', type: 'quantitative', scale: log, axis: { title: 'images', tickCount: 6 } },
      y: { field: 'milliseconds', type: 'quantitative', scale: log, axis: { title: null, tickCount: 5 } },
      color,
    },
    layer: [
      { mark: { type: 'line', strokeWidth: 2 }, encoding: { strokeDash: dash } },
      { mark: { type: 'point', filled: true, size: 50 }, encoding: { shape } },
    ],
  }));
  const most = points.at(-1)!.images;
  const ends = points
    .filter(({ images }) => images === most)
    .map(({ model, milliseconds }) => `${model} ${(milliseconds / 1000).toFixed(2)} s`);
  return section(
    'gallery-curve',
    'One question about many images',
    html`${legend(names)}${figure(
      drawing,
      `Time of one question over the number of images: ${ends.join(', ')} for ${most}`,
      html`Milliseconds of one question over the number of images. For ${most}: ${ends.join(', ')}.`,
    )}`,
  );
};
