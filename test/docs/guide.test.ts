import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { encodePng } from '../../src/data/image.ts';
import { vqa } from '../../src/index.ts';
import { inProcess, jsonOf } from '../cli/cli.fixture.ts';
import { blocksOf, textOf } from './markdown.ts';
import { quickstartPlaceForTests } from './quickstart-place.ts';

const guide = textOf('docs/guide.md');
const written = blocksOf(guide, 'json').join('').trim().split('\n');
const commands = blocksOf(guide, 'sh').join('').replaceAll('\\\n', ' ').trim().split('\n');

const quickstart = quickstartPlaceForTests();
let place = '';

/** Puts the guide's own lines and pictures in their place, and a toy ViLT with BERT's words where the public one goes. */
beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), 'dide-guide-'));
  const mine = join(place, 'data/mine');
  await mkdir(join(mine, 'photos'), { recursive: true });
  for (const [i, name] of ['0001', '0002', '0003'].entries()) {
    const picture = { width: 64, height: 48, data: new Uint8Array(3 * 64 * 48).fill(80 * i) };
    await writeFile(join(mine, 'photos', `${name}.jpg`), await encodePng(picture));
  }
  await cp(join(mine, 'photos'), join(place, 'photos'), { recursive: true });
  for (const split of ['train', 'validation']) {
    const lines = [...written, ...written];
    await writeFile(join(mine, `${split}.jsonl`), lines.map((line) => `${line}\n`).join(''));
  }
  const [scenes, vilt] = [join(place, 'scenes'), join(place, 'vilt')];
  await jsonOf('scenes', scenes, '--tiny');
  const scratch = ['--from-scratch', '--size', 'tiny', '--vocabulary', 'bert', '--updates', '1', '--batch', '2'];
  await jsonOf('finetune', ...scratch, '--data', scenes, '--out', vilt, '--threads', '1');
  const to = join(place, 'models/vilt-b32-finetuned-vqa');
  await jsonOf('export', join(vilt, 'best.safetensors'), '--to', 'huggingface', '--out', to);
}, 120_000);
afterAll(() => rm(place, { recursive: true, force: true }));

/** Lengths and batches of a command, shrunk; everything else stays as it is written. */
const smaller: readonly (readonly [RegExp, string])[] = [
  [/--epochs \d+/, '--updates 2'],
  [/--batch \d+/, '--batch 2'],
  [/--accumulation \d+/, '--accumulation 2'],
];

const toy = (command: string): string[] => {
  const small = smaller.reduce((text, [from, to]) => text.replace(from, to), command);
  const args = [...small.matchAll(/"([^"]*)"|(\S+)/g)].slice(1).map(([, quoted, plain]) => quoted ?? plain!);
  const isPath = /^(data|models|runs|photos|exported|mistakes|attention)\b/;
  const placed = args.map((arg) => (isPath.test(arg) && !arg.includes(' ') ? join(place, arg) : arg));
  return [...placed, ...(args[0] === 'inspect' ? [] : ['--threads', '1'])];
};

it('the lines of the guide are read as its table of fields says', async () => {
  const examples = await vqa.read(join(place, 'data/mine'), 'train');
  expect(examples.slice(0, written.length).map(({ text, answers }) => [text, answers])).toEqual([
    ['what is on the table?', [{ answer: 'plant', score: 1 }]],
    ['is there a person?', [{ answer: 'no', score: 1 }]],
    ['is there a plant?', [{ answer: 'yes', score: 1 }]],
    [
      'how many cups are there?',
      [
        { answer: '2', score: 1 },
        { answer: '3', score: 0.3 },
      ],
    ],
    [
      'what color is the cup?',
      [
        { answer: 'red', score: 1 },
        { answer: 'pink', score: 0.3 },
      ],
    ],
    ['what is on the shelf?', []],
  ]);
});

it('its commands run in their order and say what it promises', { timeout: 240_000 }, async () => {
  const said = new Map<string, string>();
  for (const command of commands) {
    expect(command).toMatch(/^dide \w+ /);
    const { code, stdout, stderr } = await inProcess(toy(command));
    expect(code, `${command}\n${stderr}`).toBe(0);
    said.set(command, stdout + stderr);
  }
  const of = (start: string): string => said.get(commands.find((command) => command.startsWith(start))!)!;
  expect(of('dide inspect data/mine')).toMatch(/train +12 +12 +3 +6 +10 +0[\s\S]*prior +\d/);
  expect(of('dide finetune --from models')).toContain(
    'gives 20 answers: a new head for 7 answers of vqa begins, 5 as in the file, 2 at random',
  );
  expect(of('dide cache')).toMatch(/found +3\n.*encoded now +3\n/);
  expect(of('dide ask')).toMatch(/0001\.jpg|0002\.jpg|0003\.jpg/);
  const mistakes = (await readFile(join(place, 'mistakes.jsonl'), 'utf8')).trim().split('\n');
  expect(mistakes).toHaveLength(12);
  for (const name of ['exported', 'exported-int8'])
    expect((await readFile(join(place, name, 'image.onnx'))).length).toBeGreaterThan(1000);
});

it('its program runs over the student that the commands made', { timeout: 60_000 }, async () => {
  const [code] = blocksOf(guide, 'ts');
  const file = await quickstart().write('sketch.mts', code!);
  await cp(join(place, 'runs/student'), join(quickstart().folder, 'runs/student'), { recursive: true });
  await cp(join(place, 'photos'), join(quickstart().folder, 'photos'), { recursive: true });
  expect(await quickstart().run(file)).toMatch(/^\[\n( +\{.*probability: 0\.\d+.*\},?\n){3}\]\n$/s);
});
