import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fakeHubForTests } from './hub.fixture.ts';
import { etagOf, TOKEN } from './hub-routes.fixture.ts';
import { pullModel } from './model.ts';
import type { PullProgress } from './pull.ts';
import { cache, config, files, getsIn, others, saying, usual, weights } from './pulled.fixture.ts';

const hub = fakeHubForTests();
const gets = (path: string): string[] => getsIn(hub(), path);

describe('a model by its id', () => {
  it('is fetched into the layout of the cache of Python, the needed files alone, and no byte twice', async () => {
    const commit = hub().add('models/org/vilt', { ...usual, ...others });
    const seen: PullProgress[] = [];
    const pulled = await pullModel('org/vilt', { onPull: (now) => seen.push(now) });
    expect(pulled.commit).toBe(commit);
    const folder = join(cache(), 'models--org--vilt');
    expect(pulled.path).toBe(join(folder, 'snapshots', commit));
    expect(files(pulled.path)).toEqual(['README.md', 'config.json', 'model.safetensors', 'vocab.txt']);
    expect(readFileSync(join(folder, 'refs/main'), 'utf8')).toBe(commit);
    expect(readlinkSync(join(pulled.path, 'config.json'))).toBe(
      `../../blobs/${etagOf('config.json', Buffer.from(config))}`,
    );
    expect(readFileSync(join(pulled.path, 'model.safetensors'))).toEqual(weights);
    const all = Object.values(usual).reduce((sum, bytes) => sum + bytes.length, 0);
    expect(seen.at(-1)).toMatchObject({ id: 'org/vilt', done: all, of: all });
    expect(seen.every(({ done }, i) => i === 0 || done >= seen[i - 1]!.done)).toBe(true);
    expect(pulled.fetched).toBe(all);
    const again = await pullModel('org/vilt');
    expect([again.path, again.fetched]).toEqual([pulled.path, 0]);
    expect(gets('/resolve/').length).toBe(4);
  });

  it('of one revision shares the files that did not change with another', async () => {
    hub().add('models/org/vilt', usual);
    const tagged = hub().add('models/org/vilt', { 'config.json': '{}' }, 'v2/new');
    hub().add('models/org/vilt', { 'model.safetensors': weights }, 'v2/new');
    const main = await pullModel('org/vilt');
    const other = await pullModel('org/vilt@v2%2Fnew');
    expect(other.commit).not.toBe(main.commit);
    expect(readFileSync(join(other.path, 'config.json'), 'utf8')).toBe('{}');
    expect(gets('/cdn/').length).toBe(1);
    // a commit is asked for once, and then never again
    await pullModel(`org/vilt@${tagged}`).catch(() => undefined);
    const { length } = hub().log;
    await pullModel(`org/vilt@${other.commit}`);
    expect(hub().log.length).toBe(length);
    expect(await saying(pullModel('org/vilt@v3'))).toBe(
      `UserError: org/vilt@v3: the model has no revision v3: see ${hub().url}/org/vilt/tree/main`.replace(
        'UserError',
        'UserError',
      ),
    );
  });

  it('has its weights in safetensors, in shards, in a pickle or alone, in a folder too', async () => {
    const index = JSON.stringify({ weight_map: { a: 'model-1-of-2.safetensors', b: 'model-2-of-2.safetensors' } });
    const shards = { 'model-1-of-2.safetensors': 'a', 'model-2-of-2.safetensors': 'b', 'model-9.safetensors': 'c' };
    hub().add('models/org/shards', { 'model.safetensors.index.json': index, ...shards, 'config.json': config });
    expect(files((await pullModel('org/shards')).path)).toEqual([
      ...['config.json', 'model-1-of-2.safetensors', 'model-2-of-2.safetensors', 'model.safetensors.index.json'],
    ]);
    hub().add('models/org/pickle', { 'pytorch_model.bin': 'x', 'config.json': config });
    expect(files((await pullModel('org/pickle')).path)).toEqual(['config.json', 'pytorch_model.bin']);
    hub().add('models/org/alone', { 'vilt_vqa.ckpt': 'x', 'sub/model.safetensors': 'y', 'sub/config.json': config });
    expect((await pullModel('org/alone')).path).toMatch(/\/vilt_vqa\.ckpt$/);
    const inFolder = await pullModel('hf:org/alone/sub');
    expect(files(inFolder.path)).toEqual(['config.json', 'model.safetensors']);
    hub().add('models/org/two', { 'a.ckpt': 'x', 'b.ckpt': 'y' });
    expect(await saying(pullModel('org/two'))).toContain('it has 2 files of weights: name one: hf:org/two/a.ckpt');
    expect((await pullModel('hf:org/two/b.ckpt')).path).toMatch(/b\.ckpt$/);
    hub().add('models/org/none', { 'flax_model.msgpack': 'x' });
    expect(await saying(pullModel('org/none'))).toMatch(
      /it has no weights that are read .*: it has flax_model\.msgpack$/,
    );
    hub().add('models/org/lost', { 'model.safetensors.index.json': index });
    expect(await saying(pullModel('org/lost'))).toContain(
      'model-1-of-2.safetensors, which model.safetensors.index.json names',
    );
  });
});

