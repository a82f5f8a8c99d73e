import { execFile, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { textOf } from '../docs/markdown.ts';
import { serve } from './service.fixture.ts';

const [, examples] = /<!-- service:examples -->\n```sh\n([\s\S]*?)```/.exec(textOf('docs/service.md')) ?? [];

const hasCurl = spawnSync('curl', ['--version']).status === 0;

it.skipIf(!hasCurl)('every curl of docs/service.md does what it says', async () => {
  await using served = await serve();
  const home = dirname(served.photos);
  await mkdir(home, { recursive: true });
  const lines = examples!.trim().split('\n');
  expect(lines.length).toBeGreaterThan(7);
  for (const line of lines) {
    const command = line.replace('curl ', 'curl --fail-with-body --silent --show-error ');
    const { stdout } = await promisify(execFile)('sh', ['-c', command], {
      ...{ cwd: home, env: { ...process.env, URL: served.server.url } },
    });
    expect([line, stdout]).not.toEqual([line, expect.stringContaining('about:blank')]);
  }
  expect(existsSync(join(home, 'thumbnail.webp'))).toBe(true);
  expect(existsSync(join(served.photos, 'new/1.png'))).toBe(false);
});
