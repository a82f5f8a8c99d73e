import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { convertExamples } from '../../src/data.ts';
import { fakeHubForTests } from '../../src/hub/hub.fixture.ts';
import { cache } from '../../src/hub/pulled.fixture.ts';
import { answer, loadModel, vqa } from '../../src/index.ts';
import { isHubModel, readTextBackbone, saveHuggingFace } from '../../src/model.ts';
import { inProcess, interruptedOnce } from './cli.fixture.ts';
import { nanoPlaceForTests } from './writers.fixture.ts';

const hub = fakeHubForTests();
const place = nanoPlaceForTests();

const filesIn = (folder: string): Record<string, Buffer> =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [path.slice(folder.length + 1), readFileSync(path)]),
  );

/** The models and data of the place, on the hub. */
beforeEach(async () => {
  const { root, teacher, student, data } = place();
  const [folder, tables] = [join(root, 'vilt'), join(root, 'tables')];
  if (!existsSync(folder)) {
    await saveHuggingFace(folder, await loadModel(teacher));
    const how = { to: tables, format: 'parquet', records: vqa.records!, splits: ['train', 'validation'] } as const;
    for await (const _ of convertExamples(data, how));
  }
  hub().add('models/org/vilt', filesIn(folder));
  hub().add('models/org/teacher', { 'model.safetensors': readFileSync(teacher) });
  hub().add('models/org/student', { 'model.safetensors': readFileSync(student) });
  hub().add('datasets/org/pairs', { ...filesIn(tables), 'README.md': '# pairs', 'pairs.py': 'import os' });
});

const picture = (): string => join(place().data, 'images/validation/000001.png');
const fetched = (ending: string): string[] =>
  hub().log.filter((line) => line.includes('/resolve/') && line.endsWith(ending));
const done = async (...args: string[]): Promise<string> => {
  const { code, stdout, stderr } = await inProcess(args);
  expect(code, stderr).toBe(0);
  return stdout;
};

