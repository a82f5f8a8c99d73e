import { cpSync, readdirSync, readFileSync, rmSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { encodePng } from '../../src/data/image.ts';
import { best, dide, failing, finetuneFrom, inProcess, jsonOf, parsed, placeForTests } from './cli.fixture.ts';

const place = placeForTests();
let [root, data, teacher, student] = ['', '', '', ''];
beforeAll(() => {
  ({ root, data, teacher, student } = place());
});

/** A copy of the data in which some pictures are cut short or gone. */
const hurt = (name: string, harm: (path: string) => void, isHurt: (place: number) => boolean): string => {
  const folder = join(root, name);
  cpSync(data, folder, { recursive: true });
  for (const split of ['train', 'validation']) {
    const pictures = readdirSync(join(folder, 'images', split)).sort();
    for (const file of pictures.filter((_, i) => isHurt(i))) harm(join(folder, 'images', split, file));
  }
  return folder;
};

const cut = (path: string): void => truncateSync(path, 60);

describe('pictures that are damaged', () => {
  it('are left out, counted and named, in training and in evaluation', { timeout: 60_000 }, async () => {
    const folder = hurt('damaged', cut, (i) => i % 4 === 1);
    const args = finetuneFrom('--from-scratch', '--data', folder, '--out', join(root, 'tolerant'), '--updates', '4');
    const trained = await jsonOf(...args);
    expect(trained.updates).toBe(4);
    expect(trained.unreadable.length).toBeGreaterThan(3);
    expect(trained.unreadable[0]).toMatch(/^(train|validation)\.jsonl:\d+: .*\.png/);
    expect(trained.waitedForData).toBeGreaterThanOrEqual(0);
    const { code, stdout } = await inProcess(['evaluate', best(student), '--data', folder, '--threads', '1']);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /\n4 examples could not be read and were left out:\n( {2}validation\.jsonl:\d+: .*\n){3} {2}… and 1 more\n/,
    );
    expect(stdout).toMatch(/validation {2}all +12 /);
  });

  it('stop at once where that is asked for, or where they are most of all', { timeout: 60_000 }, async () => {
    const some = hurt('some', cut, (i) => i % 4 === 1);
    expect(await failing(root, 'evaluate', best(student), '--data', some, '--strict')).toMatch(
      /^validation\.jsonl:\d+: /,
    );
    const most = hurt('most', cut, (i) => i % 4 !== 1);
    const args = finetuneFrom('--from-scratch', '--data', most, '--out', join(root, 'never'));
    const { code, stderr } = await inProcess(args);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^train\.jsonl:\d+: .*more than half: \d+ of the first \d+ examples cannot be read/m);
  });
});

it('pictures that are not there are refused, or passed over and told', { timeout: 60_000 }, async () => {
  const folder = hurt('lacking', unlinkSync, (i) => i === 2);
  expect(await failing(root, 'evaluate', best(student), '--data', folder)).toMatch(
    /^\/lacking: 1 annotation names an image that is not there: validation\.jsonl:\d+: .*--missing skip\)\.$/,
  );
  const args = ['evaluate', best(student), '--data', folder, '--missing', 'skip', '--threads', '1'];
  const { code, stdout, stderr } = await inProcess(args);
  expect({ code, told: stderr.match(/passed over/g)?.length }).toEqual({ code: 0, told: 1 });
  expect(stdout).toMatch(/validation {2}all +15 /);
  for (const list of ['answers.txt', 'vocab.txt']) rmSync(join(folder, list), { force: true });
  const training = finetuneFrom('--from-scratch', '--data', folder, '--out', join(root, 'lenient'), '--updates', '1');
  expect(await jsonOf(...training, '--missing', 'skip')).toMatchObject({ updates: 1, unreadable: [] });
});

describe('the best weights', () => {
  it('are chosen on another split only with a warning, and the run says so', { timeout: 60_000 }, async () => {
    const out = join(root, 'selected');
    const run = finetuneFrom('--teacher', best(teacher), '--data', data, '--out', out, '--updates', '2');
    const { code, stderr } = await inProcess([...run, '--select', 'test-iid', '--augment', 'randaugment']);
    expect({ code, warned: stderr.match(/warning: the best weights are chosen on test-iid/g)?.length }).toEqual({
      code: 0,
      warned: 1,
    });
    const { files } = await jsonOf('inspect', out);
    expect(files[best(out)].description.recipe).toMatchObject({ selectOn: 'test-iid', augment: 'randaugment' });
  });

  it('are chosen on validation where VQA follows the authors', { timeout: 60_000 }, async () => {
    const out = join(root, 'reference');
    const run = finetuneFrom('--teacher', best(teacher), '--data', data, '--out', out, '--updates', '1');
    const { code, stderr } = await inProcess([...run, '--select', 'reference']);
    expect({ code, warned: stderr.includes('warning') }).toEqual({ code: 0, warned: false });
  });
});

