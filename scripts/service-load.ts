/**
 * Loads a server with questions, first as fast as it answers with one connection a request slot, then with twice as many
 * connections as it takes requests, and prints what it answered:
 *
 *   npx tsx scripts/service-load.ts                          60 s over a cache of 1000 images
 *   npx tsx scripts/service-load.ts --seconds 10 --images 200
 *
 * Nothing but 2xx and 429 may be answered, and the memory of the server must stay flat. Times are of this machine as it is.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import autocannon from 'autocannon';
import { cacheImages, createStudent, loadModel } from 'dide';
import { encodePng } from 'dide/data';
import { createServer } from 'dide/server';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    images: { type: 'string', default: '1000' },
    'in-flight': { type: 'string', default: '16' },
  },
});
const [seconds, images, inFlight] = [values.seconds, values.images, values['in-flight']].map(Number) as [
  number,
  number,
  number,
];
const home = await mkdtemp(join(tmpdir(), 'dide-load-'));
const [photos, cache] = [join(home, 'photos'), join(home, 'photos.cache')];
await mkdir(photos);
const teacher = await loadModel(fileURLToPath(new URL('../assets/teacher-mini.safetensors', import.meta.url)));
const student = createStudent(teacher);
for (let i = 0; i < images; i += 1) {
  const data = Uint8Array.from({ length: 32 * 32 * 3 }, (_, at) => (at * (i + 3) * 7 + (at >> 5) * i) % 256);
  await writeFile(join(photos, `${i}.png`), await encodePng({ width: 32, height: 32, data }));
}
await cacheImages(student, photos, { to: cache });
const server = await createServer(student, { caches: [{ cache }], port: 0, limits: { inFlight } });

const load = async (name: string, connections: number): Promise<boolean> => {
  const memory: number[] = [];
  const looking = setInterval(() => memory.push(process.memoryUsage.rss() / 2 ** 20), 250);
  const result = await autocannon({
    ...{ url: `${server.url}/v1/caches/photos/ask`, connections, duration: seconds, method: 'POST', workers: 1 },
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ question: 'is there a red circle ?', top: 5 }),
  });
  clearInterval(looking);
  const codes = Object.entries(result.statusCodeStats ?? {}).map(([code, { count }]) => `${code}: ${count}`);
  const third = Math.ceil(memory.length / 3);
  const mean = (some: readonly number[]): number => some.reduce((a, b) => a + b, 0) / some.length;
  const [middle, last] = [mean(memory.slice(third, 2 * third)), mean(memory.slice(2 * third))];
  console.log(`${name}: ${connections} connections for ${seconds} s: ${codes.join(', ')}, errors: ${result.errors}`);
  console.log(`  all answers: p50 ${result.latency.p50} ms, p99 ${result.latency.p99} ms`);
  console.log(`  questions answered a second: ${(result['2xx'] / result.duration).toFixed(1)}`);
  console.log(`  memory: ${middle.toFixed(0)} MB in the second third, ${last.toFixed(0)} MB in the last`);
  const others = result.non2xx - (result.statusCodeStats?.['429']?.count ?? 0);
  return others === 0 && result.errors === 0 && last < 1.2 * middle;
};

try {
  const all = [
    await load('one at a time', 1),
    await load('at capacity', inFlight),
    await load('at twice', 2 * inFlight),
  ];
  process.exitCode = all.every(Boolean) ? 0 : 1;
} finally {
  await server.stop();
  await rm(home, { recursive: true, force: true });
}
