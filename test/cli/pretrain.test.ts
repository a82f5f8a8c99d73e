import { cpSync, existsSync, readdirSync, readFileSync, truncateSync, unlinkSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { best, failing, finetuneFrom, inProcess, interruptedOnce, jsonOf } from './cli.fixture.ts';

let root: string;
const at = (name: string): string => join(root, name);
const pretrainFrom = (...args: string[]): string[] => ['pretrain', '--tiny', '--threads', '1', ...args];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'dide-pretrain-'));
  await jsonOf('scenes', at('captions'), '--task', 'retrieval', '--tiny');
  await jsonOf('scenes', at('vqa'), '--tiny');
});
afterAll(() => rm(root, { recursive: true, force: true }));

describe('both stages by the command line', () => {
  it('pre-trains a teacher in the words of captions and of the task to come', async () => {
    const words = `data,${at('vqa')}`;
    const args = ['--from-scratch', '--data', at('captions'), '--vocabulary', words, '--out', at('teacher')];
    const said = await jsonOf(...pretrainFrom(...args, '--wpa', '0.1'));
    expect(said).toMatchObject({ task: 'pretraining', model: 'vilt', updates: 20 });
    expect(Object.keys(said.losses)).toEqual(['itm', 'mlm', 'wpa', 'total']);
  });

  it('distils a student from it, with contrast over batches and hard negatives', async () => {
    const args = ['--teacher', best(at('teacher')), '--data', at('captions'), '--out', at('student')];
    const said = await jsonOf(...pretrainFrom(...args, '--accumulation', '2', '--negatives', 'hard'));
    expect(said).toMatchObject({ model: 'dide', updates: 20 });
    expect(Object.keys(said.losses)).toEqual(['itm.soft', 'itm.attention', 'itc', 'mlm', 'itc.attention', 'total']);
  });

  it('fine-tunes both on a task, the student as the teacher answers', async () => {
    const data = ['--data', at('vqa'), '--updates', '4'];
    await jsonOf(...finetuneFrom('--from', best(at('teacher')), ...data, '--out', at('vqa-teacher')));
    const models = ['--from', best(at('student')), '--teacher', best(at('vqa-teacher'))];
    const said = await jsonOf(...finetuneFrom(...models, ...data, '--out', at('vqa-student')));
    expect(said).toMatchObject({ model: 'dide', task: 'vqa', updates: 4 });
    expect(said.losses.attention).toBeGreaterThan(0);
    const judged = await jsonOf('evaluate', best(at('vqa-student')), '--data', at('vqa'), '--threads', '1');
    expect(judged.lines[0]).toMatchObject({ split: 'validation' });
  });

  it('says what is next, and that nothing is left to do', async () => {
    const args = ['--teacher', best(at('teacher')), '--data', at('captions'), '--out', at('student'), '--resume'];
    const { code, stdout } = await inProcess(pretrainFrom(...args, '--accumulation', '2', '--negatives', 'hard'));
    expect(code).toBe(0);
    expect(stdout).toMatch(/updates +none were left/);
    expect(stdout).toContain(`Next: dide finetune --from ${best(at('student'))}`);
  });
});

describe('pictures of captions', () => {
  /** A copy of the captions in which two training pictures and a validation picture are cut short or gone. */
  const hurt = (name: string, harm: (path: string) => void): string[] => {
    cpSync(at('captions'), at(name), { recursive: true });
    for (const [split, count] of [
      ['train', 2],
      ['validation', 1],
    ] as const) {
      const folder = join(at(name), 'images', split);
      for (const file of readdirSync(folder).sort().slice(0, count)) harm(join(folder, file));
    }
    return ['--from-scratch', '--data', at(name), '--vocabulary', at('captions'), '--updates', '6'];
  };

  it('that are damaged are left out, counted and named, or stop it with --strict', async () => {
    const args = pretrainFrom(...hurt('damaged', (path) => truncateSync(path, 60)), '--max-patches', '3');
    const { code, stdout } = await inProcess([...args, '--out', at('tolerant')]);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /\n[1-9]\d* examples could not be read and were left out:\n {2}(train|validation)\.jsonl:\d+: /,
    );
    const { files } = await jsonOf('inspect', at('tolerant'));
    expect(files[best(at('tolerant'))].description.recipe).toMatchObject({ maxPatches: 3 });
    const strict = await inProcess([...args, '--out', at('strict'), '--strict']);
    expect(strict.code).toBe(1);
    expect(strict.stderr).toMatch(/^(train|validation)\.jsonl:\d+: .*\.png/m);
  });

  it('that are not there are refused, or passed over with --missing skip', async () => {
    const args = pretrainFrom(...hurt('lacking', unlinkSync));
    expect(await failing(root, ...args, '--out', at('refused'))).toMatch(
      /2 annotations name images that are not there/,
    );
    const { code, stderr } = await inProcess([...args, '--out', at('lenient'), '--missing', 'skip']);
    expect({ code, told: stderr.match(/passed over/g)?.length }).toEqual({ code: 0, told: 2 });
  });
});