describe('a task of one’s own, as a module', () => {
  const mine = (): string => join(root, 'mine.ts');

  /** The task of examples/5-define-a-task.ts, as a reader would copy it, with data for it. */
  const write = async (): Promise<string> => {
    const example = readFileSync('examples/5-define-a-task.ts', 'utf8');
    const library = pathToFileURL(join(process.cwd(), 'src')).href;
    const [definition] = example.replaceAll('../src', library).split('\nconst folder') as [string];
    writeFileSync(mine(), definition.replace('const lightSide', 'export const lightSide'));
    const folder = join(root, 'sides');
    cpSync(join(data, 'images', 'train'), folder, { recursive: true });
    for (const split of ['train', 'validation']) {
      const sides = Array.from({ length: 16 }, (_, i) => ({
        file: `${split}-${i}.png`,
        side: i % 2 ? 'left' : 'right',
      }));
      for (const [i, { file, side }] of sides.entries()) {
        const values = Uint8Array.from(
          { length: 6912 },
          (_, at) => i + (at % 144 < 72 === (side === 'left') ? 150 : 60),
        );
        writeFileSync(join(folder, file), await encodePng({ width: 48, height: 48, data: values }));
      }
      writeFileSync(join(folder, `${split}.jsonl`), sides.map((row) => JSON.stringify(row)).join('\n'));
    }
    return folder;
  };

  it('is learnt and measured by the command line', { timeout: 120_000 }, async () => {
    const [folder, out] = [await write(), join(root, 'mine')];
    const args = [
      ...finetuneFrom('--from-scratch', '--data', folder, '--out', out, '--updates', '8'),
      '--task',
      mine(),
    ];
    const { code, stdout } = await dide(args);
    expect({ code, model: stdout.split('\n')[0] }).toEqual({ code: 0, model: expect.stringMatching(/^model +vilt /) });
    expect(stdout).toContain(`Next: dide evaluate ${best(out)} --task ${mine()} --data ${folder} --split validation`);
    const { files } = await jsonOf('inspect', out);
    expect(files[best(out)].description).toMatchObject({ task: 'light_side', answers: ['left', 'right'] });
    const judged = parsed(await dide(['evaluate', best(out), '--data', folder, '--task', mine(), '--json']));
    expect(judged.lines[0]).toMatchObject({ split: 'validation', questions: 16 });
    expect(await failing(root, 'evaluate', best(out), '--data', folder)).toMatch(
      /its task light_side is not among .*: give --task with the module that defines it/,
    );
  });

  it('is refused where it is none', async () => {
    const args = finetuneFrom('--from-scratch', '--data', data, '--out', join(root, 'never'));
    expect(await failing(root, ...args, '--task', join(root, 'none.ts'))).toMatch(/^\/none\.ts: there is no such file/);
    expect(await failing(root, ...args, '--task', 'memes')).toMatch(/Give vqa, .* or a file that exports a task/);
  });
});

describe('a look at data', () => {
  it('says layout, splits, answers, their prior, and the command to train', async () => {
    const shown = await jsonOf('inspect', 'test/files/vqav2');
    expect(shown).toMatchObject({
      kind: 'data',
      task: 'vqa',
      train: expect.stringMatching(/^dide finetune .*--task vqa/),
    });
    expect(shown.splits[0]).toMatchObject({ split: 'train', missing: 0, rows: expect.any(Number) });
    expect(shown.prior.share).toBeGreaterThan(0);
    const { stdout } = await inProcess(['inspect', data]);
    expect(stdout).toMatch(
      /split +found +rows +images +texts +with answers +images missing +bad rows +incomplete +repeated\n(train|validation) /,
    );
    expect(stdout).toMatch(/\nprior +\d+\.\d % by always saying \w+\n/);
  });

  it('counts images that are missing, and names answers that training does not know', async () => {
    const folder = hurt('looked-at', unlinkSync, (i) => i === 2);
    const rows = readFileSync(join(folder, 'validation.jsonl'), 'utf8');
    writeFileSync(join(folder, 'validation.jsonl'), rows.replace(/"answer":"[^"]*"/, '"answer":"Perhaps"'));
    const { splits, doubts, notices } = await jsonOf('inspect', folder);
    const missing = splits.find(({ split }: { split: string }) => split === 'validation').missing;
    expect(missing).toBe(1);
    expect(doubts).toEqual(['validation: 1 answer is not among those to learn: Perhaps']);
    expect(notices.join()).toMatch(/validation\.jsonl:\d+/);
  });
});
