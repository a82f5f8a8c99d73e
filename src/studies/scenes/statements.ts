import { below, mulberry32, pick, type Random, shuffled } from '../mulberry32.ts';
import { holdsOfPair, type PairClaim, pairClaims, pairClaimText } from './claims.ts';
import { drawQuestion } from './draw.ts';
import { editClasses, edited } from './edits.ts';
import { hopsOf, type Phrase } from './grammar.ts';
import { denoted } from './meaning.ts';
import { denotesHeldOut } from './questions.ts';
import {
  type Attribute,
  drawScene,
  type HeldOut,
  obeysSplit,
  type Scene,
  variableAttributes,
  type World,
} from './world.ts';

/** The left and the right image. */
export type ImagePair = readonly [Scene, Scene];

/** A statement with four pairs of images; it is true of two, so that the text alone does not predict the answer. */
export interface Statement {
  readonly claim: PairClaim;
  readonly text: string;
  readonly hops: number;
  readonly pairs: readonly { readonly images: ImagePair; readonly holds: boolean }[];
}

/** Number of pairs with each answer. */
const EACH = 2;
/** Maximum number of edits between the first pair of images and the last. */
const STEPS = 60;
/** Attempts before an error. */
const TRIES = 2000;

interface Rule {
  readonly world: World;
  readonly heldOut: HeldOut;
}

/** Draws a phrase with a number of relations that denotes something in the scene; undefined with too few things. */
export const drawPhrase = (random: Random, world: World, scene: Scene, hops: number): Phrase | undefined => {
  const attribute: Attribute = pick(random, variableAttributes(world));
  return drawQuestion(random, world, { scene, touched: [] }, { kind: 'exists', attribute, hops })?.phrase;
};

/** Specification of a statement. It is drawn once, so that kinds that few images fit are as frequent as the others. */
interface ClaimSpec {
  readonly kind: PairClaim['kind'];
  readonly hops: number;
}

const drawClaim = (
  random: Random,
  { world, heldOut }: Rule,
  { kind, hops }: ClaimSpec,
  pair: ImagePair,
): PairClaim | undefined => {
  const phrase = drawPhrase(random, world, pick(random, pair), hops);
  if (phrase === undefined) return undefined;
  if (heldOut === 'always' && !pair.some((scene) => denotesHeldOut(world, phrase, scene))) return undefined;
  if (kind !== 'total') return { kind, phrase };
  const number = pair.reduce((sum, scene) => sum + denoted(phrase, scene).length, 0);
  return { kind, phrase, number };
};

/** The pair with one image edited, or both swapped; undefined where the edit breaks the rule of the split. */
const step = (random: Random, { world, heldOut }: Rule, [left, right]: ImagePair): ImagePair | undefined => {
  if (random() < 0.25) return [right, left];
  const isLeft = random() < 0.5;
  const next = edited(random, world, isLeft ? left : right, pick(random, editClasses));
  if (next === undefined || !obeysSplit(world, next, heldOut)) return undefined;
  return isLeft ? [next, right] : [left, next];
};

/** Two pairs with each answer along a random walk of edits; undefined where they were not found. */
const walk = (random: Random, rule: Rule, claim: PairClaim, first: ImagePair): Statement['pairs'] | undefined => {
  const met: { images: ImagePair; holds: boolean }[] = [];
  let images = first;
  for (let left = STEPS; left > 0; left -= 1) {
    const holds = holdsOfPair(claim, images);
    const isNew = met.every((one) => one.images[0] !== images[0] || one.images[1] !== images[1]);
    if (isNew && met.filter((one) => one.holds === holds).length < EACH) met.push({ images, holds });
    if (met.length === 2 * EACH) return shuffled(random, met);
    images = step(random, rule, images) ?? images;
  }
  return undefined;
};

/**
 * Draws a statement with its images.
 *
 * @throws Error where the world has too few objects for one.
 */
export const drawStatement = (
  world: World,
  { seed, heldOut }: { readonly seed: number; readonly heldOut: HeldOut },
): Statement => {
  const random = mulberry32(seed);
  const rule = { world, heldOut };
  const spec = { kind: pick(random, pairClaims), hops: below(random, world.maxHops + 1) };
  for (let left = TRIES; left > 0; left -= 1) {
    const first = [drawScene(random, world, heldOut), drawScene(random, world, heldOut)] as const;
    const claim = drawClaim(random, rule, spec, first);
    const pairs = claim && walk(random, rule, claim, first);
    if (claim && pairs) return { claim, text: pairClaimText(claim), hops: hopsOf(claim.phrase), pairs };
  }
  throw new Error(
    `drawStatement: world ${world.name} has no statement of the kind ${spec.kind} after ${TRIES} tries: give it more objects`,
  );
};
