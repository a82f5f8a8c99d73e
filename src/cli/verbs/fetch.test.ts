import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failing, inProcess, jsonOf } from '../../../test/cli/cli.fixture.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'dide-fetch-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

describe('dide fetch', () => {
  it('leaves a folder that is complete as it is, and says what it holds', async () => {
    const folder = join(root, 'there');
    await mkdir(folder);
    const splits = { train: { images: 3600, rows: 34_763 }, test: { images: 1000, rows: 9673 } };
    const made = { name: 'easy-vqa', packages: ['easy-vqa==1.0'], seed: 0, splits };
    await writeFile(join(folder, 'fetched.json'), JSON.stringify(made));
    expect(await jsonOf('fetch', 'easy-vqa', folder)).toEqual({ folder, ...made });
    const { stdout } = await inProcess(['fetch', 'easy-vqa', folder]);
    expect(stdout).toMatch(/^split +images +rows\ntrain +3600 +34763\ntest +1000 +9673\n\n.*easy-vqa, 4,600 pictures/);
    expect(await failing(root, 'fetch', 'emoji', folder)).toMatch(/^\/there: holds other data .*: give another folder/);
  });

  it('says what is wrong, and writes nothing then', async () => {
    const to = join(root, 'new');
    expect(await failing(root, 'fetch', 'emojis', to)).toMatch(
      /'emojis' is invalid for argument 'name'.*easy-vqa, emoji/,
    );
    expect(await failing(root, 'fetch', 'easy-vqa', to, '--locale', 'de')).toMatch(
      /^easy-vqa: has no texts in "de": it is English alone/,
    );
    expect(await failing(root, 'fetch', 'emoji', to, '--locale', 'xx')).toMatch(/there are da, de, .*: leave it out/);
    expect(await failing(root, 'fetch', 'emoji', to, '--from', join(root, 'none'))).toMatch(
      /^\/none: there is no such file/,
    );
    await writeFile(join(root, 'easy_vqa-1.0-py3-none-any.whl'), 'another');
    expect(await failing(root, 'fetch', 'easy-vqa', to, '--from', root)).toMatch(
      /is not the easy-vqa==1.0 that is known/,
    );
    await expect(mkdir(to)).resolves.toBeUndefined();
    await expect(mkdir(`${to}.partial`)).resolves.toBeUndefined();
  });
});
