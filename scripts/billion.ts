/**
 * Time of one question over very many images on several machines, computed from the rates measured on one machine:
 *
 *   npm run bench -- ask --images 1000000,10000000            measures: milliseconds a question, share of the products
 *   npx tsx scripts/billion.ts --million 1747 --cores 2       the measured time of a million images of the mini student
 *
 *   npx tsx scripts/billion.ts --cores 2 --student assets/student-mini.safetensors --cache a.cache --cache b.cache
 *                                                             asks one and all of these as one, in turn, and compares
 *
 * A question is one product of matrices an image (2 width² operations) over its vector in float16, so time grows with
 * the images and falls with the cores, as long as the vectors are in memory; where they are read, it is the larger of the
 * computation and the reading. Machines share nothing but the question and their best answers. `--machines`,
 * `--machine-cores`, `--bandwidth` (GB/s that a machine reads at) and `--price` (dollars of a machine's hour) are yours to
 * give: the last two are no measurements.
 */
import { parseArgs } from 'node:util';
import { median } from '../bench/table.ts';
import { loadModel, openImageCache, openPredictor } from '../src/index.ts';
import { askAll } from '../src/query.ts';

const { values } = parseArgs({
  options: {
    student: { type: 'string' },
    cache: { type: 'string', multiple: true, default: [] },
    rounds: { type: 'string', default: '5' },
    million: { type: 'string', default: '1747' },
    cores: { type: 'string', default: '2' },
    images: { type: 'string', default: '1e9' },
    machines: { type: 'string', default: '16' },
    'machine-cores': { type: 'string', default: '64' },
    bandwidth: { type: 'string', default: '5' },
    price: { type: 'string', default: '3' },
  },
});
const { student, cache: caches, ...texts } = values;
const given = Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, Number(text)])) as Record<
  keyof typeof texts,
  number
>;

/** Asks the first cache and all of them as one, in turn, and compares the times with their images. → a million's milliseconds */
const measure = async (file: string): Promise<number> => {
  await using predictor = await openPredictor(await loadModel(file), { threads: given.cores });
  const [one, all] = [await openImageCache(caches[0]!), await openImageCache(caches)];
  const timed = async (cache: typeof one): Promise<number> => {
    const began = performance.now();
    await askAll(predictor, cache, [{ question: 'is there a red circle?' }], { top: 10 });
    return performance.now() - began;
  };
  const turns = { one: [] as number[], all: [] as number[] };
  for (const cache of [one, all]) await timed(cache);
  for (let i = 0; i < given.rounds; i += 1) {
    turns.one.push(await timed(one));
    turns.all.push(await timed(all));
  }
  const computed = turns.one.map((each) => (each * all.size) / one.size);
  const ratios = turns.all.map((each, i) => each / computed[i]!);
  const shown = (milliseconds: readonly number[]): string => (median(milliseconds) / 1000).toFixed(1);
  const range = `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`;
  const memory = (process.resourceUsage().maxRSS / 2 ** 20).toFixed(1);
  console.log(
    `${all.size.toLocaleString('en')} images in ${caches.length} caches: ${shown(turns.all)} s a question; computed from ${one.size.toLocaleString('en')} in ${shown(turns.one)} s: ${shown(computed)} s; measured / computed ${median(ratios).toFixed(2)} (${range}, ${given.rounds} rounds in turn); memory at most ${memory} GiB\n`,
  );
  return (median(turns.one) * 1e6) / one.size;
};

const million = student === undefined ? given.million : await measure(student);

/** Numbers of an image's vector, twice the width of the encoder: of the mini student, by which the time was measured, and of base size. */
const widths = { mini: 256, base: 1536 } as const;
/** Bytes of an image in the index and its columns, as `bench/generated-store.ts` writes them. */
const LINE_BYTES = 277;
const BYTES = 2;

const rowOf = (name: keyof typeof widths): string => {
  const width = widths[name];
  const { images, machines, cores, bandwidth, price } = given;
  const [vectors, lines] = [images * BYTES * width, images * LINE_BYTES];
  const coreSeconds = ((million / 1000) * cores * (images / 1e6) * width ** 2) / widths.mini ** 2;
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
