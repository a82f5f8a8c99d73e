import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { programs, startServer, type TestServer } from '../../src/inference/store/postgres/server.fixture.ts';
import { dide, inProcess } from './cli.fixture.ts';
import { nanoPlaceForTests } from './writers.fixture.ts';

const place = nanoPlaceForTests();
const fakeImages = () => join(place().data, 'images');

describe.skipIf(programs === undefined)('a cache in Postgres, by the command line', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server[Symbol.asyncDispose]());

  const said = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await inProcess(args);
    expect(code, stderr).toBe(0);
    expect(stdout + stderr).not.toContain('secret');
    return stdout;
  };

  it('is filled, asked as one in a folder is, and described, and its password is nowhere printed', async () => {
    const { student, root } = place();
    const [folder, address] = [join(root, 'folder.cache'), server.address('photos')];
    for (const to of [folder, address]) await said('cache', student, fakeImages(), '--to', to, '--json');
    const ask = ['is there a red circle?', '--top', '5', '--path', '*.png', '--from', '2020', '--json', '--cache'];
    const [wanted, found] = [
      JSON.parse(await said('ask', student, ...ask, folder)),
      JSON.parse(await said('ask', student, ...ask, address)),
    ];
    expect(found.answers.map(({ image }: { image: string }) => image)).toEqual(
      wanted.answers.map(({ image }: { image: string }) => image),
    );
    const described = JSON.parse(await said('inspect', address, '--json'));
    expect(described.images).toBe(JSON.parse(await said('inspect', folder, '--json')).images);
    const { image } = wanted.answers[0];
    expect(await said('search', student, '--like', image, '--cache', address)).toContain(image);
    expect(await said('cache', student, fakeImages(), '--to', address)).toMatch(/encoded now +0\n/);
  });

  it('loses nothing and doubles nothing where its writers are killed', async () => {
    const { student, root } = place();
    const address = server.address('killed');
    const argumentsOf = (to: string) => [
      'cache',
      student,
      fakeImages(),
      '--to',
      to,
      '--batch',
      '1',
      '--threads',
      '1',
      '--json',
    ];
    for (let kill = 0; kill < 4; kill += 1)
      await dide(argumentsOf(address), async (end) => {
        await sleep(1200 + 300 * kill);
        end('SIGKILL');
      });
    const { code, stderr } = await dide(argumentsOf(address));
    expect(code, stderr).toBe(0);
    const whole = join(root, 'whole.cache');
    await said(...argumentsOf(whole));
    const answersOf = async (cache: string) =>
      JSON.parse(await said('ask', student, 'is there a red circle?', '--cache', cache, '--top', '1000', '--json'))
        .answers;
    const [found, wanted] = [await answersOf(address), await answersOf(whole)];
    expect(found.length).toBe(wanted.length);
    for (const [i, { probability }] of found.entries())
      expect(Math.abs(probability - wanted[i].probability)).toBeLessThan(1e-3);
  }, 120_000);
});

it('that does not answer is served by nobody, and its password is not printed', async () => {
  const { code, stderr } = await inProcess(['serve', place().student, 'postgres://me:secret@127.0.0.1:1/x']);
  expect(code).toBe(1);
  expect(stderr).toContain('postgres://me@127.0.0.1:1/x (cache images): connect ECONNREFUSED');
  expect(stderr).not.toContain('secret');
});
