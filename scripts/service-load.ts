/**
 * Loads a server with questions and prints what it answered: first one that asks one question at a time, then one that
 * asks those in flight together, with as many connections as it takes requests, and with twice as many:
 *
 *   npx tsx scripts/service-load.ts                          60 s at twice over a cache of 1000 images
 *   npx tsx scripts/service-load.ts --seconds 10 --images 200
 *
 * Nothing but 2xx and 429 may be answered, the memory of the server must stay flat, and at twice what it takes it must
 * answer at least 0.8 times as many questions as at once. Times are of this machine as it is.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import autocannon from 'autocannon';
import { encodePng } from '../src/data.ts';
import { cacheImages, createStudent, loadModel, saveModel } from '../src/index.ts';
import { createServer } from '../src/server.ts';

const QUESTIONS = ['red', 'green', 'blue', 'yellow'].flatMap((color) =>
  ['circle', 'square', 'triangle'].map((shape) => `is there a ${color} ${shape} ?`),
);

/** Measurements of a server under a load. */
interface Loaded {
  readonly ok: number;
  readonly refused: number;
  /** Answers of any other status, and connections that failed. */
  readonly others: number;
  /** Questions answered a second. */
  readonly rate: number;
  /** Milliseconds of accepted requests. */
  readonly p50: number;
  readonly p99: number;
  /** Mean of the 99th percentiles of the delay of the event loop in each half second, in milliseconds. */
  readonly delay: number;
  /** Mean memory in MB in the second third of the time, and in the last. */
  readonly memory: readonly [middle: number, last: number];
}

const load = async (url: string, connections: number, seconds: number): Promise<Loaded> => {
  const [memory, delays]: [number[], number[]] = [[], []];
  const looking = setInterval(async () => {
    const text = await (await fetch(`${url}/metrics`)).text();
    memory.push(Number(/^process_resident_memory_bytes (\S+)/m.exec(text)![1]) / 1e6);
    delays.push(1000 * Number(/^nodejs_eventloop_lag_p99_seconds (\S+)/m.exec(text)![1]));
  }, 500);
  const accepted: number[] = [];
  const options: autocannon.Options = {
    ...{ url: `${url}/v1/caches/photos/ask`, connections, duration: seconds, method: 'POST' },
    headers: { 'content-type': 'application/json' },
    requests: QUESTIONS.map((question, i) => ({ body: JSON.stringify({ question, top: 1 + (i % 10) }) })),
  };
  const result = await new Promise<autocannon.Result>((resolve, reject) => {
    const running = autocannon(options, (error, all) => (error ? reject(error) : resolve(all)));
    running.on('response', (_client, status, _bytes, milliseconds) => {
      if (status === 200) accepted.push(milliseconds);
    });
  });
  clearInterval(looking);
  const { '2xx': ok, non2xx, errors, duration, statusCodeStats } = result;
  const refused = statusCodeStats?.['429']?.count ?? 0;
  accepted.sort((a, b) => a - b);
  const at = (share: number): number => accepted[Math.floor(share * (accepted.length - 1))] ?? Number.NaN;
  const third = Math.ceil(memory.length / 3);
  return {
    ...{ ok, refused, others: non2xx - refused + errors, rate: ok / duration, p50: at(0.5), p99: at(0.99) },
    delay: mean(delays),
    memory: [mean(memory.slice(third, 2 * third)), mean(memory.slice(2 * third))],
  };
};

const mean = (some: readonly number[]): number => some.reduce((a, b) => a + b, 0) / some.length;

const print = (name: string, { ok, refused, others, rate, p50, p99, delay, memory: [middle, last] }: Loaded): void => {
  console.log(`${name}: ${ok} answered, ${refused} refused with 429, ${others} others`);
  console.log(`  ${rate.toFixed(1)} questions a second; accepted: p50 ${p50.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms`);
  console.log(`  event loop: p99 of its delay ${delay.toFixed(0)} ms`);
  console.log(`  memory: ${middle.toFixed(0)} MB in the second third, ${last.toFixed(0)} MB in the last`);
};

interface Places {
  readonly model: string;
  readonly cache: string;
}

/** Serves in a process of its own, with so many questions in a scan. */
const serving = async (
  places: Places,
  inFlight: number,
  batch: number,
): Promise<{ url: string; child: ChildProcess }> => {
  const options = ['--in-flight', String(inFlight), '--batch', String(batch)];
  const child = fork(fileURLToPath(import.meta.url), ['--serve', places.model, '--cache', places.cache, ...options]);
  const url = await new Promise<string>((resolve, reject) => {
    child.once('message', (message) => resolve(String(message)));
    child.once('exit', () => reject(new Error('the server does not start')));
  });
  return { url, child };
};

const serve = async (model: string, cache: string, limits: { inFlight: number; batch: number }): Promise<void> => {
  const server = await createServer(await loadModel(model), { caches: [{ cache }], port: 0, limits });
  process.send!(server.url);
  process.once('disconnect', () => process.exit());
};

const measure = async (places: Places, seconds: number, inFlight: number): Promise<boolean> => {
  const short = Math.max(5, seconds / 3);
  const runs: Loaded[] = [];
  for (const [name, batch, loads] of [
    ['one question at a time', 1, [[1, short]]],
    [
      'questions in flight together',
      32,
      [
        [1, short],
        [2, seconds],
      ],
    ],
  ] as const) {
    const { url, child } = await serving(places, inFlight, batch);
    for (const [times, length] of loads) {
      runs.push(await load(url, times * inFlight, length));
      print(`${name}, ${times * inFlight} connections for ${length} s`, runs.at(-1)!);
    }
    child.disconnect();
  }
  const [alone, together, twice] = runs as [Loaded, Loaded, Loaded];
  console.log(`together ${(together.rate / alone.rate).toFixed(1)} times as many as one at a time`);
  console.log(`at twice ${(twice.rate / together.rate).toFixed(2)} times as many as at once`);
  const isFlat = runs.every(({ memory: [middle, last] }) => last < 1.1 * middle);
  return isFlat && runs.every(({ others }) => others === 0) && twice.rate > 0.8 * together.rate;
};

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    images: { type: 'string', default: '1000' },
    'in-flight': { type: 'string', default: '16' },
    batch: { type: 'string', default: '32' },
    serve: { type: 'string' },
    cache: { type: 'string' },
  },
});
const [seconds, images, inFlight, batch] = [values.seconds, values.images, values['in-flight'], values.batch].map(
  Number,
) as [number, number, number, number];

if (values.serve !== undefined) await serve(values.serve, values.cache!, { inFlight, batch });
else {
  const home = await mkdtemp(join(tmpdir(), 'dide-load-'));
  const [photos, model, cache] = ['photos', 'student.safetensors', 'photos.cache'].map((name) => join(home, name)) as [
    string,
    string,
    string,
  ];
  try {
    await mkdir(photos);
    const teacher = await loadModel(fileURLToPath(new URL('../assets/teacher-mini.safetensors', import.meta.url)));
    const student = createStudent(teacher);
    await saveModel(model, student);
    for (let i = 0; i < images; i += 1) {
      const data = Uint8Array.from({ length: 32 * 32 * 3 }, (_, at) => (at * (i + 3) * 7 + (at >> 5) * i) % 256);
      await writeFile(join(photos, `${i}.png`), await encodePng({ width: 32, height: 32, data }));
    }
    await cacheImages(student, photos, { to: cache });
    process.exitCode = (await measure({ model, cache }, seconds, inFlight)) ? 0 : 1;
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}
