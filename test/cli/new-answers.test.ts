import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodePng } from '../../src/data/image.ts';
import { adaptModel, loadModel, vqa } from '../../src/index.ts';
import { best, inProcess } from './cli.fixture.ts';

/** A Hugging Face folder whose answers are no, yes, maybe, and the same weights as ViLT's code saves them. */
const hf = 'test/files/checkpoint/hf';
const ckpt = 'test/files/checkpoint/vilt.ckpt';

const root = mkdtempSync(join(tmpdir(), 'dide-new-answers-'));
const data = join(root, 'data');
afterAll(() => rmSync(root, { recursive: true, force: true }));
beforeAll(async () => {
  await mkdir(data);
  writeFileSync(join(data, 'a.png'), await encodePng({ width: 12, height: 12, data: new Uint8Array(432).fill(99) }));
  const word = readFileSync(`${hf}/vocab.txt`, 'utf8').trim().split('\n').at(-1)!;
  const rows = ['plant', 'yes', 'plant', 'pot'].map((answer) => ({ image: 'a.png', question: word, answer }));
  for (const split of ['train', 'validation'])
    writeFileSync(join(data, `${split}.jsonl`), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
});

/** Fine-tunes with a learning rate of 0, so that the weights stay as they began. */
const finetuned = async (name: string, ...args: string[]) => {
  const out = join(root, name);
  const fit = ['--data', data, '--updates', '1', '--batch', '2', '--threads', '1', '--learning-rate', '0'];
  const { code, stderr } = await inProcess(['finetune', '--out', out, ...fit, ...args]);
  expect(code, stderr).toBe(0);
  return { stderr, model: await loadModel(best(out)) };
};

const rowOf = (weights: ReadonlyMap<string, { readonly data: ArrayLike<number> }>, row: number): number[] => {
  const { data: all } = weights.get('vqa_classifier.3.weight')!;
  const width = weights.get('vqa_classifier.0.bias')!.data.length;
  return Array.from(all).slice(row * width, (row + 1) * width);
};

describe('a public checkpoint and answers of one’s own', () => {
  it('go on with a new head, of which the body and the shared answers begin as in the file', async () => {
    const { stderr, model } = await finetuned('from', '--from', hf);
    expect(stderr).toContain(
      `${hf}: gives 3 answers: a new head for 3 answers of vqa begins, 1 as in the file, 2 at random`,
    );
    expect(model.config.answers).toEqual(['plant', 'yes', 'pot']);
    const { weights } = await loadModel(hf);
    for (const [name, { data: all }] of weights)
      if (!name.startsWith('vqa_classifier.3')) expect(model.weights.get(name)!.data, name).toEqual(all);
    expect(rowOf(model.weights, 1)).toEqual(rowOf(weights, 1));
    expect(rowOf(model.weights, 0)).not.toEqual(rowOf(weights, 0));
  });

  it('also of a file that does not name its answers, by a list, and from a file of ours', async () => {
    const pieces = ['--vocabulary', `${hf}/vocab.txt`];
    const unnamed = await finetuned('ckpt', '--from', ckpt, ...pieces);
    expect(unnamed.model.config.answers).toEqual(['plant', 'yes', 'pot']);
    const list = join(root, 'mine.txt');
    writeFileSync(list, 'pot\nplant\nno\nyes\n');
    const listed = await finetuned('listed', '--from', hf, '--answers', list);
    expect(listed.stderr).toContain('a new head for 4 answers of vqa begins, 2 as in the file, 2 at random');
    expect(listed.model.config.answers).toEqual(['pot', 'plant', 'no', 'yes']);
    const ours = await finetuned('ours', '--from', best(join(root, 'listed')));
    expect(ours.model.config.answers).toEqual(['pot', 'plant', 'no', 'yes']);
    expect(ours.stderr).not.toContain('a new head');
    const again = await finetuned('again', '--from', best(join(root, 'listed')), '--new-answers');
    expect(again.stderr).toContain('a new head for 3 answers of vqa begins, 3 as in the file, 0 at random');
  });

  it('teach a student the answers that both have, and ground truth the others', async () => {
    const out = join(root, 'student');
    const fit = ['--data', data, '--updates', '1', '--batch', '2', '--threads', '1'];
    const args = ['finetune', '--teacher', hf, '--out', out, ...fit];
    const { code, stderr } = await inProcess(args);
    expect(code, stderr).toBe(0);
    expect(stderr).toContain(
      `${hf}: gives 3 answers, and the student 3 answers: its soft labels teach the 1 that both have, and ground truth teaches the others`,
    );
    expect((await loadModel(best(out))).config.answers).toEqual(['plant', 'yes', 'pot']);
    const softOnly = ['finetune', '--teacher', hf, '--recipe', 'soft', '--out', join(root, 'never'), ...fit];
    const refused = await inProcess(softOnly);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(
      'losses: the teacher lacks 2 of 3 answers ("plant"), and nothing else teaches them',
    );
  });

  it('are ignored where that is asked for, with a word', async () => {
    const { stderr, model } = await finetuned('ignored', '--from', hf, '--unknown-answers', 'ignore');
    expect(stderr).toContain(`lacks 2 of the 3 answers of ${data} ("plant"), which are ignored: --new-answers`);
    expect(stderr).toContain('3 of 4 training examples have no answer that the model gives: left out');
    expect(model.config.answers).toEqual(['no', 'yes', 'maybe']);
  });
});

describe('the library', () => {
  it('refuses a model for another task, and one that can give none of the answers', async () => {
    const { finetune, nlvr2 } = await import('../../src/index.ts');
    const model = await loadModel(hf);
    const next = (options: Parameters<typeof finetune>[1], one = model) => finetune(one, options).next();
    await expect(next({ task: nlvr2, data })).rejects.toThrow(
      'finetune: the model is for vqa, and the task is nlvr2: give it a head for that: adaptModel(model, { task, answers })',
    );
    const other = adaptModel(model, { task: vqa, answers: ['left', 'right'] });
    await expect(next({ task: vqa, data }, other)).rejects.toThrow(
      'none of 4 training examples has an answer that the model gives (left, right), such as train.jsonl:1 with "plant"',
    );
  });
});
