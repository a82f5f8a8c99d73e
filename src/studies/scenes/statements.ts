import { below, mulberry32, pick, type Random, shuffled } from '../mulberry32.ts';
import { holdsOfPair, type PairClaim, pairClaims, sayOfPair } from './claims.ts';
import { drawQuestion } from './draw.ts';
import { editClasses, edited } from './edits.ts';
import { hopsOf, type Phrase } from './grammar.ts';
import { denoted } from './meaning.ts';
import { tellsHeldOut } from './questions.ts';
import { type Attribute, drawScene, type HeldOut, keeps, type Scene, telling, type World } from './world.ts';

/** The picture at the left and the one at the right. */
export type ImagePair = readonly [Scene, Scene];

/** A statement and four pairs of pictures: it is true of two of them, so its words alone say nothing. */
export interface Statement {
  readonly claim: PairClaim;
  readonly text: string;
  readonly hops: number;
  readonly pairs: readonly { readonly images: ImagePair; readonly holds: boolean }[];
}

/** Pairs of each truth. */
const EACH = 2;
/** Edits on the way from the first pair of pictures to the last. */
const STEPS = 60;
/** Statements tried before the world is called too poor. */
const TRIES = 2000;

interface Rule {
  readonly world: World;
  readonly heldOut: HeldOut;
}

/** A phrase of some hops that is true of something in the scene; nothing where the scene has too few things. */
export const drawPhrase = (random: Random, world: World, scene: Scene, hops: number): Phrase | undefined => {
  const attribute: Attribute = pick(random, telling(world));
  return drawQuestion(random, world, { scene, touched: [] }, { kind: 'exists', attribute, hops })?.phrase;
};

/** Drawn once, so that kinds which few pictures fit are as frequent as the others. */
interface Wanted {
  readonly kind: PairClaim['kind'];
  readonly hops: number;
}

const drawClaim = (
  random: Random,
  { world, heldOut }: Rule,
  { kind, hops }: Wanted,
  pair: ImagePair,
): PairClaim | undefined => {
  const phrase = drawPhrase(random, world, pick(random, pair), hops);
  if (phrase === undefined) return undefined;
  if (heldOut === 'always' && !pair.some((scene) => tellsHeldOut(world, phrase, scene))) return undefined;
  if (kind !== 'total') return { kind, phrase };
  const number = pair.reduce((sum, scene) => sum + denoted(phrase, scene).length, 0);
  return { kind, phrase, number };
};

/** One picture of the pair edited, or both exchanged; nothing where the edit breaks the split's rule. */
const step = (random: Random, { world, heldOut }: Rule, [left, right]: ImagePair): ImagePair | undefined => {
  if (random() < 0.25) return [right, left];
  const isLeft = random() < 0.5;
  const next = edited(random, world, isLeft ? left : right, pick(random, editClasses));
  if (next === undefined || !keeps(world, next, heldOut)) return undefined;
  return isLeft ? [next, right] : [left, next];
};

/** Two pairs of each truth on one walk of small edits, or nothing where the walk did not meet them. */
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

/** A statement with its pictures, by its seed alone. @throws Error where the world is too poor for one. */
export const drawStatement = (
  world: World,
  { seed, heldOut }: { readonly seed: number; readonly heldOut: HeldOut },
): Statement => {
  const random = mulberry32(seed);
  const rule = { world, heldOut };
  const wanted = { kind: pick(random, pairClaims), hops: below(random, world.maxHops + 1) };
  for (let left = TRIES; left > 0; left -= 1) {
    const first = [drawScene(random, world, heldOut), drawScene(random, world, heldOut)] as const;
    const claim = drawClaim(random, rule, wanted, first);
    const pairs = claim && walk(random, rule, claim, first);
    if (claim && pairs) return { claim, text: sayOfPair(claim), hops: hopsOf(claim.phrase), pairs };
  }
  throw new Error(
    `drawStatement: world ${world.name} has no statement of the kind ${wanted.kind} after ${TRIES} tries: give it more objects`,
  );
};
