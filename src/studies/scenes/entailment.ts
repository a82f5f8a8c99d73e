import { below, mulberry32, pick, type Random, shuffled } from '../mulberry32.ts';
import { type Claim, holds, sayOf } from './claims.ts';
import { type Truth, truthOf, truths } from './covered.ts';
import { editClasses, edited } from './edits.ts';
import { hopsOf } from './grammar.ts';
import { denoted } from './meaning.ts';
import { tellsHeldOut } from './questions.ts';
import { drawPhrase } from './statements.ts';
import { drawScene, emptyCells, type HeldOut, keeps, type Scene, type World } from './world.ts';

/** A hypothesis and three pictures, one of each truth, so that its words alone say nothing. */
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

/** How often a picture that is not neutral has no crate: more, and the crate would tell neutral from the rest. */
const UNCOVERED = 0.12;
/** Edits on the way from the first picture to the last. */
const STEPS = 50;
/** Hypotheses tried before the world is called too poor. */
const TRIES = 5000;

/** The truths whose picture has no crate; a neutral picture always has one. */
type Open = ReadonlySet<Truth>;

/**
 * Without relations a crate can hide an instance of anything, so nothing is ruled out: such hypotheses, and those about
 * every thing, need a picture without a crate. With relations its place decides what it can matter for.
 */
const drawOpen = (random: Random, world: World): Open => {
  if (world.maxHops === 0) return new Set([pick(random, ['entailment', 'contradiction'] as const)]);
  return new Set((['entailment', 'contradiction'] as const).filter(() => random() < UNCOVERED));
};

/** Drawn once, so that kinds which few pictures fit are as frequent as the others. */
interface Wanted {
  readonly kind: Claim['kind'];
  readonly hops: number;
}

const drawWanted = (random: Random, world: World, open: Open): Wanted => {
  const fewest = open.size === 0 ? 1 : 0;
  const hops = fewest + below(random, world.maxHops + 1 - fewest);
  return { hops, kind: pick(random, hops === 0 ? kindsOf(open) : kinds) };
};

const drawClaim = (random: Random, world: World, scene: Scene, { kind, hops }: Wanted): Claim | undefined => {
  if (kind === 'every') return drawEvery(random, scene);
  const phrase = drawPhrase(random, world, scene, hops);
  if (phrase === undefined) return undefined;
  return kind === 'exactly' ? { kind, phrase, number: denoted(phrase, scene).length } : { kind, phrase };
};

const kinds = ['some', 'none', 'exactly'] as const;

/** Of hypotheses without relations, a crate leaves open that there is something, and that there is no more. */
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

/** A picture of each truth on one walk of small edits, or nothing where the walk did not meet them. */
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
    if (next && keeps(world, next, heldOut)) scene = next;
  }
  if (met.size < truths.length) return undefined;
  return shuffled(random, [...met]).map(([truth, found]) => ({ truth, scene: found }));
};

const withoutCrate = ({ cover: _, ...scene }: Scene): Scene => scene;

/** A hypothesis with its pictures, by its seed alone. @throws Error where the world is too poor for one. */
export const drawHypothesis = (world: World, { seed, heldOut }: Options): Hypothesis => {
  const random = mulberry32(seed);
  const open = drawOpen(random, world);
  const wanted = drawWanted(random, world, open);
  for (let left = TRIES; left > 0; left -= 1) {
    const drawn = drawScene(random, world, heldOut);
    const first = { ...drawn, cover: pick(random, emptyCells(drawn)) };
    const claim = drawClaim(random, world, first, wanted);
    if (claim === undefined || (heldOut === 'always' && !tellsHeldOut(world, claim.phrase, first))) continue;
    const pictures = walk(random, { world, heldOut, open }, claim, first);
    if (pictures) return { claim, text: sayOf(claim), hops: hopsOf(claim.phrase), pictures };
  }
  throw new Error(
    `drawHypothesis: world ${world.name} has no hypothesis of the kind ${wanted.kind} after ${TRIES} tries: give it more objects`,
  );
};
