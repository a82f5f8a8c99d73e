import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inProcess, jsonOf } from '../cli/cli.fixture.ts';
import { blocksOf, root, textOf } from './markdown.ts';

/** In the order in which they build on each other. */
const recipes = [
  'vilt-pretrain',
  'dide-pretrain',
  'vqa',
  'nlvr2',
  'snli-ve',
  'retrieval-f30k',
  'retrieval-coco',
] as const;

/** Data in place of those of the recipes: generated pictures of the same task. */
const stands = {
  captions: 'pretraining',
  vqa: 'vqa',
  nlvr2: 'nlvr2',
  ve: 've',
  f30k: 'retrieval',
  coco: 'retrieval',
} as const;

let place = '';
beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), 'dide-recipes-'));
  for (const [name, task] of Object.entries(stands)) {
    await jsonOf('scenes', join(place, 'data', name), '--task', task, '--tiny');
  }
}, 180_000);
afterAll(() => rm(place, { recursive: true, force: true }));

const commandsOf = (recipe: string): string[] =>
  blocksOf(textOf(`recipes/${recipe}.md`), 'sh')
    .join('')
    .replaceAll('\\\n', ' ')
    .split('\n')
    .filter((line) => line !== '');

/** Shrinks a command: its lengths and batches, and the names of its splits; everything else stays as it is written. */
const smaller: readonly (readonly [RegExp, string])[] = [
  [/--(epochs|updates) \d+/, '--updates 2'],
  [/--batch \d+/, '--batch 4'],
  [/--accumulation \d+/, '--accumulation 2'],
  [/--split \S+/, '--split test-iid'],
];

const toy = (command: string): string[] => {
  const small = smaller.reduce((text, [from, to]) => text.replace(from, to), command);
  const args = small.split(/\s+/).slice(1);
  const placed = args.map((arg) => arg.replace(/^(data|runs)\//, (folder) => join(place, folder)));
  return [...placed, '--threads', '1', ...(args[0] === 'evaluate' ? [] : ['--tiny'])];
};

describe('the recipes', () => {
  it('are those that the list names', () => {
    const files = readdirSync(join(root, 'recipes')).filter((name) => name !== 'README.md');
    expect(files.sort()).toEqual(recipes.map((name) => `${name}.md`).sort());
    for (const name of recipes) expect(textOf('recipes/README.md')).toContain(`(${name}.md)`);
  });

  it.each(recipes)(
    'run as they are written, at toy size: %s',
    async (recipe) => {
      const commands = commandsOf(recipe);
      expect(commands.length).toBeGreaterThan(0);
      for (const command of commands) {
        expect(command).toMatch(/^dide (pretrain|finetune|evaluate) /);
        const { code, stderr } = await inProcess(toy(command));
        expect(code, `${command}\n${stderr}`).toBe(0);
      }
    },
    90_000,
  );

  it('say what they cost and what was published', () => {
    for (const name of recipes) {
      expect(textOf(`recipes/${name}.md`)).toMatch(/\*\*Cost, estimated\*\*: [\s\S]*days[\s\S]*\*\*Published\*\*: /);
    }
  });
});
