import { below, pick, pickWeighted, type Random, shuffled } from '../mulberry32.ts';
import { type Named, type Phrase, type Question, type Relation, relations } from './grammar.ts';
import { stands } from './meaning.ts';
import {
  type Attribute,
  attributes,
  type QuestionKind,
  type Scene,
  type Thing,
  variableAttributes,
  type World,
} from './world.ts';

/** Specification of a question to draw: its template, the attribute that it asks for, and its number of relations. */
export interface QuestionSpec {
  readonly kind: QuestionKind;
  readonly attribute: Attribute;
  readonly hops: number;
}

/** Weights of the templates: a third each for yes/no, numbers and attributes. */
const KIND_WEIGHT: { readonly [K in QuestionKind]: number } = { exists: 1, more: 1, same: 1, count: 3, attribute: 3 };

/** Weights of the attributes to ask for: colours and shapes have more values. */
const ASKED_WEIGHT: { readonly [A in Attribute]: number } = { color: 2, shape: 2, size: 1, texture: 1 };

export const drawSpec = (random: Random, world: World, hops: number): QuestionSpec => ({
  kind: pickWeighted(random, world.questions, (kind) => KIND_WEIGHT[kind]),
  attribute: pickWeighted(random, variableAttributes(world), (name) => ASKED_WEIGHT[name]),
  hops,
});

/** Source of a question: a scene, and the things in it that its partner scene does not have. */
export interface Source {
  readonly scene: Scene;
  readonly touched: readonly Thing[];
}

/** Probability that a phrase names an attribute of its thing. */
const NAMED: { readonly [A in Attribute]: number } = { size: 0.25, texture: 0.25, color: 0.5, shape: 0.6 };

const only = (thing: Thing, names: readonly Attribute[]): Named =>
  Object.fromEntries(attributes.filter((name) => names.includes(name)).map((name) => [name, thing[name]]));

/** A random selection of a thing's attributes; at least one in the last phrase of a chain. */
const named = (random: Random, thing: Thing, free: readonly Attribute[], isLast: boolean): Named => {
  const names = free.filter((name) => random() < NAMED[name]);
  return only(thing, names.length === 0 && isLast ? [pick(random, free)] : names);
};

const between = (random: Random, a: Thing, b: Thing, grid: number): Relation =>
  pick(
    random,
    relations.filter((relation) => stands(relation, a, b, grid)),
  );

/** A phrase that is true of the first thing of a chain, located relative to the others. */
const describe = (random: Random, chain: readonly Thing[], grid: number, free: readonly Attribute[][]): Phrase => {
  const [thing, ...anchors] = chain as [Thing, ...Thing[]];
  const look = named(random, thing, free[0]!, anchors.length === 0);
  if (anchors.length === 0) return { named: look };
  const of = describe(random, anchors, grid, [free.at(-1)!]);
  return { named: look, where: { relation: between(random, thing, anchors[0]!, grid), of } };
};

/**
 * A chain of different things, with one that the edit changed, if any: so that the two answers are likely to differ.
 */
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

/** A phrase with the given number of relations, whose head may name the attributes in `free`. */
const drawPhrase = (
  random: Random,
  world: World,
  source: Source,
  { hops, free }: { readonly hops: number; readonly free: Attribute[] },
): Phrase | undefined => {
  const chain = drawChain(random, source, hops + 1);
  return chain && describe(random, chain, world.grid, [free, variableAttributes(world)]);
};

/** Attributes that a head may name: not the one asked for; mostly a single one for counts, or they were all 0 and 1. */
const freeOf = (random: Random, world: World, { kind, attribute }: QuestionSpec): Attribute[] => {
  const all = variableAttributes(world);
  if (kind === 'attribute' || kind === 'same') return all.filter((name) => name !== attribute);
  return kind === 'count' && random() < 0.7 ? [pick(random, all)] : all;
};

/** Draws a question about the source scene; undefined where the scene has too few things. */
export const drawQuestion = (
  random: Random,
  world: World,
  source: Source,
  spec: QuestionSpec,
): Question | undefined => {
  const { kind, attribute, hops } = spec;
  const compares = kind === 'more' || kind === 'same';
  const free = freeOf(random, world, spec);
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
