import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, open, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadModel } from '../src/checkpoints/load.ts';
import type { Numbers } from '../src/engine/numbers.ts';
import { gemm } from '../src/engine/ops.ts';
import { compile } from '../src/engine/runtime/compile.ts';
import { input, parameter } from '../src/engine/tensor.ts';
import { encodeText } from '../src/inference/encode-text.ts';
import type { ImageCache } from '../src/inference/image-cache.ts';
import { openImageCache } from '../src/inference/open-image-cache.ts';
import { openPredictor } from '../src/inference/open-predictor.ts';
import type { Predictor } from '../src/inference/predictor.ts';
import { askAll } from '../src/inference/query/ask-all.ts';
import { scan } from '../src/inference/scan.ts';
import { type Child, startChild } from './child.ts';
import { generateStore } from './generated-store.ts';
import { mebibytes, median } from './table.ts';

/** Options of timing questions over generated caches. */
export interface AskBench {
  readonly images: number;
  readonly threads: number;
  readonly repeats: number;
  readonly python: string;
  /** Folder of generated caches that are kept, so that a million images are written once. Default: written and removed. */
  readonly stores?: string | undefined;
}

const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));
const STUDENT = here('../assets/student-mini.safetensors');
const QUESTION = 'is there a red circle?';

/** Times one question over a number of images in every way that matters. → lines for people */
export const measureAsk = async (bench: AskBench): Promise<string[]> => {
  const temporary = await mkdtemp(join(tmpdir(), 'dide-bench-'));
  try {
    await using student = await openPredictor(await loadModel(STUDENT), { threads: bench.threads });
    const folder = join(bench.stores ?? temporary, `${bench.images}.cache`);
    if (!existsSync(folder)) await generateStore(student, { to: folder, images: bench.images, precision: 'float16' });
    const lines = [...(await commandLines(folder, bench))];
    const cache = await openImageCache(folder);
    const peer = await startNumPy(student, { folder, text: join(temporary, 'question.f32') }, bench);
    const turns = { ours: [] as number[], peer: [] as number[], products: [] as number[], reading: [] as number[] };
    const limits = await limitsOf(student, join(folder, 'vectors.f16'), bench);
    await askOnce(student, cache);
    for (let i = 0; i < bench.repeats; i += 1) {
      turns.ours.push(await timed(() => askOnce(student, cache)));
      turns.products.push(await timed(limits.products));
      turns.reading.push(await timed(limits.reading));
      if (peer) turns.peer.push((await peer.run()).milliseconds);
    }
    limits.close();
    lines.push(...shareLines(turns, bench.images * 2 * student.width ** 2));
    if (peer) lines.push(...(await peerLines(peer, { student, cache, turns })));
    lines.push(`  ${shown(median(turns.ours))} ms a question in an open process`);
    return [`ask, mini, ${bench.images.toLocaleString('en')} images, ${bench.threads} threads`, ...lines];
  } finally {
    await rm(temporary, { recursive: true });
  }
};

const shown = (milliseconds: number): string => Math.round(milliseconds).toLocaleString('en');

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const began = performance.now();
  await work();
  return performance.now() - began;
};

const askOnce = (student: Predictor, cache: ImageCache) =>
  askAll(student, cache, [{ question: QUESTION }], { top: 10 });

/** The built command, start and all. */
const commandLines = async (folder: string, { repeats, threads }: AskBench): Promise<string[]> => {
  const main = here('../dist/cli/main.js');
  if (!existsSync(main)) return ['  dide ask: left out, since it is not built: npm run build'];
  const args = ['--import', here('usage.mjs'), main, 'ask', STUDENT, QUESTION, '--cache', folder];
  const runs: { wall: number; cpuMilliseconds: number; bytes: number }[] = [];
  for (let i = 0; i < repeats; i += 1) {
    let said = '';
    const wall = await timed(
      () =>
        new Promise<void>((resolve, reject) => {
          const child = spawn(process.execPath, [...args, '--threads', `${threads}`], {
            stdio: ['ignore', 'ignore', 'pipe'],
          });
          child.stderr.on('data', (text: Buffer) => {
            said += text;
          });
          child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`dide ask: ${said}`))));
        }),
    );
    runs.push({ wall, ...JSON.parse(/^usage (.*)$/m.exec(said)![1]!) });
  }
  const of = (name: 'wall' | 'cpuMilliseconds' | 'bytes'): number => median(runs.map((run) => run[name]));
  const fastest = shown(Math.min(...runs.map(({ wall }) => wall)));
  return [
    `  dide ask: ${shown(of('wall'))} ms (fastest ${fastest}), ${shown(of('cpuMilliseconds'))} ms of processors, ${mebibytes(of('bytes'))} MiB at most`,
  ];
};

