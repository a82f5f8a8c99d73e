import { type Claim, holds } from './claims.ts';
import type { Phrase } from './grammar.ts';
import { type Attribute, attributes, type Scene, type Thing, type World } from './world.ts';

export const truths = ['contradiction', 'entailment', 'neutral'] as const;

/** Label of a hypothesis: true, false, or undecided because of what the crate may hide. */
export type Truth = (typeof truths)[number];

const valuesIn = ({ named, where }: Phrase, name: Attribute): string[] => [
  ...(named[name] === undefined ? [] : [named[name]]),
  ...(where === undefined ? [] : valuesIn(where.of, name)),
];

/** Values of an attribute that a hypothesis distinguishes: those that it names, and one for all others. */
const toldApart = (world: World, claim: Claim, name: Attribute): string[] => {
  const phrases = claim.kind === 'every' ? [claim.phrase, claim.is] : [claim.phrase];
  const said = new Set(phrases.flatMap((phrase) => valuesIn(phrase, name)));
  const other = world.values[name].find((value) => !said.has(value));
  return [...said, ...(other === undefined ? [] : [other])];
};

/** Possible contents of the crate that the hypothesis distinguishes: nothing, or one thing of each appearance. */
const contents = (world: World, claim: Claim, cell: number): (Thing | undefined)[] => {
  const looks = attributes.reduce<Partial<Record<Attribute, string>>[]>(
    (all, name) => toldApart(world, claim, name).flatMap((value) => all.map((look) => ({ ...look, [name]: value }))),
    [{}],
  );
  return [undefined, ...looks.map((look) => ({ ...look, cell, shift: [0, 0] }) as Thing)];
};

/**
 * Label of a hypothesis for a scene: entailment if it is true whatever the crate hides, contradiction if it is false
 * whatever it hides, otherwise neutral. Without a crate it is never neutral.
 */
export const truthOf = (world: World, claim: Claim, scene: Scene): Truth => {
  const { cover, things } = scene;
  if (cover === undefined) return holds(claim, scene) ? 'entailment' : 'contradiction';
  const first = holds(claim, scene);
  for (const hidden of contents(world, claim, cover))
    if (hidden && holds(claim, { ...scene, things: [...things, hidden] }) !== first) return 'neutral';
  return first ? 'entailment' : 'contradiction';
};
