import { copyFileSync, cpSync, existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { best, dide, failing, finetuneFrom, jsonOf, placeForTests } from './cli.fixture.ts';

const place = placeForTests();
let root: string;
let data: string;
let teacher: string;
let student: string;
beforeAll(() => {
  ({ root, data, teacher, student } = place());
});

/** A copy of the data with one file changed. */
const dataWith = (name: string, change: (text: string) => string): string => {
  const folder = join(root, `changed-${name}-${readdirSync(root).length}`);
  cpSync(data, folder, { recursive: true });
  writeFileSync(join(folder, name), change(readFileSync(join(data, name), 'utf8')));
  return folder;
};

const training = (folder: string): string[] =>
  finetuneFrom('--from-scratch', '--data', folder, '--out', join(root, 'never'));

describe('bad input ends with one line on stderr, exit code 1, and nothing half-written', () => {
  it('for a model file that is missing, damaged or cut short', async () => {
    const damaged = join(root, 'damaged.safetensors');
    expect(await failing(root, 'evaluate', damaged, '--data', data)).toMatch(
      /^\/damaged.safetensors: it cannot be opened/,
    );
    copyFileSync(best(student), damaged);
    truncateSync(damaged, 5000);
    expect(await failing(root, 'evaluate', damaged, '--data', data)).toMatch(/^\/damaged.safetensors: /);
    writeFileSync(damaged, 'these are no weights at all');
    expect(await failing(root, 'inspect', damaged)).toMatch(/^\/damaged.safetensors: its header claims/);
  });

  it('for a line that is not JSON where none may be left out, and names file and line', async () => {
    const folder = dataWith('train.jsonl', (text) => text.replace('\n', '\n{"image": \n'));
    expect(await failing(root, ...training(folder), '--strict')).toMatch(/^train.jsonl:2: not JSON/);
  });

  it('for an empty question and for an image that is missing', async () => {
    const empty = dataWith('train.jsonl', (text) => text.replaceAll(/"question":"[^"]*"/g, '"question":" "'));
    expect(await failing(root, ...training(empty))).toMatch(
      /^train.jsonl:\d+: "question" is " ": it must be a text that is not blank/,
    );
    const missing = dataWith('train.jsonl', (text) => text.replaceAll('images/train/', 'images/gone/'));
    expect(await failing(root, ...training(missing))).toMatch(
      /annotations name images that are not there: train.jsonl:1: /,
    );
  });

  it('for an answer outside the vocabulary, unless such answers are to be ignored', async () => {
    const folder = dataWith('train.jsonl', (text) => text.replace(/"answer":"[^"]*"/, '"answer":"perhaps"'));
    expect(await failing(root, ...training(folder))).toMatch(
      /^train.jsonl:1: the answer "perhaps" is not among the 20 .*--unknown-answers ignore$/,
    );
    const args = [
      ...finetuneFrom('--from-scratch', '--data', folder, '--out', join(root, 'ignoring')),
      '--updates',
      '1',
    ];
    expect(await jsonOf(...args, '--unknown-answers', 'ignore')).toMatchObject({ updates: 1 });
  });

  it('for a split that is not there, and lists those that are', async () => {
    const said = await failing(root, 'evaluate', best(student), '--data', data, '--split', 'valid');
    expect(said).toMatch(/has no split "valid".*test-comp, test-iid, train, validation/);
  });

  it('for a run that is there already', async () => {
    const said = await failing(root, ...finetuneFrom('--from-scratch', '--data', data, '--out', teacher));
    expect(said).toMatch(/^\/teacher: it already has the curves of a run, up to step 20/);
    expect(existsSync(best(teacher))).toBe(true);
  });

  it('for a teacher that cannot answer alone', async () => {
    expect(await failing(root, 'cache', best(teacher), data, '--to', join(root, 'never'))).toMatch(
      /the model \(vilt, vqa\) is a fusion encoder/,
    );
  });

  it('for options that say too little or contradict each other', async () => {
    expect(await failing(root, 'finetune', '--data', data, '--out', join(root, 'never'))).toMatch(
      /^nothing says what is to learn/,
    );
    expect(await failing(root, ...training(data), '--teacher', best(teacher))).toMatch(
      /'--from-scratch' cannot be used with/,
    );
    expect(await failing(root, ...training(data), '--batch', '0')).toMatch(
      /'0' is invalid. Give a whole number from 1 up/,
    );
    expect(await failing(root, ...training(data), '--recipe', 'soft')).toMatch(/needs a teacher/);
  });

  it('for arguments and options that are missing, all of them at once', async () => {
    expect(await failing(root, 'evaluate')).toBe(
      'dide evaluate needs <file> and --data <folder>: see dide evaluate --help',
    );
    expect(await failing(root, 'ask', best(student))).toMatch(/^dide ask needs --cache <place>: /);
  });

  it('for a question without quotes', async () => {
    expect(await failing(root, 'ask', best(student), 'is', 'there', 'a', 'dog?', '--cache', 'x')).toMatch(
      /^too many arguments .* in quotes/,
    );
  });

  it('for a folder where a file belongs and a file where a folder does, before any work is done', async () => {
    const file = join(root, 'a file');
    writeFileSync(file, '');
    const folder = '/a file: it is a file: give the path of a folder';
    expect(await failing(root, 'cache', best(student), data, '--to', file)).toBe(folder);
    expect(await failing(root, 'scenes', file)).toBe(folder);
    expect(await failing(root, 'export', best(student), '--out', file)).toBe(folder);
    expect(await failing(root, 'convert', data, '--to', file)).toBe(folder);
    expect(await failing(root, ...finetuneFrom('--from-scratch', '--data', data, '--out', file))).toBe(folder);
    expect(await failing(root, 'cache', best(student), data, '--to', join(file, 'x', 'y'))).toBe(
      '/a file/x/y: /a file is a file: give a path whose folders are folders',
    );
    const page = ['explain', best(student), join(data, 'images', 'test-iid', '000001.png'), 'is there a circle?'];
    expect(await failing(root, ...page, '--to', data)).toBe('/scenes: it is a folder: give the path of a file');
    const predictions = ['evaluate', best(student), '--data', data, '--predictions', data];
    expect(await failing(root, ...predictions)).toBe('/scenes: it is a folder: give the path of a file');
  });

  it('for an image where a model belongs', async () => {
    const photo = join(data, 'images', 'test-iid', '000001.png');
    expect(await failing(root, 'inspect', photo)).toMatch(/000001\.png: it is an image: .* dide answer MODEL \S+ "…"$/);
  });

  it('for an image that is not there, named once', async () => {
    const explain = ['explain', best(student), 'nosuch.png', 'is there a circle?', '--to', join(root, 'never')];
    expect(await failing(root, ...explain)).toMatch(/^nosuch\.png: there is no such image: /);
  });

  it('for a verb that is none, in a process of its own', async () => {
    const { code, stdout, stderr } = await dide(['finetun']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toBe("unknown command 'finetun' (Did you mean finetune?)\n");
  });

  it('and none of them has left a folder', () => {
    expect(existsSync(join(root, 'never'))).toBe(false);
    expect(readdirSync(root).filter((name) => /partial|tmp$/.test(name))).toEqual([]);
  });
});