describe('an id of the Hub', () => {
  it('loads the model that a folder of transformers would', async () => {
    const [ours, theirs] = [
      await loadModel('org/vilt', { task: vqa }),
      await loadModel(join(place().root, 'vilt'), { task: vqa }),
    ];
    const question = 'is there a red star?';
    expect(await answer(ours, picture(), question)).toEqual(await answer(theirs, picture(), question));
    expect((await readTextBackbone('org/vilt')).vocabulary).toEqual(theirs.config.vocabulary);
  });

  it.each([
    ['src/hub', false],
    ['src/nothing', false],
    ['org/student', true],
    ['org/student@v1', true],
    ['org/student.safetensors', false],
    ['student', false],
    ['a/b/c', false],
    ['../org/student', false],
    ['/org/student', false],
    ['hf:student', true],
  ])('%s is one: %s', (name, isOne) => {
    expect(isHubModel(name)).toBe(isOne);
  });

  it('is taken by each verb where a model is, and is told as it was given', async () => {
    const { data, root } = place();
    expect(await done('answer', 'org/student', picture(), 'is there a red star?')).toBe(
      await done('answer', place().student, picture(), 'is there a red star?'),
    );
    expect(await done('inspect', 'org/student')).toContain('dide, a dual encoder');
    expect(await done('inspect', 'org/vilt')).toContain('a ViLT, a fusion encoder');
    const few = ['--batch', '4', '--updates', '2', '--threads', '1'];
    const trained = ['finetune', '--teacher', 'org/teacher', '--from', 'org/student', '--data', data, ...few];
    expect(await done(...trained, '--out', join(root, 'trained'))).toContain('goes on from org/student');
    const made = JSON.parse(await done('inspect', join(root, 'trained', 'best.safetensors'), '--json'));
    // what an id stands for changes: the recipe, and so the card, has the commit
    expect(made.description.recipe.teacher).toMatch(/^org\/teacher@[0-9a-f]{40}$/);
    await done('cache', 'org/student', join(data, 'images'), '--to', join(root, 'hub.cache'), '--threads', '1');
    const asked = ['ask', 'org/student', 'is there a red star?', '--cache', join(root, 'hub.cache')];
    expect(await done(...asked)).toContain('.png');
    expect(fetched('/model.safetensors').length).toBe(3);
  });

  it('that the Hub does not have is told with what to do', async () => {
    const { code, stdout, stderr } = await inProcess(['answer', 'org/studnet', picture(), '?']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(
      /^org\/studnet: there is no such path here, and no such model at 127\.0\.0\.1:\d+, or it is private: check the id; for/,
    );
  });
});

describe('data of the Hub', () => {
  const split = ['--split', 'validation', '--threads', '1'];

  it('are evaluated as those of the folder, kept or read where they are, the split alone', async () => {
    const local = await done('evaluate', place().student, '--data', place().data, ...split);
    expect(await done('evaluate', 'org/student', '--data', 'hf:org/pairs', ...split)).toBe(local);
    expect(fetched('.parquet').map((line) => line.split('/').at(-1)!.split('-')[0])).toEqual(['validation']);
    expect(fetched('.py')).toEqual([]);
    const kept = readdirSync(join(cache(), 'datasets--org--pairs/blobs')).length;
    expect(await done('evaluate', 'org/student', '--data', 'hf+stream:org/pairs', ...split)).toBe(local);
    expect(readdirSync(join(cache(), 'datasets--org--pairs/blobs')).length).toBe(kept);
    process.env.HF_HUB_OFFLINE = '1';
    expect(await done('evaluate', 'org/student', '--data', 'hf:org/pairs', ...split)).toBe(local);
    const { stderr } = await inProcess(['evaluate', 'org/student', '--data', 'hf+stream:org/pairs', ...split]);
    expect(stderr).toContain('hf+stream:org/pairs: it is read over the network, and HF_HUB_OFFLINE is set');
  });

  it('teach as those of the folder', async () => {
    const few = ['--batch', '4', '--updates', '2', '--threads', '1', '--seed', '3'];
    const train = async (data: string, name: string) => {
      const out = join(place().root, name);
      await done('finetune', '--from', place().student, '--data', data, '--out', out, ...few);
      return (await loadModel(join(out, 'best.safetensors'))).weights;
    };
    expect(await train('hf:org/pairs', 'of-hub')).toEqual(await train(join(place().root, 'tables'), 'of-folder'));
  });

  it('are described, kept or not', async () => {
    const facts = (text: string): string[] =>
      text.split('\n').filter((line) => /answers|train|validation/.test(line) && !/dide|parquet/.test(line));
    const local = await done('inspect', join(place().root, 'tables'));
    expect(facts(await done('inspect', 'hf:org/pairs'))).toEqual(facts(local));
    expect(facts(await done('inspect', 'hf+stream:org/pairs'))).toEqual(facts(local));
  });

  it('of a split that is not there cost no byte', async () => {
    const evaluated = (data: string) => inProcess(['evaluate', place().student, '--data', data, '--split', 'tset']);
    expect((await evaluated('hf:org/pairs')).stderr).toMatch(
      /^org\/pairs: none of its parquet files holds the split: it has .*parquet.*: name another split, or a folder of it, as hf:org\/pairs\/FOLDER$/m,
    );
    expect((await evaluated('hf+stream:org/pairs')).stderr).toContain(
      'none of its parquet files holds the split "tset"',
    );
    expect(fetched('.parquet')).toEqual([]);
  });

  it('with a script alone are those that the Hub has converted, and no script is fetched', async () => {
    const tables = filesIn(join(place().root, 'tables'));
    hub().add('datasets/org/script', { 'script.py': 'import os; os.abort()', 'README.md': '#' });
    const evaluated = ['evaluate', place().student, '--data', 'hf:org/script', ...split];
    expect((await inProcess(evaluated)).stderr).toMatch(
      /^org\/script: it has a loading script and no data\. No script is executed, and there is no conversion to parquet by the Hub \(org\/script@refs\/convert\/parquet: the data set has no revision/m,
    );
    const name = Object.keys(tables).find((path) => path.includes('validation'))!;
    hub().add('datasets/org/script', { 'default/validation/0000.parquet': tables[name]! }, 'refs/convert/parquet');
    const { code, stdout, stderr } = await inProcess(evaluated);
    expect(code, stderr).toBe(0);
    expect(stdout).toBe(await done('evaluate', place().student, '--data', place().data, ...split));
    expect(stderr).toContain(
      "org/script: it has a loading script and no data; no script is executed: the Hub's conversion",
    );
    expect(hub().log.filter((line) => line.includes('resolve') && line.includes('.py'))).toEqual([]);
  });

  it('that are read where they are survive cuts, and are refused by hosts without ranges', async () => {
    const local = await done('evaluate', place().student, '--data', place().data, ...split);
    let cuts = 0;
    hub().faults.push((request, response) => {
      if (!request.url!.startsWith('/cdn/') || cuts++ % 3 > 0) return false;
      response.writeHead(206, { 'content-length': 100 });
      response.write('x', () => request.socket.destroy());
      return true;
    });
    expect(await done('evaluate', place().student, '--data', 'hf+stream:org/pairs', ...split)).toBe(local);
    expect(cuts).toBeGreaterThan(3);
    hub().faults.splice(0, 1, (request, response) => {
      if (!request.url!.startsWith('/cdn/')) return false;
      response.end('whole');
      return true;
    });
    const { stderr } = await inProcess(['evaluate', place().student, '--data', 'hf+stream:org/pairs', ...split]);
    expect(stderr).toMatch(/parquet: its host sends no ranges of a file: write hf: for hf\+stream:$/m);
  });
});

describe('dide pull', () => {
  it('fetches before, and says what there is', async () => {
    const said = await done('pull', 'org/student');
    expect(said).toMatch(/files +1 file, [\d.]+ kB fetched/);
    expect(said).toContain('Next: dide inspect org/student');
    expect(await done('pull', 'org/student')).toMatch(/1 file, all there already/);
    const { files, fetched: bytes, path } = JSON.parse(await done('pull', '--data', 'hf:org/pairs', '--json'));
    expect(files.every((name: string) => /\.parquet$|^(answers|vocab)\.txt$/.test(name))).toBe(true);
    expect(bytes).toBeGreaterThan(1000);
    expect(path).toMatch(/datasets--org--pairs\/snapshots\/[0-9a-f]{40}$/);
    process.env.HF_HUB_OFFLINE = '1';
    expect(await done('pull', 'org/student')).toMatch(/1 file, of the cache/);
  });

  it('that is stopped says so, and the same command goes on', async () => {
    const bytes = Buffer.alloc(400_000, 1);
    hub().add('models/org/large', { 'model.safetensors': bytes });
    let isFirst = true;
    let isHalf = false;
    hub().faults.push((request, response) => {
      if (!request.url!.startsWith('/cdn/') || !isFirst) return false;
      isFirst = false;
      response.writeHead(200, { 'content-length': bytes.length });
      response.write(bytes.subarray(0, 200_000), () => setTimeout(() => (isHalf = true), 300));
      return true;
    });
    const { code, stdout, stderr } = await interruptedOnce(() => isHalf, ['pull', 'org/large']);
    expect({ code, stdout }, stderr).toEqual({ code: 130, stdout: '' });
    expect(stderr).toMatch(/^Stopped; what was fetched is kept, and the same command goes on\.$/m);
    const ranges: (string | undefined)[] = [];
    hub().faults.push(({ url, headers }) => {
      if (url!.startsWith('/cdn/')) ranges.push(headers.range);
      return false;
    });
    expect(await done('pull', 'org/large')).toMatch(/1 file, /);
    expect(ranges).toEqual(['bytes=200000-']);
  });

  it.each(['', 'a b', 'org/name@', '../x', 'org/name/../x', 'hf:org/name@main/../..'])('refuses %j', async (id) => {
    const { code, stderr } = await inProcess(['pull', id]);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /it is no id of the Hub: write org\/name, org\/name@revision or hf:org\/name@revision\/folder\n$/,
    );
  });
});
