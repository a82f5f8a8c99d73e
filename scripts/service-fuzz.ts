/**
 * Sends a server what its OpenAPI document allows, and what it does not, as Schemathesis makes it up
 * (`pip install schemathesis`), and expects no status of 500, and only answers as described:
 *
 *   npx tsx scripts/service-fuzz.ts                  50 requests of each kind to each route
 *   npx tsx scripts/service-fuzz.ts --examples 10
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { encodePng } from '../src/data.ts';
import { cacheImages, createStudent, loadModel } from '../src/index.ts';
import { createServer } from '../src/server.ts';

/** The program, by its name or the path that SCHEMATHESIS has. */
const program = process.env.SCHEMATHESIS ?? 'schemathesis';

/** Whether Schemathesis is installed. */
export const hasSchemathesis = (): boolean => spawnSync(program, ['--version']).status === 0;

/** Every answer is as described, and none is a fault of the server. */
const CHECKS = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_headers_conformance',
  'response_schema_conformance',
  'negative_data_rejection',
];

/**
 * Serves a student and some pictures, and runs Schemathesis against it, with names that it makes up and then with those
 * of a cache and an image. → its exit code, and what it printed
 */
export const fuzzService = async (examples: number): Promise<{ readonly code: number; readonly said: string }> => {
  const home = await mkdtemp(join(tmpdir(), 'dide-fuzz-'));
  const [photos, cache] = [join(home, 'photos'), join(home, 'photos.cache')];
  try {
    await mkdir(photos);
    const teacher = await loadModel(fileURLToPath(new URL('../assets/teacher-mini.safetensors', import.meta.url)));
    const student = createStudent(teacher);
    for (let i = 0; i < 8; i += 1) {
      const data = Uint8Array.from({ length: 32 * 32 * 3 }, (_, at) => (at * (i + 3) * 7 + (at >> 5) * i) % 256);
      await writeFile(join(photos, `${i}.png`), await encodePng({ width: 32, height: 32, data }));
    }
    await cacheImages(student, photos, { to: cache });
    await using server = await createServer(student, {
      ...{ caches: [{ cache, images: photos }], port: 0, teacher, limits: { seconds: 120 } },
    });
    const options = ['--checks', CHECKS.join(','), '--max-examples', String(examples), '--seed', '1'];
    const more = ['--workers', '1', '--request-timeout', '120', '--no-color', '--suppress-health-check', 'all'];
    const args = ['run', `${server.url}/openapi.json`, ...options, ...more];
    const anywhere = await run(args, home);
    if (anywhere.code !== 0) return anywhere;
    // by names that it makes up it finds nothing but 404
    await writeFile(join(home, 'schemathesis.toml'), '[parameters]\n"path.cache" = "photos"\n"query.path" = "0.png"\n');
    return await run([...args, '--exclude-operation-id', 'deleteImage'], home);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
};

const run = (args: readonly string[], cwd: string): Promise<{ readonly code: number; readonly said: string }> =>
  new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd });
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => {
        said += chunk;
      });
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? 1, said }));
  });

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { examples: { type: 'string', default: '50' } } });
  if (hasSchemathesis()) {
    const { code, said } = await fuzzService(Number(values.examples));
    console.log(said);
    process.exitCode = code;
  } else console.log(`there is no ${program} here: pip install schemathesis, or give its path as SCHEMATHESIS`);
}
