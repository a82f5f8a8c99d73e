import { describe, expect, it } from 'vitest';
import { blocksOf, textOf } from './markdown.ts';
import { quickstartPlaceForTests } from './quickstart-place.ts';

const sketches = blocksOf(textOf('README.md'), 'ts');

/** Toy sizes for what a sketch does at full size. */
const small = (code: string): string =>
  code
    .replace('epochs: 10', 'epochs: 1, threads: 1')
    .replace('batch: 64', 'batch: 8')
    .replace('updates: 1000', 'updates: 30, threads: 1')
    .replace('updates: 200', 'updates: 3, batch: 8, threads: 1')
    .replace('1e-4', '3e-3');

/** Expected output of each sketch, found by a word of its code, and further checks of it. */
const printed: Readonly<Record<string, { readonly after?: string; readonly prints: RegExp }>> = {
  'saveModel(': { prints: /^(\d00\/\d+ .*\n)*$/ },
  // five answers over the cache, three about one image, losses, an accuracy
  'await answer(': { prints: /^(\[\n( +\{[^}]*\},?\n)+\]\n){2}(\d+ \{[^}]*\}\n)+[01](\.\d+)?\n$/ },
  'openPredictor(': { prints: /^([\w-]+\.png \w+ 0\.\d+\n){5}$/ },
  'defineTask(': {
    after: `const [meme] = await memeTone.read('memes', 'train'); console.log(meme!.text, meme!.answers[0]!.answer);`,
    prints: /^of course ironic\n$/,
  },
  'Objective = ': { prints: /^(\d+ [01]\.\d+\n){30}$/ },
  // errors of -2, -3, -5: the mean of their squares, and 2/3 of their sums over the rows that see each weight
  'compile(': { prints: /12\.66\d+[^-]*-4\.66\d+,[^-]*-5\.33\d+/ },
};

describe('the sketches of the README', () => {
  const place = quickstartPlaceForTests();

  it.each(sketches.map((code, i) => [i + 1, code] as const))(
    'run as they are pasted: %i',
    { timeout: 180_000 },
    async (number, code) => {
      const [known, ...others] = Object.keys(printed).filter((word) => code.includes(word));
      expect([known, others], 'test/docs/readme.test.ts does not know what this sketch prints').toEqual([known, []]);
      const { after = '', prints } = printed[known!]!;
      await place().write('memes/1.png', '');
      await place().write('memes/train.jsonl', '{"file": "1.png", "caption": "of course", "tone": "ironic"}\n');
      const file = await place().write(`sketch-${number}.mts`, small(code) + after);
      const said = await place().run(file);
      expect(said).toMatch(prints);
      if (known === 'Objective = ') expect(lossesIn(said).at(-1)).toBeLessThan(lossesIn(said)[0]!);
    },
  );
});

const lossesIn = (said: string): number[] =>
  said
    .trim()
    .split('\n')
    .map((line) => Number(line.split(' ')[1]));
