import { cpSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { inProcess, jsonOf } from './cli.fixture.ts';
import { nanoPlaceForTests } from './writers.fixture.ts';

const place = nanoPlaceForTests();

/** Data of which each split has a damaged picture, a missing one, a null text, a line that is no JSON, and rows. */
interface Hurt {
  readonly folder: string;
  readonly found: Readonly<Record<string, number>>;
}

type Row = Record<string, unknown> & { image: string };

/** Hurts a copy of some data; `text` is the field of a text, and the fourth row has no answer. */
const hurtCopy = (from: string, to: string, text: string): Hurt => {
  cpSync(from, to, { recursive: true });
  const found: Record<string, number> = {};
  for (const split of ['train', 'validation']) {
    const path = join(to, `${split}.jsonl`);
    const rows = readFileSync(path, 'utf8')
      .trim()
      .split('\n')
      .map((line): Row => JSON.parse(line));
    const pictures = readdirSync(join(to, 'images', split)).sort();
    truncateSync(join(to, 'images', split, pictures[0]!), 60);
    rmSync(join(to, 'images', split, pictures[1]!));
    const whole = rows.findIndex(({ image }) => image.endsWith(pictures[4]!));
    rows[whole]![text] = null;
    delete rows.find(({ image }) => image.endsWith(pictures[6]!))!.answer;
    const lines = [...rows.map((row) => JSON.stringify(row)), '{"image": ', ''];
    writeFileSync(path, lines.join('\n'));
    found[split] = rows.length + 1;
  }
  return { folder: to, found };
};

let [questions, captions]: Hurt[] = [];
beforeAll(() => {
  questions = hurtCopy(place().data, join(place().root, 'hurt-questions'), 'question');
  captions = hurtCopy(place().captions, join(place().root, 'hurt-captions'), 'caption');
});

/** Expects the numbers of a split to add up, and each reason to have some. */
const expectSum = (counts: Record<string, number | string>, found: number): void => {
  const { split, found: all, ...others } = counts;
  expect(all, `${split}`).toBe(found);
  const sum = Object.values(others).reduce((total: number, one) => total + Number(one), 0);
  expect(sum, JSON.stringify(counts)).toBe(found);
  expect(counts).toMatchObject({ badRows: 2 });
  expect(counts.missing).toBeGreaterThan(0);
  expect(counts.unreadable).toBeGreaterThan(0);
};

const common = ['--missing', 'skip', '--threads', '1'];
const short = ['--batch', '8', '--epochs', '2'];

describe('what is found is what is used and what is left out, by its reasons', () => {
  it('of evaluate', async () => {
    const { folder, found } = questions!;
    const args = ['evaluate', place().student, '--data', folder, ...common];
    const { counts, leftOut, unreadable } = await jsonOf(...args);
    expect(counts).toHaveLength(1);
    expectSum(counts[0], found.validation!);
    expect(leftOut).toHaveLength(counts[0].badRows + counts[0].missing);
    expect(unreadable).toHaveLength(counts[0].unreadable);
    const { stdout, stderr } = await inProcess([...args, '--verbose']);
    expect(stdout).toMatch(
      /\nvalidation: \d+ found: \d+ used, 2 rows that give no example, \d+ without .*, \d+ unread/,
    );
    expect(stderr.match(/^left out: /gm)).toHaveLength(leftOut.length);
    expect(stderr).toContain('no answer is known to 1 of');
  });

  it.each(['finetune', 'pretrain'] as const)('of %s', async (verb) => {
    const { folder, found } = verb === 'finetune' ? questions! : captions!;
    const from = verb === 'finetune' ? ['--from', place().teacher] : ['--from-scratch', '--size', 'tiny'];
    const out = join(place().root, `hurt-${verb}`);
    const args = [verb, ...from, '--data', folder, '--out', out, ...common, ...short];
    const { counts, leftOut, unreadable, notices } = await jsonOf(...args);
    expect(counts.map(({ split }: { split: string }) => split)).toEqual(['train', 'validation']);
    for (const one of counts) expectSum(one, found[one.split]!);
    const [train, validation] = counts;
    expect(train.notLearnt ?? 0).toBe(verb === 'finetune' ? 1 : 0);
    expect(leftOut).toHaveLength(train.badRows + train.missing + validation.badRows + validation.missing);
    expect(unreadable).toHaveLength(train.unreadable + validation.unreadable);
    expect(notices.join('\n')).toMatch(/rows give no example[\s\S]*not there/);
  });

  it('of convert', async () => {
    const { folder, found } = questions!;
    const to = join(place().root, 'hurt-converted');
    const args = ['convert', folder, '--missing', 'skip'];
    const { splits } = await jsonOf(...args, '--to', to);
    for (const { split, found: all, examples, leftOut, rows, unreadable } of splits) {
      expect(all).toBe(found[split]);
      expect(examples + leftOut).toBe(all);
      expect(rows.filter(({ kind }: { kind: string }) => kind === 'bad row')).toHaveLength(2);
      expect(leftOut).toBeGreaterThan(rows.length);
      expect(unreadable).toHaveLength(1);
    }
    const { stdout } = await inProcess([...args, '--to', `${to}-verbose`, '--verbose']);
    for (const { why } of splits[0].rows) expect(stdout).toContain(`left out: ${why}`);
  });

  it('of inspect, which reads no picture', async () => {
    const { folder, found } = questions!;
    const { splits } = await jsonOf('inspect', folder);
    for (const split of ['train', 'validation']) {
      const one = splits.find((each: { split: string }) => each.split === split);
      expect(one).toMatchObject({ found: found[split], badRows: 2 });
      expect(one.rows + one.missing + one.badRows).toBe(found[split]);
      expect(one.leftOut).toHaveLength(one.missing + one.badRows);
    }
  });

  it('of inspect, where captions have no image and images no caption', async () => {
    const { splits } = await jsonOf('inspect', 'test/files/layouts/left-out/coco');
    expect(splits).toMatchObject([{ split: 'train', found: 4, rows: 1, missing: 0, badRows: 0, incomplete: 3 }]);
  });

  it('of answer, over a folder', async () => {
    const images = join(questions!.folder, 'images', 'validation');
    writeFileSync(join(images, 'notes.txt'), '');
    const args = ['answer', place().student, images, 'is there a red star?', '--threads', '1'];
    const { found, answered, unreadable, passedOver } = await jsonOf(...args);
    expect(answered.length + unreadable.length).toBe(found);
    expect(found + passedOver.length).toBe(readdirSync(images).length);
    expect([unreadable.length, passedOver.length]).toEqual([1, 1]);
  });
});
