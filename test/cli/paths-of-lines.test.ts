import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inProcess } from './cli.fixture.ts';
import { fileWriters, folderWriters, nanoPlaceForTests } from './writers.fixture.ts';

/** A name whose second line looks like one of ours. */
const NAME = 'two\nFAKE: all is well\r\u2028FAKE\u0085FAKE';

const place = nanoPlaceForTests();

let number = 0;
/** A path of such a name in a new folder, without what a test writes there. */
const fresh = (): string => {
  number += 1;
  const folder = join(place().root, `lines-${number}`);
  mkdirSync(folder);
  return join(folder, NAME);
};

const said = async (args: readonly string[]) => {
  const { code, stdout, stderr } = await inProcess(args);
  const all = stdout + stderr;
  expect(all).not.toMatch(/^\s*FAKE/m);
  expect(all).not.toMatch(/[\r\u0085\u2028]/);
  return { code, all };
};

const readers: Readonly<Record<string, (path: string) => string[]>> = {
  inspect: (path) => ['inspect', path],
  answer: (path) => ['answer', place().student, path, 'is there a star?'],
  'answer of a model': (path) => ['answer', path, join(place().data, 'images'), 'is there a star?'],
  ask: (path) => ['ask', place().student, 'is there a star?', '--cache', path],
  'ask of a file': (path) => ['ask', place().student, '--questions', path, '--cache', place().cache],
  search: (path) => ['search', path, 'a star', '--cache', place().cache],
  'search --like': (path) => ['search', place().student, '--like', path, '--cache', place().cache],
  entail: (path) => ['entail', path, 'a star', '--cache', place().cache],
  reason: (path) => ['reason', path, 'a star', '--cache', place().cache],
  serve: (path) => ['serve', place().student, path],
  evaluate: (path) => ['evaluate', place().student, '--data', path],
  'evaluate --split': (path) => ['evaluate', place().student, '--data', place().data, '--split', path],
  convert: (path) => ['convert', path, '--to', `${path}.to`],
  finetune: (path) => ['finetune', '--from', path, '--data', place().data, '--out', `${path}.out`],
  'finetune --task': (path) => ['finetune', '--from', place().student, '--task', `${path}.js`, '--out', `${path}.out`],
  pretrain: (path) => ['pretrain', '--from-scratch', '--size', 'tiny', '--data', path, '--out', `${path}.out`],
  cache: (path) => ['cache', place().student, path, '--to', `${path}.cache`],
  explain: (path) => ['explain', place().student, path, 'is there a star?', '--to', `${path}.html`],
  export: (path) => ['export', path, '--out', `${path}.out`],
  site: (path) => ['site', place().student, path, '--to', `${path}.site`],
  fetch: (path) => ['fetch', 'easy-vqa', `${path}.to`, '--from', path],
  quickstart: (path) => ['quickstart', '--teacher', path, '--out', `${path}.out`],
  reproduce: (path) => ['reproduce', '--tiny', '--only', path, '--out', `${path}.out`],
  remake: (path) => ['remake', 'student-mini', '--from', path, '--folder', `${path}.runs`, '--out', `${path}.out`],
  'a verb that is none': (path) => [path],
  'a flag that is none': (path) => ['inspect', `--${path}`],
  'a value that is none': (path) => ['scenes', `${path}.to`, '--world', path],
  'an argument too many': (path) => ['inspect', place().data, path],
};

describe('a line end in a path of the user begins no line', () => {
  it.each(Object.keys(readers))('of an error: %s of what is not there', async (name) => {
    expect((await said(readers[name]!(fresh()))).code).toBe(1);
  });

  it.each(['inspect', 'answer', 'answer of a model', 'ask', 'search'])(
    'of an error: %s of a file that is something else',
    async (name) => {
      const path = fresh();
      writeFileSync(path, 'none of ours');
      expect((await said(readers[name]!(path))).code).toBe(1);
    },
  );

  // those that need hours, other programs or files of a release say their path in errors alone
  const short = /^(scenes|convert|finetune|pretrain|cache|site|export|evaluate|explain)/;
  it.each(Object.entries({ ...folderWriters, ...fileWriters }).filter(([name]) => short.test(name)))(
    'of a result: %s',
    async (_, argsFor) => {
      const { code, all } = await said(argsFor(fresh(), place()));
      expect(code, all).toBe(0);
    },
  );

  it('of what is read from such a folder', async () => {
    const to = fresh();
    expect((await said(['scenes', to, '--tiny'])).code).toBe(0);
    expect((await said(['inspect', to])).code).toBe(0);
    expect((await said(['evaluate', place().student, '--data', to, '--split', 'test-iid,validation'])).code).toBe(0);
    const images = join(to, 'images', 'test-iid');
    expect((await said(['answer', place().student, images, 'is there a star?', '--verbose'])).code).toBe(0);
    expect((await said(['cache', place().student, images, '--to', `${to}.cache`])).code).toBe(0);
    const ask = ['ask', place().student, 'is there a star?', '--cache', `${to}.cache`];
    for (const kind of ['csv', 'jsonl', 'parquet']) {
      expect((await said([...ask, '--out', `${to}.${kind}`])).code).toBe(0);
    }
  });
});