describe('the Hub says no', () => {
  it('to who is not known, or may not', async () => {
    hub().add('models/org/vilt', usual);
    const repository = hub().repositories.get('models/org/vilt')!;
    const logIn = `set HF_TOKEN to a token of your account (${hub().url}/settings/tokens), or run \`hf auth login\``;
    const { host } = new URL(hub().url);
    expect(await saying(pullModel('org/nothing'))).toBe(
      `UserError: org/nothing: there is no such path here, and no such model at ${host}, or it is private: check the id; for a private one, ${logIn}`,
    );
    repository.isPrivate = true;
    expect(await saying(pullModel('org/vilt'))).toContain('or it is private');
    process.env.HF_TOKEN = 'hf_wrong';
    const said = await saying(pullModel('org/vilt'));
    expect(said).toBe(`UserError: org/vilt: the Hub does not know the token of HF_TOKEN, or the model: ${logIn}`);
    expect(said).not.toContain('hf_wrong');
    process.env.HF_TOKEN = ` ${TOKEN}\n`;
    expect((await pullModel('org/vilt')).files.length).toBe(4);
    expect(await saying(pullModel('org/nothing'))).toBe(
      `UserError: org/nothing: there is no such path here, and no such model at ${host}: check the id`,
    );
  });

  it('to who has not accepted its conditions', async () => {
    hub().add('models/org/gated', usual);
    hub().repositories.get('models/org/gated')!.isGated = true;
    const accept = `org/gated: the model is gated: accept its conditions at ${hub().url}/org/gated`;
    expect(await saying(pullModel('org/gated'))).toContain(`${accept}, then set HF_TOKEN`);
    process.env.HF_TOKEN = TOKEN;
    expect(await saying(pullModel('org/gated'))).toBe(`UserError: ${accept} with the account of your token`);
  });

  it('but the token of a file is read, and goes to no other host', async () => {
    hub().add('models/org/vilt', usual);
    hub().repositories.get('models/org/vilt')!.isPrivate = true;
    mkdirSync(process.env.HF_HOME!, { recursive: true });
    writeFileSync(join(process.env.HF_HOME!, 'token'), `${TOKEN}\n`);
    const sent: (string | undefined)[] = [];
    hub().faults.push((request, response) => {
      if (request.url!.includes('/resolve/') && request.url!.endsWith('.safetensors')) {
        const [, port] = hub().url.split('127.0.0.1:');
        hub().repositories.get('models/org/vilt');
        response.writeHead(302, { location: `http://localhost:${port}/elsewhere` }).end();
        return true;
      }
      if (request.url !== '/elsewhere') return false;
      sent.push(request.headers.authorization);
      response.end(weights);
      return true;
    });
    await pullModel('org/vilt');
    expect(sent).toEqual([undefined]);
  });

  it('to a listing with files that would lie elsewhere', async () => {
    hub().add('models/org/evil', { ...usual, '../../../evil.json': 'x' });
    expect(await saying(pullModel('org/evil'))).toContain('it lists a file "../../../evil.json"');
    expect(existsSync(cache())).toBe(false);
  });
});

describe('without the Hub', () => {
  it('what was fetched is read: offline without a question, and with a notice where there is no network', async () => {
    const commit = hub().add('models/org/vilt', usual);
    const { path } = await pullModel('org/vilt');
    process.env.HF_HUB_OFFLINE = '1';
    const { length } = hub().log;
    expect(await pullModel('org/vilt')).toMatchObject({ path, commit, fetched: undefined });
    expect(hub().log.length).toBe(length);
    delete process.env.HF_HUB_OFFLINE;
    process.env.HF_ENDPOINT = 'http://127.0.0.1:49151';
    const notices: string[] = [];
    expect((await pullModel('org/vilt', { onNotice: (one) => notices.push(one) })).path).toBe(path);
    expect(notices).toEqual([
      '127.0.0.1:49151 cannot be reached (ECONNREFUSED): org/vilt is read as it was fetched before.',
    ]);
  });

  it('one sentence says what to copy where', async () => {
    process.env.HF_ENDPOINT = 'http://127.0.0.1:49151';
    const folder = join(cache(), 'models--org--vilt');
    const copy = `and the cache of the Hub does not hold it: where there is a network, run \`dide pull org/vilt\`, and copy what is then in the cache there to ${folder}`;
    expect(await saying(pullModel('org/vilt'))).toBe(
      `UserError: org/vilt: there is no such path here; 127.0.0.1:49151 cannot be reached (ECONNREFUSED), ${copy}`,
    );
    process.env.HF_HUB_OFFLINE = '1';
    expect(await saying(pullModel('org/vilt'))).toBe(
      `UserError: org/vilt: there is no such path here; HF_HUB_OFFLINE is set, and revision main is not in the cache, ${copy}`,
    );
  });

  it('a cache that holds a part alone does not serve', async () => {
    hub().add('models/org/vilt', usual);
    const { path } = await pullModel('org/vilt');
    await rm(join(path, 'model.safetensors'));
    process.env.HF_HUB_OFFLINE = '1';
    expect(await saying(pullModel('org/vilt'))).toMatch(
      /it has no weights that are read .*, and the cache of the Hub does/,
    );
  });

  it('a cache that may not be written serves', async () => {
    hub().add('models/org/vilt', usual);
    const { path } = await pullModel('org/vilt');
    spawnSync('chmod', ['-R', 'a-w', cache()]);
    try {
      expect(await pullModel('org/vilt')).toMatchObject({ path, fetched: 0 });
    } finally {
      spawnSync('chmod', ['-R', 'u+w', cache()]);
    }
    expect(lstatSync(join(path, 'config.json')).isSymbolicLink()).toBe(true);
  });
});
