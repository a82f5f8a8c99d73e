import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seedFor } from '../mulberry32.ts';
import { hopsIn, phrasesOf, questionText } from './grammar.ts';
import { answerTo, referent } from './meaning.ts';
import { type Asked, drawPair, type ScenePair } from './questions.ts';
import { answersOf, vocabularyOf } from './vocabulary.ts';
import { attributes, type HeldOut, isHeldOut, obeysSplit, type Scene, type World, worlds } from './world.ts';

const drawn = (world: World, count: number, { heldOut = 'never' as HeldOut, questions = 1 } = {}): ScenePair[] =>
  Array.from({ length: count }, (_, at) => drawPair(world, { seed: seedFor(11, at), heldOut, questions }));

const share = <T>(items: readonly T[], holds: (item: T) => boolean): number =>
  items.filter(holds).length / items.length;

/** Accuracy of the most frequent answer for each value of `key`. */
const prior = (pairs: readonly ScenePair[], key: (asked: Asked) => string): number => {
  const counts = new Map<string, Map<string, number>>();
  const asked = pairs.flatMap((pair) => pair.asked);
  for (const one of asked)
    for (const answer of one.answers) {
      const of = counts.get(key(one)) ?? new Map<string, number>();
      counts.set(key(one), of.set(answer, (of.get(answer) ?? 0) + 1));
    }
  const right = [...counts.values()].reduce((sum, of) => sum + Math.max(...of.values()), 0);
  return right / (2 * asked.length);
};

const looksIn = (scene: Scene): string =>
  scene.things
    .map((thing) => attributes.map((name) => thing[name]).join(' '))
    .sort()
    .join();
const histogramOf = (scene: Scene): string =>
  attributes
    .map((name) =>
      scene.things
        .map((thing) => thing[name])
        .sort()
        .join(),
    )
    .join();
const agree = (of: (scene: Scene) => string) => (pair: ScenePair) => of(pair.scenes[0]) === of(pair.scenes[1]);

const percent = (value: number): string => `${(100 * value).toFixed(1)} %`;

describe.each([worlds.mini, worlds.full])('in the $name world', (world) => {
  const pairs = drawn(world, 500);
  const crowded = drawn(world, 150, { questions: 4 });
  const all = [...pairs, ...crowded];

  test('the two pictures of every question have different answers, and the answers are true', () => {
    for (const { scenes, asked } of all)
      for (const { question, answers, text, hops } of asked) {
        expect(answers).toEqual(scenes.map((scene) => answerTo(question, scene)));
        expect(answers[0]).not.toBe(answers[1]);
        expect(text).toBe(questionText(question));
        expect(hops).toBe(hopsIn(question));
        expect(hops).toBeLessThanOrEqual(world.maxHops);
      }
  });

  test('"the" always has exactly one referent, in both pictures', () => {
    const unique = all.flatMap(({ scenes, asked }) =>
      asked
        .filter(({ question }) => question.kind === 'attribute' || question.kind === 'same')
        .flatMap(({ question }) =>
          phrasesOf(question).flatMap((phrase) => scenes.map((scene) => referent(phrase, scene))),
        ),
    );
    expect(unique.length).toBeGreaterThan(400);
    expect(unique).not.toContain(undefined);
  });

  test('most chained questions can be told by places alone, and attributes are counted equal in most', () => {
    const chained = pairs.filter(({ asked }) => asked[0]!.hops > 0);
    const places = share(chained, agree(looksIn));
    const histograms = share(chained, agree(histogramOf));
    console.log(`${world.name}: same things ${percent(places)}, same histograms ${percent(histograms)}`);
    expect(chained.length).toBeGreaterThan(300);
    expect(places).toBeGreaterThan(0.45);
    expect(histograms).toBeGreaterThan(0.7);
  });

  test('a question alone is answered right at most half the time', () => {
    const priors = [() => '', ({ question }: Asked) => question.kind, ({ text }: Asked) => text].map((key) =>
      prior(all, key),
    );
    console.log(`${world.name}: priors of all, of the kind, of the question: ${priors.map(percent).join(', ')}`);
    expect(priors[0]).toBeLessThan(0.25);
    expect(priors[1]).toBeLessThan(0.4);
    expect(priors[2]).toBeLessThanOrEqual(0.5);
  });

  test('held-out looks never occur in training and always in test-comp, where the questions are about them', () => {
    for (const { scenes } of all) for (const scene of scenes) expect(obeysSplit(world, scene, 'never')).toBe(true);
    for (const { scenes } of drawn(world, 100, { heldOut: 'always' }))
      for (const scene of scenes) expect(scene.things.some((thing) => isHeldOut(world, thing))).toBe(true);
    const said = all.flatMap(({ asked }) => asked.map(({ text }) => text)).join(' ');
    for (const [place, shape] of world.values.shape.entries())
      expect(said).not.toContain(`${world.values.color[place]} ${shape}`);
  });

  test('several questions share two pictures, no two the same', () => {
    const sizes = crowded.map(({ asked }) => asked.length);
    for (const { asked } of crowded) expect(new Set(asked.map(({ text }) => text)).size).toBe(asked.length);
    expect(Math.max(...sizes)).toBe(4);
    expect(sizes.reduce((sum, size) => sum + size, 0) / sizes.length).toBeGreaterThan(2.5);
  });

  test('the vocabulary has every word that is said and no other, the answer list every answer', () => {
    const many = [...all, ...drawn(world, 150, { heldOut: 'always', questions: 3 })].flatMap(({ asked }) => asked);
    const said = new Set(many.flatMap(({ text, answers }) => [...text.replace('?', ' ?').split(' '), ...answers]));
    expect([...said].filter((word) => !vocabularyOf(world).includes(word))).toEqual([]);
    expect(vocabularyOf(world).filter((word) => !said.has(word) && !/^\d$/.test(word))).toEqual([]);
    const answers = new Set(many.flatMap((one) => one.answers));
    expect([...answers].filter((answer) => !answersOf(world).includes(answer))).toEqual([]);
  });

  test('things keep to cells of their own', () => {
    for (const { scenes } of all)
      for (const { things } of scenes) {
        expect(new Set(things.map(({ cell }) => cell)).size).toBe(things.length);
        expect(things.length).toBeGreaterThanOrEqual(world.objects.fewest);
        expect(things.length).toBeLessThanOrEqual(world.objects.most);
      }
  });
});

test('the full world has 30 answers', () => {
  expect(answersOf(worlds.full)).toHaveLength(30);
});

test('a world can be made easier: no relations, one template, fewer objects', () => {
  const easy: World = { ...worlds.mini, maxHops: 0, questions: ['count'], objects: { fewest: 1, most: 3 } };
  const kinds = drawn(easy, 50).map(({ asked, edit }) => [asked[0]!.question.kind, asked[0]!.hops, edit === 'place']);
  expect(new Set(kinds.map(String))).toEqual(new Set(['count,0,false']));
  expect(vocabularyOf(easy)).not.toContain('left');
});

test('a world that is too poor for its questions says so', () => {
  const poor: World = { ...worlds.mini, maxHops: 1, objects: { fewest: 1, most: 1 }, questions: ['same'] };
  expect(() => drawn(poor, 3)).toThrow('drawPair: world mini has no same question');
});

test('a pair follows from its seed alone', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.constantFrom(worlds.mini, worlds.full), (seed, world) => {
      const options = { seed, heldOut: 'never', questions: 2 } as const;
      expect(drawPair(world, options)).toEqual(drawPair(world, options));
    }),
    { numRuns: 20 },
  );
});
