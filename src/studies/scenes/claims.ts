import { type Phrase, severalOf, singular, withArticle } from './grammar.ts';
import { denoted } from './meaning.ts';
import type { Scene } from './world.ts';

/** Meaning of a statement about two images. */
export type PairClaim =
  | { readonly kind: 'one' | 'more' | 'both' | 'order' | 'same'; readonly phrase: Phrase }
  | { readonly kind: 'total'; readonly phrase: Phrase; readonly number: number };

export const pairClaims = ['one', 'more', 'both', 'order', 'same', 'total'] as const;

const a = (phrase: Phrase): string => withArticle(singular(phrase));

/** `there is exactly 1 red circle`, `there are exactly 2 red circles` */
const exactly = (number: number, phrase: Phrase): string =>
  number === 1 ? `there is exactly 1 ${singular(phrase)}` : `there are exactly ${number} ${severalOf(phrase)}`;

/** Text of a statement about two images, in lower case with a full stop. */
export const pairClaimText = (claim: PairClaim): string => {
  const { phrase } = claim;
  switch (claim.kind) {
    case 'one':
      return `one image has ${a(phrase)} and the other does not.`;
    case 'more':
      return `the left image has more ${severalOf(phrase)} than the right image.`;
    case 'both':
      return `both images contain ${a(phrase)}.`;
    case 'order':
      return `the left image has ${a(phrase)} and the right image has no ${singular(phrase)}.`;
    case 'same':
      return `the images show the same number of ${severalOf(phrase)}.`;
    case 'total':
      return `${exactly(claim.number, phrase)} in the two images together.`;
  }
};

/** Whether a statement is true of a left and a right image. */
export const holdsOfPair = (claim: PairClaim, [left, right]: readonly [Scene, Scene]): boolean => {
  const [here, there] = [denoted(claim.phrase, left).length, denoted(claim.phrase, right).length];
  switch (claim.kind) {
    case 'one':
      return here > 0 !== there > 0;
    case 'more':
      return here > there;
    case 'both':
      return here > 0 && there > 0;
    case 'order':
      return here > 0 && there === 0;
    case 'same':
      return here === there;
    case 'total':
      return here + there === claim.number;
  }
};

/** Meaning of a hypothesis about one image. `every`: whatever matches `phrase` matches `is`, too. */
export type Claim =
  | { readonly kind: 'some' | 'none'; readonly phrase: Phrase }
  | { readonly kind: 'exactly'; readonly phrase: Phrase; readonly number: number }
  | { readonly kind: 'every'; readonly by: 'color' | 'shape'; readonly phrase: Phrase; readonly is: Phrase };

/** Text of a hypothesis, in lower case with a full stop. */
export const claimText = (claim: Claim): string => {
  const { phrase } = claim;
  switch (claim.kind) {
    case 'some':
      return `there is ${a(phrase)}.`;
    case 'none':
      return `there is no ${singular(phrase)}.`;
    case 'exactly':
      return `${exactly(claim.number, phrase)}.`;
    case 'every':
      return claim.by === 'shape'
        ? `every ${singular(phrase)} is ${claim.is.named.color}.`
        : `every ${singular(phrase)} is ${a(claim.is)}.`;
  }
};

/** Whether a hypothesis is true of an image with nothing hidden. Without circles, "every circle is red" is true. */
export const holds = (claim: Claim, scene: Scene): boolean => {
  const things = denoted(claim.phrase, scene);
  switch (claim.kind) {
    case 'some':
      return things.length > 0;
    case 'none':
      return things.length === 0;
    case 'exactly':
      return things.length === claim.number;
    case 'every': {
      const alike = denoted(claim.is, scene);
      return things.every((thing) => alike.includes(thing));
    }
  }
};
