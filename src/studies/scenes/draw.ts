import { below, pick, pickWeighted, type Random, shuffled } from '../mulberry32.ts';
import { type Named, type Phrase, type Question, type Relation, relations } from './grammar.ts';
import { stands } from './meaning.ts';
import { type Attribute, attributes, type QuestionKind, type Scene, type Thing, telling, type World } from './world.ts';

/** Which question is wanted: its template, what it asks for, and how many relations it chains. */
export interface Wanted {
  readonly kind: QuestionKind;
  readonly attribute: Attribute;
  readonly hops: number;
}

/** Yes and no, numbers and attributes each get a third of the questions. */
const KIND_WEIGHT: { readonly [K in QuestionKind]: number } = { exists: 1, more: 1, same: 1, count: 3, attribute: 3 };

/** Colours and shapes have many values and tell more. */
const ASKED_WEIGHT: { readonly [A in Attribute]: number } = { color: 2, shape: 2, size: 1, texture: 1 };

export const drawWanted = (random: Random, world: World, hops: number): Wanted => ({
  kind: pickWeighted(random, world.questions, (kind) => KIND_WEIGHT[kind]),
  attribute: pickWeighted(random, telling(world), (name) => ASKED_WEIGHT[name]),
  hops,
});

/** Where questions are drawn from: a scene, and the things in it that its partner does not have. */
export interface Source {
  readonly scene: Scene;
  readonly touched: readonly Thing[];
}

/** How often a phrase names an attribute of its thing. */
const NAMED: { readonly [A in Attribute]: number } = { size: 0.25, texture: 0.25, color: 0.5, shape: 0.6 };

const only = (thing: Thing, names: readonly Attribute[]): Named =>
  Object.fromEntries(attributes.filter((name) => names.includes(name)).map((name) => [name, thing[name]]));

/** Some of a thing's attributes; at least one where nothing else tells the thing. */
const named = (random: Random, thing: Thing, free: readonly Attribute[], isLast: boolean): Named => {
  const names = free.filter((name) => random() < NAMED[name]);
  return only(thing, names.length === 0 && isLast ? [pick(random, free)] : names);
};

const between = (random: Random, a: Thing, b: Thing, grid: number): Relation =>
  pick(
    random,
    relations.filter((relation) => stands(relation, a, b, grid)),
  );

/** A phrase that is true of the first thing of a chain, told by the others. */
const describe = (random: Random, chain: readonly Thing[], grid: number, free: readonly Attribute[][]): Phrase => {
  const [thing, ...anchors] = chain as [Thing, ...Thing[]];
  const look = named(random, thing, free[0]!, anchors.length === 0);
  if (anchors.length === 0) return { named: look };
  const of = describe(random, anchors, grid, [free.at(-1)!]);
  return { named: look, where: { relation: between(random, thing, anchors[0]!, grid), of } };
};

/** A chain of different things, one of them touched by the edit if any is, for there the two answers part. */
const drawChain = (random: Random, { scene, touched }: Source, length: number): Thing[] | undefined => {
  if (scene.things.length < length) return undefined;
  if (touched.length === 0) return shuffled(random, scene.things).slice(0, length);
  const key = pick(random, touched);
  const others = shuffled(
    random,
    scene.things.filter((thing) => thing !== key),
  ).slice(0, length - 1);
  others.splice(below(random, length), 0, key);
  return others;
};

/** A phrase with so many hops, whose head may name the attributes in `free`. */
const drawPhrase = (
  random: Random,
  world: World,
  source: Source,
  { hops, free }: { readonly hops: number; readonly free: Attribute[] },
): Phrase | undefined => {
  const chain = drawChain(random, source, hops + 1);
  return chain && describe(random, chain, world.grid, [free, telling(world)]);
};

/** What a head may name: not what is asked for; and one attribute where things are counted, or all counts were 0 and 1. */
const freeOf = (random: Random, world: World, { kind, attribute }: Wanted): Attribute[] => {
  const all = telling(world);
  if (kind === 'attribute' || kind === 'same') return all.filter((name) => name !== attribute);
  return kind === 'count' && random() < 0.7 ? [pick(random, all)] : all;
};

/** A question drawn from what is there, true of the source scene; nothing where the scene has too few things. */
export const drawQuestion = (random: Random, world: World, source: Source, wanted: Wanted): Question | undefined => {
  const { kind, attribute, hops } = wanted;
  const compares = kind === 'more' || kind === 'same';
  const free = freeOf(random, world, wanted);
  const own = compares ? below(random, hops + 1) : hops;
  const phrase = drawPhrase(random, world, source, { hops: own, free });
  if (phrase === undefined) return undefined;
  if (kind === 'attribute') return { kind, attribute, phrase };
  if (kind === 'exists' || kind === 'count') return { kind, phrase };
  const other = drawPhrase(random, world, { ...source, touched: [] }, { hops: hops - own, free });
  if (other === undefined) return undefined;
  const [first, second] = shuffled(random, [phrase, other]) as [Phrase, Phrase];
  return kind === 'more' ? { kind, phrase: first, than: second } : { kind, attribute, phrase: first, as: second };
};