describe('what does not fit', () => {
  it('is told before anything is trained: words of a task that a model has never met', async () => {
    const args = ['--from-scratch', '--data', at('captions'), '--out', at('narrow')];
    await jsonOf(...pretrainFrom(...args, '--updates', '1'));
    const tuned = finetuneFrom('--from', best(at('narrow')), '--data', at('vqa'), '--out', at('never'));
    const { code, stderr } = await inProcess([...tuned, '--updates', '1']);
    const [notice, error, ...more] = stderr.replaceAll(root, '').trimEnd().split('\n');
    expect([code, more]).toEqual([1, []]);
    expect(notice).toMatch(/a new head for 20 answers of vqa begins/);
    expect(error).toMatch(
      /^\/vqa: \d+\.\d % of the words of its texts are unknown to the model, \d+ different ones \(.*--vocabulary data,\/vqa; .*--unknown-words ignore$/,
    );
    expect(existsSync(at('never'))).toBe(false);
    expect(await jsonOf(...tuned, '--updates', '1', '--unknown-words', 'ignore')).toMatchObject({ updates: 1 });
  });

  it('is told of a folder without captions, of a fusion encoder with hard negatives, of nothing to learn', async () => {
    const out = ['--out', at('nothing')];
    expect(await failing(root, ...pretrainFrom('--from-scratch', '--data', at('vqa'), ...out))).toMatch(
      /^train.jsonl:1: lacks "caption"/,
    );
    const scratch = pretrainFrom('--from-scratch', '--data', at('captions'), ...out);
    expect(await failing(root, ...scratch, '--negatives', 'hard')).toMatch(/^hard negatives: a vilt has no vectors/);
    expect(await failing(root, ...pretrainFrom('--data', at('captions'), ...out))).toMatch(/^nothing says what/);
    expect(await failing(root, ...scratch, '--vocabulary', `data,${at('gone')}`)).toMatch(/^--vocabulary: \/gone: /);
    expect(existsSync(at('nothing'))).toBe(false);
  });

  it('has help with examples of both stages', async () => {
    const { stdout } = await inProcess(['pretrain', '--help']);
    for (const said of ['--negatives', '--contrast-over', '--wpa', '--masking', '--resume', 'Both stages'])
      expect(stdout).toContain(said);
    expect(stdout).not.toContain('--recipe');
  });
});

describe('Ctrl-C', () => {
  it('stops after the update under way, and --resume ends with the weights of a run left in peace', async () => {
    const args = pretrainFrom(
      '--teacher',
      best(at('teacher')),
      '--data',
      at('captions'),
      '--checkpoint-every',
      '1',
      '--updates',
      '60',
    );
    const isSaved = (): boolean => existsSync(join(at('torn'), 'last.safetensors'));
    const stopped = await interruptedOnce(isSaved, [...args, '--out', at('torn')]);
    expect(stopped.code, stopped.stderr).toBe(130);
    expect(stopped.stderr).toMatch(/Stopped after update \d+ of 60; .* To go on: the same command with --resume\./);
    await jsonOf(...args, '--out', at('torn'), '--resume');
    await jsonOf(...args, '--out', at('peaceful'));
    const [torn, peaceful] = ['torn', 'peaceful'].map((name) => readFileSync(join(at(name), 'last.safetensors')));
    expect(torn!.equals(peaceful!)).toBe(true);
  });
});
