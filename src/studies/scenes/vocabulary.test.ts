import { describe, expect, it } from 'vitest';
import { seedFor } from '../mulberry32.ts';
import { type View, viewNames, views } from './views.ts';
import { wordsOf } from './vocabulary.ts';
import { type World, worlds } from './world.ts';

const captions = { fewest: 1, place: 0.35, relation: 0.4, placesToo: 0.3 };
const world: World = { ...worlds.mini, maxHops: 1, questions: ['exists', 'count', 'attribute'], captions };

/** Words and marks of the texts of the first units of a view. */
const saidIn = (view: View): Set<string> => {
  const said = new Set<string>();
  for (let unit = 0; unit < 400; unit += 1) {
    const drawn = views[view].draw(world, { seed: seedFor(5, unit), heldOut: 'never', texts: 4, plain: 0.5 });
    const names = drawn.scenes.map((_, place) => `${place}.png`);
    for (const { question, text, caption } of drawn.rows(names, unit)) {
      for (const word of String(question ?? text ?? caption).match(/\w+|[^\w\s]/g)!) said.add(word);
    }
  }
  return said;
};

describe('the words of a world', () => {
  it('are those of the texts of every view, and no others but numbers and answers', () => {
    const said = new Set(viewNames.flatMap((view) => [...saidIn(view)]));
    const known = wordsOf(world);
    expect([...said].filter((word) => !known.includes(word))).toEqual([]);
    expect(known.filter((word) => !said.has(word) && !/^(?:\d+|yes|no)$/.test(word))).toEqual([]);
  });
});
