import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodePng } from '../../src/data/image.ts';
import { best, failing, finetuneFrom, inProcess, jsonOf } from './cli.fixture.ts';

const root = mkdtempSync(join(tmpdir(), 'dide-answers-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
beforeAll(async () => {
  await mkdir(join(root, 'images'));
  for (let i = 0; i < 8; i += 1) {
    const data = new Uint8Array(32 * 32 * 3).fill(30 * i);
    writeFileSync(join(root, 'images', `${i}.png`), await encodePng({ width: 32, height: 32, data }));
  }
});

/** Writes a split of questions with these answers; undefined where none is known. */
const write = async (name: string, splits: Readonly<Record<string, readonly (string | null | undefined)[]>>) => {
  const folder = join(root, name);
  await mkdir(folder, { recursive: true });
  for (const [split, answers] of Object.entries(splits)) {
    const rows = answers.map((answer, i) => ({
      image: `../images/${i % 8}.png`,
      question: 'is it a red one?',
      answer,
    }));
    writeFileSync(join(folder, `${split}.jsonl`), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  }
  return folder;
};

const train = ['yes', 'no', undefined, 'yes', null, '-', 'no', ' '];

describe('questions whose answers are not known', () => {
  it('are left out of training and of the accuracy of validation, and told', async () => {
    const data = await write('some', { train, validation: ['yes', '-1', 'no'] });
    const out = join(root, 'run-some');
    const done = await jsonOf(...finetuneFrom('--from-scratch', '--data', data, '--out', out, '--updates', '2'));
    expect(done.notices).toEqual([
      '4 of 8 training examples have no answer: left out (the first is train.jsonl:3)',
      '1 of 3 examples of validation has no answer: left out of its accuracy (the first is validation.jsonl:2)',
    ]);
    expect([0, 0.5, 1]).toContain(done.best.accuracy);
  });

  it('of a whole validation split give a run without accuracy, whose last weights are kept', async () => {
    const data = await write('none', { train, validation: [undefined, null], test: [undefined, null, '-'] });
    const out = join(root, 'run-none');
    const args = finetuneFrom('--from-scratch', '--data', data, '--out', out, '--updates', '2');
    const { code, stdout, stderr } = await inProcess(args);
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/best validation +none/);
    const told = `${stdout}\n${stderr}`.split('\n').filter((line) => !line.startsWith('waited for data'));
    expect(told.filter((line) => line.includes('%'))).toEqual([]);
    expect(stderr).toContain('it has no accuracy, and the last weights count as the best');
    const { lines, measures } = await jsonOf('evaluate', best(out), '--data', data, '--split', 'test,validation');
    expect(lines).toEqual([
      { split: 'test', questions: 3, unanswered: 3, accuracy: null, interval: null },
      { split: 'validation', questions: 2, unanswered: 2, accuracy: null, interval: null },
    ]);
    expect(measures).toEqual([]);
    expect((await inProcess(['evaluate', best(out), '--data', data, '--split', 'test'])).stdout).toMatch(
      /test +all +3 +3 +none$/m,
    );
  });

  it('of a whole training split are an error that says which fields there are', async () => {
    const data = await write('untold', { train: ['yes'], validation: ['yes'] });
    writeFileSync(join(data, 'answers.txt'), 'yes\nno\n');
    writeFileSync(join(data, 'train.jsonl'), '{"image":"../images/0.png","question":"is it?","reply":"yes"}\n');
    const said = await failing(root, ...finetuneFrom('--from-scratch', '--data', data, '--out', join(root, 'never')));
    expect(said).toBe(
      'none of 1 training examples has an answer, from train.jsonl:1 on; beside image and text they have reply: name the field of the answer in a task of your own, or add it',
    );
  });
});
