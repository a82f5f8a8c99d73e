import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KEYS, program, startServer, type TestServer } from '../../src/inference/store/s3/server.fixture.ts';
import { dide, inProcess, interruptedOnce } from './cli.fixture.ts';
import { nanoPlaceForTests } from './writers.fixture.ts';

const place = nanoPlaceForTests();
const images = () => join(place().data, 'images');

describe.skipIf(program === undefined)('a cache in a bucket, by the command line', () => {
  const usual = { ...process.env };
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer();
    Object.assign(process.env, server.env);
  }, 120_000);
  afterAll(async () => {
    process.env = usual;
    await server?.[Symbol.asyncDispose]();
  });

  const said = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await inProcess(args);
    expect(code, stderr).toBe(0);
    expect(stdout + stderr).not.toContain(KEYS.secretAccessKey);
    return stdout;
  };
  const answersOf = async (cache: string) =>
    JSON.parse(
      await said('ask', place().student, 'is there a red circle?', '--cache', cache, '--top', '1000', '--json'),
    ).answers;

  it('is filled, asked as one in a folder is, and described', async () => {
    const { student, root } = place();
    const [folder, address] = [join(root, 'folder.cache'), 's3://photos/cli'];
    for (const to of [folder, address]) await said('cache', student, images(), '--to', to);
    expect(await answersOf(address)).toEqual(await answersOf(folder));
    const described = JSON.parse(await said('inspect', address, '--json'));
    expect(described.images).toBe(JSON.parse(await said('inspect', folder, '--json')).images);
    expect(await said('cache', student, images(), '--to', address)).toMatch(/encoded now +0\n/);
  });

  it('is filled and asked in pieces, which are merged', async () => {
    const { student, root } = place();
    const address = 's3://photos/pieces';
    const [pictures, encoded] = [join(root, 'pictures.txt'), join(root, 'encoded.jsonl')];
    const cached = ['cache', student, images(), '--to', address, '--threads', '1'];
    await writeFile(pictures, await said(...cached, '--list'));
    await writeFile(encoded, await said(...cached, '--pieces', pictures));
    const count = (await readFile(pictures, 'utf8')).trimEnd().split('\n').length;
    expect(await said(...cached, '--merge', encoded)).toMatch(new RegExp(`encoded now +${count}\n`));
    const asked = ['ask', student, 'is there a red circle?', '--cache', address, '--top', '1000'];
    const [names, lines] = [join(root, 'pieces.txt'), join(root, 'pieces.jsonl')];
    await writeFile(names, await said(...asked, '--list'));
    await writeFile(lines, await said(...asked, '--pieces', names));
    expect(JSON.parse(await said(...asked, '--merge', lines, '--json')).answers).toEqual(await answersOf(address));
  });

  it('keeps what was encoded when it is stopped, and loses and doubles nothing where its writers are killed', async () => {
    const { student, root } = place();
    const address = 's3://photos/killed';
    const args = ['cache', student, images(), '--to', address, '--batch', '1', '--threads', '1'];
    let isBegun = false;
    const looking = setInterval(async () => {
      isBegun ||= (await server.request('photos/killed/cache.json')).ok;
    }, 20);
    const { code, stderr } = await interruptedOnce(() => isBegun, args);
    clearInterval(looking);
    // it may be done before
    if (code !== 0) expect([code, stderr]).toEqual([130, expect.stringMatching(/^Stopped /m)]);
    for (let kill = 0; kill < 3; kill += 1)
      await dide(args, (end) => void setTimeout(() => end('SIGKILL'), 1500 + 500 * kill));
    await said(...args);
    const whole = join(root, 'whole.cache');
    await said('cache', student, images(), '--to', whole);
    expect(await answersOf(address)).toEqual(await answersOf(whole));
  }, 120_000);
});
