import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { dide, inProcess } from '../../../test/cli/cli.fixture.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'dide-convert-'));
});
afterAll(() => rm(root, { recursive: true }));

const convert = (...args: string[]) => inProcess(['convert', ...args]);

it('says what it found, what it wrote and how fast', async () => {
  const to = join(root, 'shards');
  const { code, stdout, stderr } = await convert('test/files/vqav2', '--to', to);
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(/found VQAv2 JSON \(v2_OpenEnded_mscoco_train2014_questions.json/);
  expect(stdout).toMatch(/train +20 +20 +0 +1 +0\nvalidation +17 +17 +0 +1 +0\n/);
  expect(stdout).toMatch(/37 examples in .*, [\d,. ]+ a second/);
  expect((await readdir(to)).sort()).toEqual(['answers.txt', 'train-000000.tar', 'validation-000000.tar']);
});

it('lists what it looked for in a folder of another kind, with exit code 1', async () => {
  const { code, stderr } = await convert(
    'test/files/karpathy-coco',
    '--to',
    join(root, 'none'),
    '--task',
    'nlvr2',
    '--split',
    'test',
  );
  expect([code, stderr]).toEqual([
    1,
    expect.stringMatching(/has no split "test" for nlvr2.*\n.*NLVR2 JSON lines: nlvr2\/data\/test1.json/s),
  ]);
});

it("reads a task of one's own, whose module imports dide: in a clone that is not built, the sources", async () => {
  const data = join(root, 'memes');
  await mkdir(data);
  await cp('test/files/nlvr2/images/train/17/train-10-0-img0.png', join(data, 'a.png'));
  await writeFile(join(data, 'train.jsonl'), '{"file": "a.png", "caption": "what a day", "tone": "ironic"}\n');
  const answers = "['sincere', 'ironic', 'hostile']";
  const fields = "{ image: 'file', text: 'caption', label: 'tone' }";
  const task = join(data, 'mine.ts');
  const definition = `defineTask({ name: 'meme_tone', answers: ${answers}, fields: ${fields} })`;
  await writeFile(task, `import { defineTask } from 'dide';\nexport const memeTone = ${definition};\n`);
  const to = join(root, 'meme-shards');
  const { code, stdout, stderr } = await dide(['convert', data, '--to', to, '--task', task, '--split', 'train']);
  expect([code, stdout]).toEqual([0, expect.stringMatching(/found JSON lines.*train +1 +1 +0/s)]);
  expect(stderr).not.toContain('cannot be imported');
});
