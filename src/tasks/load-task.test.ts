import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { UserError } from '../errors.ts';
import { loadTask } from './load-task.ts';

const home = mkdtempSync(join(tmpdir(), 'load-task-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

let written = 0;
const moduleOf = (text: string): string => {
  written += 1;
  const path = join(home, `mine-${written}.mjs`);
  writeFileSync(path, text);
  return path;
};

const task = (name: string, rest = ''): string =>
  `{ name: '${name}', images: 1, scoring: 'softmax', read: async () => [], answers: async () => ['a'], score: () => 1, ${rest} }`;

describe('a task of a module', () => {
  it('is its only export that looks like one, whatever the name', async () => {
    const path = moduleOf(`export const limit = 3; export const memeTone = ${task('meme_tone')};`);
    const loaded = await loadTask(path);
    expect(loaded).toMatchObject({ name: 'meme_tone', images: 1, scoring: 'softmax' });
    expect(await loaded.answers('')).toEqual(['a']);
  });

  it('may be the default export, and is named where there are several', async () => {
    expect((await loadTask(moduleOf(`export default ${task('one')};`))).name).toBe('one');
    const several = moduleOf(`export const one = ${task('one')}; export const two = ${task('two')};`);
    expect((await loadTask(`${several}#two`)).name).toBe('two');
    await expect(loadTask(several)).rejects.toThrow(/exports several tasks, one, two: say which: .*#one$/);
    await expect(loadTask(`${several}#three`)).rejects.toThrow(/exports no three but one, two/);
  });

  it('is refused with what is wrong of it', async () => {
    const lacking = moduleOf(`export const t = ${task('t', "score: undefined, images: 3, name: 'a b'")};`);
    await expect(loadTask(lacking)).rejects.toThrow(UserError);
    await expect(loadTask(lacking)).rejects.toThrow(
      /its export t is no task: name: must be letters, .*; images: .*; score: must be a function/,
    );
    await expect(loadTask(moduleOf('export const x = 1;'))).rejects.toThrow(
      /exports no task but x: export what defineTask gives, or an object/,
    );
    await expect(loadTask(moduleOf('throw new Error("broken");'))).rejects.toThrow(/cannot be imported: broken/);
    for (const [text, advice] of [
      [
        `throw new SyntaxError("The requested module 'dide' does not provide an export named 'Task'");`,
        'import a type as one: import { type Task }',
      ],
      ['throw new Error("broken\\nRequire stack:");', /: cannot be imported: broken: correct the module$/],
      ['import "of-nobody";', 'correct the module'],
      [
        `throw new Error("Cannot find module '/own/dide/dist/index.js' imported from /own/dide/mine.ts");`,
        'dide is not built: run npm run build in its folder',
      ],
      [`throw new Error("Cannot find module 'dide'");`, 'npm install dide'],
      ['throw new SyntaxError("TypeScript enum is not supported in strip-only mode");', 'or compile it to .js'],
      [
        `throw new Error("Cannot find module '/own/rows' imported from /own/mine.ts");`,
        'imports have endings: ./rows.ts',
      ],
      [`throw new Error("Cannot find package 'dide' imported from /own/mine.ts");`, 'npm install dide'],
    ] as const)
      await expect(loadTask(moduleOf(text))).rejects.toThrow(advice);
    await expect(loadTask(join(home, 'none.ts'))).rejects.toThrow(/none\.ts: there is no such file/);
  });
});
