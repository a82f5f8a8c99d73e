import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeBodies } from '../fixtures/bodies.ts';
import { writeColourScenes } from '../fixtures/colours.ts';
import { root, textOf } from './markdown.ts';
import { quickstartPlaceForTests } from './quickstart-place.ts';

const examples = readdirSync(`${root}examples`).filter((name) => name.endsWith('.ts'));
const place = quickstartPlaceForTests();

/** Output that each example must print, whatever the numbers on the way. */
const printed: Record<string, RegExp> = {
  '0-train-a-classifier.ts': /^step 1: loss 1\.\d{3}, .*step 300: loss 0\.0\d\d, (9\d|100) % right\n$/s,
  '1-load-a-teacher.ts':
    /^vilt: 3 layers of width 128, 20 answers\n(.+\? .+: (right|wrong)\n){4}(9\d|100) % of 40 questions right\n$/,
  '2-distil-a-student.ts': /^(\d0\/30: soft \d\.\d{3}, attention \d\.\d{3}\n){3}the loss is 0\.\d\d of what it was\n$/,
  '3-cache-and-ask.ts': /^(0.*\.png: \w+ \([01]\.\d\d\)\n){3}40 kept\n40 answers from 40 cached images\n$/,
  '4-an-objective-of-your-own.ts':
    /^1\/30: pair vectors (0\.[89]|1\.0)\d+ apart\n30\/30: pair vectors 0\.[3-7]\d\d apart\n$/,
  '5-define-a-task.ts': /^(9\d|100) % right after 20 updates\n$/,
  '6-search-your-pictures.ts': /^(\d0\/90: loss \d\.\d\d, found first \d+ %\n){3}(\d+\.png: [01]\.\d\d\n){3}$/,
};

/** Arguments of an example that needs files of the reader's, made at toy size. */
const given: Record<string, (folder: string) => Promise<string[]>> = {
  '6-search-your-pictures.ts': async (folder) => {
    const [vit, bert, data] = [join(folder, 'vit.safetensors'), join(folder, 'bert'), join(folder, 'captioned')];
    const words = await writeColourScenes(data);
    await writeBodies(vit, bert, words);
    return [vit, join(bert, 'model.safetensors'), data, join(data, 'validation'), 'bright red over dark blue'];
  },
};

describe('every example runs after the quickstart and prints what it should', () => {
  it.each(examples)('%s', { timeout: 180_000 }, async (file) => {
    expect(printed[file], `test/docs/examples.test.ts does not know what ${file} prints`).toBeDefined();
    const args = (await given[file]?.(place().folder)) ?? [];
    expect(await place().run(`examples/${file}`, ...args)).toMatch(printed[file]!);
  });

  it('and imports the public faces alone', () => {
    const imports = examples.flatMap((file) => [...textOf(`examples/${file}`).matchAll(/from '([^']+)'/g)]);
    expect(imports.map(([, from]) => from).filter((from) => !/^(node:|dide($|\/))/.test(from!))).toEqual([]);
  });
});
