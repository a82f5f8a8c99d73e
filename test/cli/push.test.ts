import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { fakeHubForTests } from '../../src/hub/hub.fixture.ts';
import { TOKEN } from '../../src/hub/hub-routes.fixture.ts';
import { inProcess, interruptedOnce } from './cli.fixture.ts';
import { nanoPlaceForTests } from './writers.fixture.ts';

const hub = fakeHubForTests();
const place = nanoPlaceForTests();
beforeEach(() => {
  process.env.HF_TOKEN = TOKEN;
});

/** A Python that has huggingface_hub, by DIDE_PYTHON or on the path. */
const python = process.env.DIDE_PYTHON ?? 'python3';
const hasHub = spawnSync(python, ['-c', 'import huggingface_hub']).status === 0;

const done = async (...args: string[]): Promise<string> => {
  const { code, stdout, stderr } = await inProcess(args);
  expect(code, stderr).toBe(0);
  return stdout;
};
const refused = async (...args: string[]): Promise<string> => {
  const { code, stdout, stderr } = await inProcess(args);
  expect({ code, stdout }, stderr).toEqual({ code: 1, stdout: '' });
  return stderr;
};
const push = (...more: string[]): string[] => ['push', place().student, 'org/mine', '--license', 'apache-2.0', ...more];
const filesOf = (name: string): ReadonlyMap<string, Buffer> => {
  const { commits, refs } = hub().repositories.get(name)!;
  return commits.get(refs.get('main')!)!;
};

/** The file of an evaluation, as the command line prints it. */
const evaluation = async (): Promise<string> => {
  const path = join(place().root, 'evaluation.json');
  const { student, data } = place();
  writeFileSync(path, await done('evaluate', student, '--data', data, '--threads', '1', '--json'));
  return path;
};