/** Images whose products are computed together: so many that starting them costs nothing. */
const LARGE = 4096;

interface Turns {
  readonly ours: readonly number[];
  readonly products: readonly number[];
  readonly reading: readonly number[];
}

/** Ratio of a question's time to the least that the machine could need: the median over all turns. */
const shareLines = ({ ours, products, reading }: Turns, operations: number): string[] => {
  const percent = (limit: readonly number[]): string =>
    `${(100 * median(limit.map((each, i) => each / ours[i]!))).toFixed(0)} %`;
  const gigaflops = operations / Math.min(...products) / 1e6;
  return [
    `  of the matrix products alone: ${percent(products)} (${shown(median(products))} ms; at best ${gigaflops.toFixed(0)} GFLOP/s)`,
    `  of reading the vectors alone: ${percent(reading)} (${shown(median(reading))} ms)`,
  ];
};

/** The two limits of a scan, each on all threads: the matrix products alone, and the reading alone. */
const limitsOf = async (student: Predictor, vectors: string, { images, threads }: AskBench) => {
  const { width } = student;
  const sessions = await Promise.all(Array.from({ length: threads }, () => productsOf(width)));
  const x = numbers([LARGE, width]);
  const blocks = Math.ceil(images / LARGE / threads);
  const products = () =>
    Promise.all(
      sessions.map(async (session) => {
        for (let i = 0; i < blocks; i += 1) await session.run({ x });
      }),
    );
  const reading = () => readParts(vectors, threads);
  const close = (): void => {
    for (const session of sessions) session.close();
  };
  await Promise.all([products(), reading()]);
  return { products, reading, close };
};

const numbers = (shape: readonly [number, number]): Numbers<Float32Array> => ({
  shape,
  data: new Float32Array(shape[0] * shape[1]).map((_, i) => Math.sin(i)),
});

/** The products of f and the head: [images, 2 w] · [2 w, w] · [w, 2 w]. */
const productsOf = (width: number) => {
  const [b, c] = [numbers([width / 2, width]), numbers([width, width / 2])];
  const y = gemm(input('x', ['images', width]), parameter('b', b.shape), ['as-is', 'transposed']);
  const out = gemm(y, parameter('c', c.shape), ['as-is', 'transposed']);
  const weights = new Map(Object.entries({ b, c }));
  return compile({ out }, { weights, threads: 1 });
};

/** Reads a file that the system holds in memory, in parts, by so many readers. */
const readParts = async (path: string, readers: number): Promise<void> => {
  const { size } = await stat(path);
  await using handle = await open(path);
  const part = 2 ** 21;
  const read = async (reader: number): Promise<void> => {
    const into = new Uint8Array(part);
    for (let at = reader * part; at < size; at += readers * part) await handle.read(into, 0, part, at);
  };
  await Promise.all(Array.from({ length: readers }, (_, reader) => read(reader)));
};

const startNumPy = async (
  student: Predictor,
  { folder, text }: { readonly folder: string; readonly text: string },
  { python, threads }: AskBench,
): Promise<Child | undefined> => {
  const { data } = await student.textFeatures(encodeText(student, QUESTION));
  await writeFile(text, data);
  const args = ['--student', STUDENT, '--cache', folder, '--text', text, '--threads', `${threads}`];
  return await startChild(python, [here('peers_ask.py'), ...args]).catch((error: Error) => {
    console.log(`Without NumPy's half, since ${error.message}: give --python PATH`);
    return undefined;
  });
};

interface Compared {
  readonly student: Predictor;
  readonly cache: ImageCache;
  readonly turns: { readonly ours: readonly number[]; readonly peer: readonly number[] };
}

const peerLines = async (peer: Child, { student, cache, turns }: Compared): Promise<string[]> => {
  const ratios = turns.peer.map((each, i) => turns.ours[i]! / each);
  const theirs = ((await peer.run()) as unknown as { readonly loss: number }).loss;
  await peer.quit();
  let sum = 0;
  for await (const { scores } of scan(student, cache, [{ text: QUESTION, answer: 'yes' }]))
    for (const score of scores) sum += score;
  const apart = Math.abs(sum / cache.size - theirs);
  if (!(apart < 1e-5)) process.exitCode = 1;
  const range = `${Math.min(...ratios).toFixed(2)}-${Math.max(...ratios).toFixed(2)}`;
  return [
    `  NumPy, the same f: ${shown(median(turns.peer))} ms: ours takes ${median(ratios).toFixed(2)} of that (${range}); mean probabilities ${apart.toExponential(0)} apart`,
  ];
};
