import { cpSync, mkdtempSync, readdirSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { best, failing, finetuneFrom, inProcess, jsonOf } from './cli.fixture.ts';

const root = mkdtempSync(join(tmpdir(), 'dide-retrieval-'));
const [data, teacher, student] = [join(root, 'scenes'), join(root, 'teacher'), join(root, 'student')];
afterAll(() => rmSync(root, { recursive: true, force: true }));

interface Line {
  readonly measure: string;
  readonly of: number;
  readonly share: number;
  readonly interval: readonly [number, number];
}

it('goes from a teacher that ranks to a student that searches, and judges both', { timeout: 120_000 }, async () => {
  const retrieving = (...args: string[]) =>
    finetuneFrom('--task', 'retrieval', '--data', data, '--updates', '4', '--gallery', '8', ...args);
  await jsonOf('scenes', data, '--task', 'retrieval', '--tiny');
  const taught = await jsonOf(...retrieving('--from-scratch', '--false-texts', '3', '--out', teacher));
  expect(taught).toMatchObject({ model: 'vilt', updates: 4, best: { update: expect.any(Number) } });
  const distilled = await jsonOf(...retrieving('--teacher', best(teacher), '--out', student));
  expect(Object.keys(distilled.losses)).toEqual(['itc', 'attention', 'total']);
  for (const model of [teacher, student]) {
    const args = ['evaluate', best(model), '--data', data, '--gallery', '12', '--threads', '1'];
    const { galleries, lines } = (await jsonOf(...args)) as { galleries: object[]; lines: Line[] };
    expect(galleries).toEqual([{ split: 'validation', images: 12, texts: 12 }]);
    expect(lines.map(({ measure, of }) => `${measure}: ${of}`)).toEqual([
      ...['text R@1: 12', 'text R@5: 12', 'text R@10: 12', 'image R@1: 12', 'image R@5: 12', 'image R@10: 12'],
      ...[
        'text of the group: 3',
        'image of the group: 3',
        'group: 3',
        'text R@1 in the group: 3',
        'image R@1 in the group: 3',
      ],
    ]);
    for (const { share, interval } of lines) {
      expect(interval[0]).toBeLessThanOrEqual(share);
      expect(interval[1]).toBeGreaterThanOrEqual(share);
    }
  }
  const { stdout } = await inProcess(['evaluate', best(student), '--data', data, '--threads', '1']);
  expect(stdout).toMatch(/^validation {2}text R@1 +32 +\d+\.\d % +\d+\.\d % to \d+\.\d %$/m);
  const answers = ['evaluate', best(student), '--data', data, '--predictions', join(root, 'p.jsonl')];
  expect(await failing(root, ...answers)).toMatch(/a model that retrieves answers nothing/);
});

it('leaves out pictures that are damaged, with their texts, and says so', { timeout: 60_000 }, async () => {
  const folder = join(root, 'damaged');
  cpSync(data, folder, { recursive: true });
  const pictures = readdirSync(join(folder, 'images', 'validation')).sort();
  for (const file of [pictures[0]!, pictures[5]!]) truncateSync(join(folder, 'images', 'validation', file), 60);
  const args = ['evaluate', best(student), '--data', folder, '--threads', '1'];
  const { galleries, counts, unreadable } = await jsonOf(...args);
  expect(galleries).toEqual([{ split: 'validation', images: 30, texts: 30 }]);
  const count = {
    split: 'validation',
    found: 32,
    used: 30,
    beyond: 0,
    badRows: 0,
    missing: 0,
    unreadable: 2,
    incomplete: 0,
    repeated: 0,
  };
  expect(counts).toEqual([count]);
  expect(unreadable).toEqual(Array(2).fill(expect.stringMatching(/^validation\.jsonl:\d+: .*\.png/)));
  const { stdout } = await inProcess(args);
  expect(stdout).toMatch(/\n2 examples could not be read and were left out:\n( {2}validation\.jsonl:\d+: .*\n){2}/);
  expect(await failing(root, ...args, '--strict')).toMatch(/^validation\.jsonl:\d+: /);
  const out = join(root, 'tolerant');
  const training = finetuneFrom('--task', 'retrieval', '--data', folder, '--from-scratch', '--model', 'dide');
  const trained = await jsonOf(...training, '--updates', '2', '--select', 'validation', '--out', out);
  expect(trained.best).toMatchObject({ update: expect.any(Number) });
  expect(trained.unreadable).toHaveLength(2);
  rmSync(join(folder, 'images', 'validation', pictures[9]!));
  const some = await jsonOf(...args, '--missing', 'skip', '--gallery', '20');
  const [{ found, used, beyond, missing, unreadable: unread }] = some.counts;
  expect([found, missing, used + beyond + missing + unread]).toEqual([32, 1, 32]);
  expect(beyond).toBe(11);
});

it('caches images, and finds those that fit a description', { timeout: 60_000 }, async () => {
  const [images, cache] = [join(data, 'images', 'validation'), join(root, 'cache')];
  const cached = await jsonOf('cache', best(student), images, '--to', cache, '--threads', '1');
  expect(cached).toMatchObject({ images: 32, encoded: 32 });
  const search = ['ask', best(student), 'a large red circle', '--cache', cache, '--threads', '1'];
  const { found } = (await jsonOf(...search, '--top', '32')) as { found: { image: string; score: number }[] };
  expect(new Set(found.map(({ image }) => image)).size).toBe(32);
  expect(found.map(({ score }) => score)).toEqual(found.map(({ score }) => score).sort((a, b) => b - a));
  const { stdout } = await inProcess([...search, '--top', '1']);
  expect(stdout).toBe(
    `image${' '.repeat(found[0]!.image.length - 3)}score\n${found[0]!.image}  ${found[0]!.score.toFixed(3)}\n… and 31 more images: --top 32\n`,
  );
  expect(await failing(root, ...search, '--answer', 'yes')).toMatch(/finds images and answers nothing/);
  expect(await failing(root, ...search.with(1, best(teacher)))).toMatch(
    /is a fusion encoder, which encodes no image without a text/,
  );
});

it('exports a student that retrieves as the two files that make vectors', { timeout: 60_000 }, async () => {
  const { code, stdout } = await inProcess([
    'export',
    best(student),
    '--out',
    join(root, 'exported'),
    '--threads',
    '1',
  ]);
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /^text\.onnx .*\nimage\.onnx .*\nlargest error +(none: equal to the last bit$|\S+ of a vector's number, where)/m,
  );
  expect(stdout).toMatch(/same image found +for 4 of 4 texts of noise/);
  expect(await failing(root, 'export', best(teacher), '--out', join(root, 'never'))).toMatch(
    /gives neither answers nor vectors/,
  );
});
