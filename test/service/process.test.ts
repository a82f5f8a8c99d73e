import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { killDuringUploads } from '../../scripts/service-kills.ts';
import { encodePng } from '../../src/data.ts';
import { cacheImages, openImageCache, saveModel } from '../../src/index.ts';
import {
  numbered,
  raggedScene,
  randomStudent,
  temporaryFolder,
  writeImages,
} from '../../src/inference/inference.fixture.ts';
import { startServing } from './process.fixture.ts';

const model = randomStudent();

/** A student and cached photos in a folder. */
const place = async () => {
  const home = await temporaryFolder();
  const [student, photos, cache] = ['student.safetensors', 'photos', 'photos.cache'].map((name) => join(home, name));
  await saveModel(student!, model);
  await mkdir(photos!);
  await writeImages(photos!, numbered(3));
  await cacheImages(model, photos!, { to: cache!, threads: 1 });
  return { student: student!, photos: photos!, cache: cache!, args: [student!, cache!, '--images', photos!] };
};

const upload = (url: string, path: string, bytes: Uint8Array): Promise<Response> =>
  fetch(`${url}/v1/caches/photos/images?path=${path}`, {
    ...{ method: 'POST', headers: { 'content-type': 'image/png' }, body: bytes as Uint8Array<ArrayBuffer> },
  });

describe('dide serve', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'at %s finishes what is under way and writes what was uploaded',
    async (signal) => {
      const { args, cache } = await place();
      const { url, child, ended, log } = await startServing(args);
      const images = await Promise.all(Array.from({ length: 8 }, (_, i) => encodePng(raggedScene(50 + i))));
      const uploads = images.map((bytes, i) => upload(url, `new-${i}.png`, bytes).then(({ status }) => status));
      const asked = fetch(`${url}/v1/caches/photos/ask`, {
        ...{ method: 'POST', headers: { 'content-type': 'application/json' } },
        body: JSON.stringify({ question: 'is there a circle ?' }),
      });
      // all have come, and some are not done
      const come = async (): Promise<number> => {
        const [, inFlight] = /dide_requests_in_flight (\d+)/.exec(await (await fetch(`${url}/metrics`)).text())!;
        return Number(inFlight) + log().filter(({ path }) => String(path).startsWith('/v1/')).length;
      };
      while ((await come()) < 9) await sleep(1);
      child.kill(signal);
      expect((await asked).status).toBe(200);
      expect(await Promise.all(uploads)).toEqual(images.map(() => 201));
      expect(await ended).toBe(0);
      expect(log().at(-1)).toMatchObject({ msg: 'stopped' });
      await expect(fetch(`${url}/health`)).rejects.toThrow();
      expect((await openImageCache(cache)).size).toBe(11);
    },
    240_000,
  );

  it('killed during uploads, twenty times, loses nothing that was answered, and doubles nothing', async () => {
    const { answered, lost, doubled } = await killDuringUploads(20);
    expect(answered).toBeGreaterThan(20);
    expect({ lost, doubled }).toEqual({ lost: [], doubled: 0 });
  }, 1_200_000);

  it('says what is wrong, and exits with 1', async () => {
    const { args, photos, student } = await place();
    const failed = (...more: string[]) =>
      startServing(more).then(
        () => 'it listens',
        (error: Error) => error.message,
      );
    expect(await failed(...args, '--host', '0.0.0.0')).toContain('no key is asked for');
    expect(await failed(student, photos)).toContain('it is no image cache');
    const keys = join(photos, '..', 'keys');
    await writeFile(keys, 'ana secret\n');
    expect(await failed(...args, '--key-file', keys)).toContain('keys:1: it is no key');
  }, 240_000);
});
