import { percent } from '../logic/format.ts';
import type { Step } from './lesson.ts';

const [WIDTH, HEIGHT] = [600, 180];

/** Curves of the loss and of the accuracy, from the first update to the last that is planned. */
export const Curves = ({ steps }: { readonly steps: readonly Step[] }) => {
  const last = steps.at(-1);
  if (!last) return null;
  const most = Math.max(...steps.map(({ loss }) => loss));
  const x = ({ number }: Step): number => (WIDTH * number) / last.of;
  const line = (points: readonly (readonly [number, number])[]): string =>
    points.map(([across, share]) => `${across.toFixed(1)},${(HEIGHT * (1 - share)).toFixed(1)}`).join(' ');
  const measured = steps.filter(({ accuracy }) => accuracy !== undefined);
  const latest = measured.at(-1);
  const accuracy = latest?.accuracy;
  const said = `Loss ${last.loss.toFixed(3)}${accuracy === undefined ? '' : `, right answers ${percent(accuracy)}`}`;
  return (
    <figure class="curves">
      <svg viewBox={`-4 -4 ${WIDTH + 8} ${HEIGHT + 8}`} role="img" aria-label={`${said}, after ${last.number} updates`}>
        <path class="axis" d={`M0 0V${HEIGHT}H${WIDTH}`} />
        <polyline class="loss" points={line(steps.map((step) => [x(step), step.loss / most]))} />
        <polyline class="accuracy" points={line(measured.map((step) => [x(step), step.accuracy!]))} />
        {latest && <circle cx={x(latest)} cy={HEIGHT * (1 - latest.accuracy!)} r={4} />}
      </svg>
      <figcaption>
        <span class="key loss">loss {last.loss.toFixed(3)}</span>
        {accuracy !== undefined && <span class="key accuracy">right answers {percent(accuracy)}</span>}
      </figcaption>
    </figure>
  );
};
