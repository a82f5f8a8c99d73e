import { below, mulberry32, pick, type Random, shuffled } from '../mulberry32.ts';
import { type Claim, claimText, holds } from './claims.ts';
import { editClasses, edited } from './edits.ts';
import { hopsOf } from './grammar.ts';
import { denoted } from './meaning.ts';
import { denotesHeldOut } from './questions.ts';
import { drawPhrase } from './statements.ts';
import { type Truth, truthOf, truths } from './truth.ts';
import { drawScene, emptyCells, type HeldOut, obeysSplit, type Scene, type World } from './world.ts';

/** A hypothesis with three images, one of each label, so that the text alone does not predict the label. */
export interface Hypothesis {
  readonly claim: Claim;
  readonly text: string;
  readonly hops: number;
  readonly pictures: readonly { readonly scene: Scene; readonly truth: Truth }[];
}

interface Options {
  readonly seed: number;
  readonly heldOut: HeldOut;
}

/** Probability that an image that is not neutral has no crate: low, or the crate alone would predict `neutral`. */
const UNCOVERED = 0.12;
/** Maximum number of edits between the first image and the last. */
const STEPS = 50;
/** Attempts before an error. */
const TRIES = 5000;

/** The labels whose image has no crate; a neutral image always has one. */
type Open = ReadonlySet<Truth>;

/**
 * Draws the labels whose image has no crate. Without relations a crate can hide an instance of anything, so some labels
 * are impossible with one; with relations its place limits what the hidden thing can be.
 */
const drawOpen = (random: Random, world: World): Open => {
  if (world.maxHops === 0) return new Set([pick(random, ['entailment', 'contradiction'] as const)]);
  return new Set((['entailment', 'contradiction'] as const).filter(() => random() < UNCOVERED));
};

/** Specification of a hypothesis. It is drawn once, so that kinds that few images fit are as frequent as the others. */
interface ClaimSpec {
  readonly kind: Claim['kind'];
  readonly hops: number;
}

const drawSpec = (random: Random, world: World, open: Open): ClaimSpec => {
  const fewest = open.size === 0 ? 1 : 0;
  const hops = fewest + below(random, world.maxHops + 1 - fewest);
  return { hops, kind: pick(random, hops === 0 ? kindsOf(open) : kinds) };
};

const drawClaim = (random: Random, world: World, scene: Scene, { kind, hops }: ClaimSpec): Claim | undefined => {
  if (kind === 'every') return drawEvery(random, scene);
  const phrase = drawPhrase(random, world, scene, hops);
  if (phrase === undefined) return undefined;
  return kind === 'exactly' ? { kind, phrase, number: denoted(phrase, scene).length } : { kind, phrase };
};

const kinds = ['some', 'none', 'exactly'] as const;

/** Kinds of hypotheses without relations that can have the labels of images with and without a crate. */
const kindsOf = (open: Open): readonly Claim['kind'][] => [
  ...(open.has('contradiction') ? (['some'] as const) : []),
  ...(open.has('entailment') ? (['none', 'exactly', 'every'] as const) : []),
];

const drawEvery = (random: Random, { things }: Scene): Claim => {
  const by = pick(random, ['color', 'shape'] as const);
  const { color, shape } = pick(random, things);
  const [ofColor, ofShape] = [{ named: { color } }, { named: { shape } }];
  return by === 'shape'
    ? { kind: 'every', by, phrase: ofShape, is: ofColor }
    : { kind: 'every', by, phrase: ofColor, is: ofShape };
};

/** An image of each label along a random walk of edits; undefined where one was not found. */
const walk = (
  random: Random,
  { world, heldOut, open }: { readonly world: World; readonly heldOut: HeldOut; readonly open: Open },
  claim: Claim,
  first: Scene,
): Hypothesis['pictures'] | undefined => {
  const met = new Map<Truth, Scene>();
  let scene = first;
  for (let left = STEPS; left > 0 && met.size < truths.length; left -= 1) {
    const certain = holds(claim, scene) ? 'entailment' : 'contradiction';
    if (open.has(certain) && !met.has(certain)) met.set(certain, withoutCrate(scene));
    else if (!met.has(certain) || !met.has('neutral')) {
      const truth = truthOf(world, claim, scene);
      if (!met.has(truth) && !open.has(truth)) met.set(truth, scene);
    }
    const next = edited(random, world, scene, pick(random, editClasses));
    if (next && obeysSplit(world, next, heldOut)) scene = next;
  }
  if (met.size < truths.length) return undefined;
  return shuffled(random, [...met]).map(([truth, found]) => ({ truth, scene: found }));
};

const withoutCrate = ({ cover: _, ...scene }: Scene): Scene => scene;

/**
 * Draws a hypothesis with its images.
 *
 * @throws Error where the world has too few objects for one.
 */
export const drawHypothesis = (world: World, { seed, heldOut }: Options): Hypothesis => {
  const random = mulberry32(seed);
  const open = drawOpen(random, world);
  const spec = drawSpec(random, world, open);
  for (let left = TRIES; left > 0; left -= 1) {
    const drawn = drawScene(random, world, heldOut);
    const first = { ...drawn, cover: pick(random, emptyCells(drawn)) };
    const claim = drawClaim(random, world, first, spec);
    if (claim === undefined || (heldOut === 'always' && !denotesHeldOut(world, claim.phrase, first))) continue;
    const pictures = walk(random, { world, heldOut, open }, claim, first);
    if (pictures) return { claim, text: claimText(claim), hops: hopsOf(claim.phrase), pictures };
  }
  throw new Error(
    `drawHypothesis: world ${world.name} has no hypothesis of the kind ${spec.kind} after ${TRIES} tries: give it more objects`,
  );
};
