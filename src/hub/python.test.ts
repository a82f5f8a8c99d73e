import { spawn, spawnSync } from 'node:child_process';
import { readdirSync, readlinkSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { pullData } from './dataset.ts';
import { fakeHubForTests } from './hub.fixture.ts';
import { pullModel } from './model.ts';

const hub = fakeHubForTests();

/** A Python that has huggingface_hub, by DIDE_PYTHON or on the path; without one these tests are skipped. */
const python = process.env.DIDE_PYTHON ?? 'python3';
const hasHub = spawnSync(python, ['-c', 'import huggingface_hub']).status === 0;

const usual = { 'config.json': '{}', 'model.safetensors': 'weights', 'sub/vocab.txt': 'a' };

/** Runs lines of Python; the hub of this process answers meanwhile. → what they print */
const run = (lines: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const env = { ...process.env, HF_HUB_DISABLE_XET: '1', HF_HUB_DISABLE_TELEMETRY: '1' };
    const child = spawn(python, ['-c', lines], { env });
    const said = { stdout: '', stderr: '' };
    child.stdout.on('data', (chunk) => (said.stdout += chunk));
    child.stderr.on('data', (chunk) => (said.stderr += chunk));
    child.on('close', (code) => (code === 0 ? resolve(said.stdout.trim()) : reject(new Error(said.stderr))));
  });

const links = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isSymbolicLink())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [path.slice(folder.length), readlinkSync(path)]),
  );

describe.skipIf(!hasHub)('the cache of Python', () => {
  const python = `from huggingface_hub import snapshot_download\n`;

  it('serves here, offline, and is the same that is made here, link by link', async () => {
    hub().add('models/org/vilt', usual);
    const folder = await run(`${python}print(snapshot_download('org/vilt'))`);
    process.env.HF_HUB_OFFLINE = '1';
    const found = await pullModel('org/vilt');
    expect([found.path, found.fetched]).toEqual([folder, undefined]);
    delete process.env.HF_HUB_OFFLINE;
    const before = hub().log.filter((line) => line.includes('/resolve/')).length;
    expect((await pullModel('org/vilt')).fetched).toBe(0);
    expect(hub().log.filter((line) => line.includes('/resolve/')).length).toBe(before);
    const theirs = links(folder);
    await rm(process.env.HF_HOME!, { recursive: true });
    const ours = links((await pullModel('org/vilt')).path);
    expect(Object.keys(ours).sort()).toEqual(['/config.json', '/model.safetensors']);
    for (const [path, link] of Object.entries(ours)) expect(link).toBe(theirs[path]);
  });

  it('is what we fill: Python reads a model and a data set offline', async () => {
    hub().add('models/org/vilt', usual);
    hub().add('datasets/org/pairs', { 'data/train-00000-of-00001.parquet': 'rows', 'README.md': '# it' });
    const { path } = await pullModel('org/vilt');
    const data = await pullData('hf:org/pairs');
    process.env.HF_HUB_OFFLINE = '1';
    expect(await run(`${python}print(snapshot_download('org/vilt'))`)).toBe(path);
    expect(await run(`${python}print(snapshot_download('org/pairs', repo_type='dataset'))`)).toBe(data.path);
    delete process.env.HF_HUB_OFFLINE;
    const { length } = hub().log.filter((line) => line.startsWith('GET') && line.includes('/cdn/'));
    await run(`from huggingface_hub import hf_hub_download\nhf_hub_download('org/vilt', 'model.safetensors')`);
    expect(hub().log.filter((line) => line.startsWith('GET') && line.includes('/cdn/')).length).toBe(length);
  });
});
