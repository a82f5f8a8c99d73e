/**
 * What one question over very many images takes on several machines, computed from what one machine was measured at:
 *
 *   npm run bench -- ask --images 1000000,10000000            measures: milliseconds a question, share of the products
 *   npx tsx scripts/billion.ts --million 1747 --cores 2       the measured time of a million images of the mini student
 *
 * A question is one product of matrices an image (2 width² operations) over its vector in float16, so time grows with
 * the images and falls with the cores, as long as the vectors are in memory; where they are read, it is the larger of the
 * computation and the reading. Machines share nothing but the question and their best answers. `--machines`,
 * `--machine-cores`, `--bandwidth` (GB/s that a machine reads at) and `--price` (dollars of a machine's hour) are yours to
 * give: the last two are no measurements.
 */
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    million: { type: 'string', default: '1747' },
    cores: { type: 'string', default: '2' },
    images: { type: 'string', default: '1e9' },
    machines: { type: 'string', default: '16' },
    'machine-cores': { type: 'string', default: '64' },
    bandwidth: { type: 'string', default: '5' },
    price: { type: 'string', default: '3' },
  },
});
const given = Object.fromEntries(Object.entries(values).map(([name, text]) => [name, Number(text)])) as Record<
  keyof typeof values,
  number
>;

/** Numbers of an image's vector: of the mini student, by which the time was measured, and of one of base size. */
const widths = { mini: 128, base: 768 } as const;
/** Bytes of the line about an image in the index, as `npm run bench` generates them. */
const LINE_BYTES = 160;
const BYTES = 2;

const rowOf = (name: keyof typeof widths): string => {
  const width = widths[name];
  const { images, machines, cores, bandwidth, price } = given;
  const [vectors, lines] = [images * BYTES * width, images * LINE_BYTES];
  const coreSeconds = ((given.million / 1000) * cores * (images / 1e6) * width ** 2) / widths.mini ** 2;
  const computed = coreSeconds / (machines * given['machine-cores']);
  const read = vectors / (machines * bandwidth * 1e9);
  const seconds = Math.max(computed, read);
  const dollars = (machines * price * seconds) / 3600;
  const cells = [
    name,
    `${(vectors / 1e12).toFixed(2)} TB`,
    `${(lines / 1e12).toFixed(2)} TB`,
    `${(vectors / machines / 1e9).toFixed(0)} GB`,
    `${computed.toFixed(1)} s`,
    `${read.toFixed(1)} s`,
    `$${dollars.toFixed(dollars < 0.1 ? 3 : 2)}`,
  ];
  return `| ${cells.join(' | ')} |`;
};

console.log(
  [
    `${given.images.toLocaleString('en')} images on ${given.machines} machines of ${given['machine-cores']} cores:`,
    '',
    '| student | vectors | index | vectors a machine | in memory | read | a question |',
    '| --- | ---: | ---: | ---: | ---: | ---: | ---: |',
    ...(Object.keys(widths) as (keyof typeof widths)[]).map(rowOf),
  ].join('\n'),
);
