import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { best, failing, finetuneFrom, inProcess, jsonOf, placeForTests } from './cli.fixture.ts';

const place = placeForTests();

describe('students of other shapes, by the command line', () => {
  it('are shallower and share an encoder, learn by choices from a cached teacher, and say so', async () => {
    const { root, data, teacher } = place();
    const out = join(root, 'small');
    const shape = [
      '--depth',
      '1',
      '--shared-encoders',
      '--knowledge',
      'whole',
      '--layers',
      'all',
      '--hard-weight',
      '1',
    ];
    const args = finetuneFrom('--teacher', best(teacher), '--data', data, '--out', out, '--updates', '2', ...shape);
    const { code, stderr, stdout } = await inProcess([...args, '--cache-teacher', '--json']);
    expect(code, stderr).toBe(0);
    expect(Object.keys(JSON.parse(stdout).losses)).toEqual(['hard', 'soft', 'attention', 'total']);
    expect(stderr).toMatch(/the cached teacher was asked 16 times and saved/);
    expect(existsSync(`${out}-teacher-cache`)).toBe(true);
    const { files } = await jsonOf('inspect', out);
    expect(files[best(out)].description).toMatchObject({
      sizes: { depth: 1, encoders: 'shared' },
      recipe: { choices: 'whole, all layers', teacher: 'cached as float16' },
    });
    const cache = join(root, 'cache');
    await jsonOf('cache', best(out), join(data, 'images', 'test-iid'), '--to', cache, '--threads', '1');
    const asked = await inProcess(['ask', best(out), 'is there a red circle?', '--cache', cache, '--top', '1']);
    expect(asked.stdout).toMatch(/\.png {2}\S+ +0\.\d{3}/);
  });

  it('are refused where nobody teaches them, and an encoder is shared by none', async () => {
    const { root, data } = place();
    const scratch = ['finetune', '--from-scratch', '--data', data, '--out', join(root, 'none')];
    expect(await failing(root, ...scratch, '--knowledge', 'joint')).toContain('the knowledge joint needs a teacher');
    expect(await failing(root, ...scratch, '--soft-weight', '1')).toContain('a weight of soft labels needs a teacher');
    expect(await failing(root, ...scratch, '--shared-encoders')).toContain('vilt is one encoder');
    expect(await failing(root, ...scratch, '--tiny', '--cache-teacher')).toContain('there is no teacher to cache');
  });
});
