import type { Attribute, Look } from './world.ts';

export const relations = ['left of', 'right of', 'above', 'below', 'next to'] as const;
export type Relation = (typeof relations)[number];

/** What a phrase says of a thing's look; what it leaves out may be anything. */
export type Named = { readonly [A in Attribute]?: Look[A] };

/** A noun phrase: a look, and where it stands to something else, which is a phrase again. */
export interface Phrase {
  readonly named: Named;
  readonly where?: { readonly relation: Relation; readonly of: Phrase } | undefined;
}

/** A question before it is put into words. */
export type Question =
  | { readonly kind: 'exists' | 'count'; readonly phrase: Phrase }
  | { readonly kind: 'attribute'; readonly attribute: Attribute; readonly phrase: Phrase }
  | { readonly kind: 'more'; readonly phrase: Phrase; readonly than: Phrase }
  | { readonly kind: 'same'; readonly attribute: Attribute; readonly phrase: Phrase; readonly as: Phrase };

/** The phrases a question is made of, outermost only. */
export const phrasesOf = (question: Question): readonly Phrase[] => {
  if (question.kind === 'more') return [question.phrase, question.than];
  if (question.kind === 'same') return [question.phrase, question.as];
  return [question.phrase];
};

/** How many relations a phrase chains. */
export const hopsOf = (phrase: Phrase): number => (phrase.where === undefined ? 0 : 1 + hopsOf(phrase.where.of));

/** How many relations a question chains, over all its phrases. */
export const hopsIn = (question: Question): number =>
  phrasesOf(question).reduce((sum, phrase) => sum + hopsOf(phrase), 0);

/** `circles`, `crosses` */
export const plural = (noun: string): string => (noun === 'cross' ? 'crosses' : `${noun}s`);

const look = ({ size, texture, color }: Named, noun: string): string =>
  [size, texture, color, noun].filter((word) => word !== undefined).join(' ');

/** `red circle`, or `red shape` where no shape is named. */
const one = (named: Named): string => look(named, named.shape ?? 'shape');

const many = (named: Named): string => look(named, plural(named.shape ?? 'shape'));

/** `a` or `an` before it. */
export const withArticle = (words: string): string => `${/^[aeiou]/.test(words) ? 'an' : 'a'} ${words}`;

const place = (phrase: Phrase): string =>
  phrase.where === undefined ? '' : `${phrase.where.relation} ${withArticle(singular(phrase.where.of))}`;

/** `red circle that is left of a blue square that is above a ring` */
export const singular = (phrase: Phrase): string =>
  phrase.where === undefined ? one(phrase.named) : `${one(phrase.named)} that is ${place(phrase)}`;

/** `red circles that are left of a blue square` */
export const severalOf = (phrase: Phrase): string =>
  phrase.where === undefined ? many(phrase.named) : `${many(phrase.named)} that are ${place(phrase)}`;

/** A question in words, in lower case and with its question mark. */
export const say = (question: Question): string => {
  const { phrase } = question;
  switch (question.kind) {
    case 'exists':
      return `is there ${withArticle(singular(phrase))}?`;
    case 'count':
      return `how many ${many(phrase.named)} are ${phrase.where === undefined ? 'there' : place(phrase)}?`;
    case 'attribute':
      return `what ${question.attribute} is the ${singular(phrase)}?`;
    case 'more':
      return `are there more ${severalOf(phrase)} than ${severalOf(question.than)}?`;
    case 'same':
      return `is the ${singular(phrase)} the same ${question.attribute} as the ${singular(question.as)}?`;
  }
};