describe('dide push', () => {
  it('makes a repository and one commit, and what is pulled of it answers the same', async () => {
    const facts = ['--base-model', 'dandelin/vilt-b32-mlm', '--dataset', 'org/pairs', 'org/more'];
    const said = await done(...push('--private', '--evaluation', await evaluation(), ...facts));
    expect(said).toMatch(/repository +http:\/\/127\.0\.0\.1:\d+\/org\/mine, which is new\n/);
    expect(said).toContain('Next: dide pull org/mine');
    const repository = hub().repositories.get('models/org/mine')!;
    expect([repository.isPrivate, repository.titles]).toEqual([true, ['Push a model by dide']]);
    expect([...filesOf('models/org/mine').keys()].sort()).toEqual(['README.md', 'config.json', 'model.safetensors']);
    const picture = join(place().data, 'images/validation/000001.png');
    const question = 'is there a red star?';
    expect(await done('answer', 'org/mine', picture, question)).toBe(
      await done('answer', place().student, picture, question),
    );
    expect(JSON.parse(filesOf('models/org/mine').get('config.json')!.toString())).toMatchObject({
      ...{ model_type: 'dide', architectures: ['dide'], task: 'vqa', id2label: { 0: 'yes' } },
    });
  });

  it('writes a card with licence, data, recipe and accuracy with intervals', async () => {
    const path = await evaluation();
    await done(...push('--evaluation', path, '--base-model', 'dandelin/vilt-b32-mlm', '--dataset', 'org/pairs'));
    const card = filesOf('models/org/mine').get('README.md')!.toString();
    const { data, lines } = JSON.parse(readFileSync(path, 'utf8'));
    const [all] = lines;
    expect(card).toMatch(/^---\nlicense: apache-2\.0\nlibrary_name: dide\npipeline_tag: visual-question-answering\n/);
    expect(card).toContain('base_model:\n- dandelin/vilt-b32-mlm\ndatasets:\n- org/pairs\nmetrics:\n- accuracy\n');
    expect(card).toContain(`      value: ${all.accuracy}\n`);
    const percent = (part: number): string => `${(100 * part).toFixed(1)} %`;
    const [low, high] = all.interval.map(percent);
    expect(card).toContain(`validation | all | ${all.questions} | ${percent(all.accuracy)} | ${low} to ${high} |`);
    expect(card).toContain(`dide evaluate MODEL --data ${data} --split validation`);
    expect(card).toContain("await loadModel('org/mine')");
  });

  it.skipIf(!hasHub)('writes a card that Python reads and finds valid', async () => {
    await done(...push('--evaluation', await evaluation(), '--dataset', 'org/pairs'));
    const path = join(place().root, 'README.md');
    writeFileSync(path, filesOf('models/org/mine').get('README.md')!);
    const lines = `import sys, json
from huggingface_hub import ModelCard
data = ModelCard.load(sys.argv[1]).data
result = data.eval_results[0]
print(json.dumps([data.license, data.pipeline_tag, data.library_name, data.datasets, result.metric_type, result.metric_value, result.dataset_split]))`;
    const { stdout, stderr } = spawnSync(python, ['-c', lines, path], { encoding: 'utf8' });
    const { accuracy } = JSON.parse(readFileSync(join(place().root, 'evaluation.json'), 'utf8')).lines[0];
    expect(JSON.parse(stdout), stderr).toEqual([
      ...['apache-2.0', 'visual-question-answering', 'dide', ['org/pairs'], 'accuracy', accuracy, 'validation'],
    ]);
  });

  it('leaves the card that people wrote, unless it is told to', async () => {
    hub().add('models/org/mine', { 'README.md': '# mine' });
    expect(await done(...push())).toContain('as it was: --replace-card writes it anew');
    expect(filesOf('models/org/mine').get('README.md')!.toString()).toBe('# mine');
    await done(...push('--replace-card', '--precision', 'fp16', '--message', 'Halve it'));
    expect(filesOf('models/org/mine').get('README.md')!.toString()).toContain('license: apache-2.0');
    expect(hub().repositories.get('models/org/mine')!.titles).toEqual(['Push a model by dide', 'Halve it']);
    const bytes = filesOf('models/org/mine').get('model.safetensors')!.length;
    expect(bytes).toBeLessThan(readFileSync(place().student).length * 0.7);
  });

  it('says what is missing, and pushes nothing', async () => {
    delete process.env.HF_TOKEN;
    expect(await refused(...push())).toBe(
      'org/mine: pushing needs a token that may write: set HF_TOKEN, or run `hf auth login`\n',
    );
    process.env.HF_TOKEN = 'hf_wrong';
    expect(await refused(...push())).toMatch(/^org\/mine: the Hub does not know the token of HF_TOKEN/);
    process.env.HF_TOKEN = TOKEN;
    expect(await refused('push', place().student, 'others/mine', '--license', 'mit')).toMatch(
      /^others\/mine: the token may not do that .*: give one with the right to, set HF_TOKEN/,
    );
    expect(await refused('push', place().student, 'mine', '--license', 'mit')).toBe(
      'mine: a model is pushed to a repository of its own: write org/name\n',
    );
    expect(await refused('push', place().student, 'org/mine')).toContain('--license <id>');
    const other = join(place().root, 'other.json');
    writeFileSync(other, '{}');
    expect(await refused(...push('--evaluation', other))).toContain('it is not what dide evaluate --json prints');
    process.env.HF_HUB_OFFLINE = '1';
    expect(await refused(...push())).toBe('org/mine: HF_HUB_OFFLINE is set: unset it to push\n');
    delete process.env.HF_HUB_OFFLINE;
    process.env.HF_ENDPOINT = 'http://127.0.0.1:49151';
    expect(await refused(...push())).toBe(
      'org/mine: 127.0.0.1:49151 cannot be reached (ECONNREFUSED): nothing was pushed: try again where there is a network\n',
    );
    expect([...hub().repositories.keys()]).toEqual([]);
  });

  it('that is stopped in the midst, or refused at its end, leaves the repository as it was', async () => {
    const before = hub().add('models/org/mine', { 'README.md': '# mine' });
    let isSending = false;
    hub().faults.push(({ method, url }) => {
      if (method === 'PUT' && url!.startsWith('/upload/')) isSending = true;
      return isSending;
    });
    const { code, stdout, stderr } = await interruptedOnce(() => isSending, push());
    expect({ code, stdout }, stderr).toEqual({ code: 130, stdout: '' });
    expect(stderr).toMatch(/^Stopped; org\/mine is as it was\.$/m);
    expect(hub().repositories.get('models/org/mine')!.refs.get('main')).toBe(before);
    hub().faults.splice(0, 1, ({ url }, response) => {
      if (!url!.includes('/commit/')) return false;
      response.writeHead(500).end();
      return true;
    });
    expect(await refused(...push())).toMatch(/org\/mine: 127\.0\.0\.1:\d+ answered 500: try again later/);
    expect(hub().repositories.get('models/org/mine')!.refs.get('main')).toBe(before);
  });
});
