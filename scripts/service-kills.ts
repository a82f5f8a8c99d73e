/**
 * Kills a server during uploads, again and again, and counts what was answered and is lost, and what is there twice:
 *
 *   npx tsx scripts/service-kills.ts                     50 kills
 *   npx tsx scripts/service-kills.ts --kills 5
 */
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { encodePng } from '../src/data.ts';
import { createStudent, loadModel, openImageCache, saveModel } from '../src/index.ts';
import { startServing } from '../test/service/process.fixture.ts';

/** Uploads at once of each server. */
const UPLOADS = 12;

/** Outcome of the uploads. */
export interface Killed {
  /** Uploads that were answered with 201. */
  readonly answered: number;
  /** Paths of those that are not in the cache, or whose file has other bytes. */
  readonly lost: readonly string[];
  /** Entries of a path that has one already, and rows of bytes that have one already. */
  readonly doubled: number;
}

/** Starts servers over one cache and kills each during uploads, after another number of answers each time. */
export const killDuringUploads = async (
  kills: number,
  onKill: (kill: number, answered: number) => void = () => {},
): Promise<Killed> => {
  const home = await mkdtemp(join(tmpdir(), 'dide-kills-'));
  const [student, photos, cache] = [
    join(home, 'student.safetensors'),
    join(home, 'photos'),
    join(home, 'photos.cache'),
  ];
  try {
    await mkdir(photos);
    const teacher = await loadModel(fileURLToPath(new URL('../assets/teacher-mini.safetensors', import.meta.url)));
    await saveModel(student, createStudent(teacher));
    const answered = new Map<string, Uint8Array>();
    for (let kill = 0; kill < kills; kill += 1) {
      const serving = await startServing([student, cache, '--images', photos]);
      const uploads = Array.from({ length: UPLOADS }, async (_, i) => {
        const path = `${kill}/${i}.png`;
        const bytes = await picture(UPLOADS * kill + i);
        const response = await upload(serving.url, path, bytes).catch(() => undefined);
        if (response?.status !== 201) return;
        answered.set(path, bytes);
        if (answered.size % UPLOADS === kill % (UPLOADS - 1)) serving.child.kill('SIGKILL');
      });
      await Promise.all(uploads);
      serving.child.kill('SIGKILL');
      await serving.ended;
      onKill(kill + 1, answered.size);
    }
    // one more mends what was half written, and takes again what may not have been answered
    const serving = await startServing([student, cache, '--images', photos]);
    for (let i = 0; i < UPLOADS; i += 1) await upload(serving.url, `0/${i}.png`, await picture(i));
    serving.child.kill('SIGTERM');
    await serving.ended;
    return await compared({ cache, photos }, answered);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
};

const upload = (url: string, path: string, bytes: Uint8Array): Promise<Response> =>
  fetch(`${url}/v1/caches/photos/images?path=${path}`, {
    ...{ method: 'POST', headers: { 'content-type': 'image/png' }, body: bytes as Uint8Array<ArrayBuffer> },
  });

/** A small picture; another one for each number. */
const picture = (number: number): Promise<Uint8Array> => {
  const data = Uint8Array.from({ length: 48 * 40 * 3 }, (_, at) => (at * (number + 3) * 7 + (at >> 5) * number) % 256);
  return encodePng({ width: 48, height: 40, data });
};

const compared = async (
  { cache, photos }: { readonly cache: string; readonly photos: string },
  answered: ReadonlyMap<string, Uint8Array>,
): Promise<Killed> => {
  const { entries } = await openImageCache(cache);
  const paths = new Set(entries.map(({ path }) => path));
  const [hashes, rows] = [new Set(entries.map(({ sha256 }) => sha256)), new Set(entries.map(({ row }) => row))];
  const lost: string[] = [];
  for (const [path, bytes] of answered) {
    const file = await readFile(join(photos, path)).catch(() => undefined);
    if (!paths.has(path) || !file?.equals(bytes)) lost.push(path);
  }
  return { answered: answered.size, lost, doubled: entries.length - paths.size + rows.size - hashes.size };
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { kills: { type: 'string', default: '50' } } });
  const { answered, lost, doubled } = await killDuringUploads(Number(values.kills), (kill, count) =>
    console.log(`kill ${kill}: ${count} answered so far`),
  );
  console.log(`${values.kills} kills: ${answered} uploads answered, ${lost.length} lost, ${doubled} doubled`);
  process.exitCode = lost.length + doubled === 0 ? 0 : 1;
}
