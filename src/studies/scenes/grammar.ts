import type { Attribute, Look } from './world.ts';

export const relations = ['left of', 'right of', 'above', 'below', 'next to'] as const;
export type Relation = (typeof relations)[number];

/** Attributes that a phrase names; others may have any value. */
export type Named = { readonly [A in Attribute]?: Look[A] };

/** Meaning of a noun phrase: attributes, and a relation to another phrase. */
export interface Phrase {
  readonly named: Named;
  readonly where?: { readonly relation: Relation; readonly of: Phrase } | undefined;
}

/** Meaning of a question. */
export type Question =
  | { readonly kind: 'exists' | 'count'; readonly phrase: Phrase }
  | { readonly kind: 'attribute'; readonly attribute: Attribute; readonly phrase: Phrase }
  | { readonly kind: 'more'; readonly phrase: Phrase; readonly than: Phrase }
  | { readonly kind: 'same'; readonly attribute: Attribute; readonly phrase: Phrase; readonly as: Phrase };

/** The outermost phrases of a question. */
export const phrasesOf = (question: Question): readonly Phrase[] => {
  if (question.kind === 'more') return [question.phrase, question.than];
  if (question.kind === 'same') return [question.phrase, question.as];
  return [question.phrase];
};

/** Number of relations in a phrase. */
export const hopsOf = (phrase: Phrase): number => (phrase.where === undefined ? 0 : 1 + hopsOf(phrase.where.of));

/** Number of relations in all phrases of a question. */
export const hopsIn = (question: Question): number =>
  phrasesOf(question).reduce((sum, phrase) => sum + hopsOf(phrase), 0);

/** `circles`, `crosses` */
export const plural = (noun: string): string => (noun === 'cross' ? 'crosses' : `${noun}s`);

const look = ({ size, texture, color }: Named, noun: string): string =>
  [size, texture, color, noun].filter((word) => word !== undefined).join(' ');

/** `red circle`, or `red shape` where no shape is named. */
const one = (named: Named): string => look(named, named.shape ?? 'shape');

const many = (named: Named): string => look(named, plural(named.shape ?? 'shape'));

/** The words with `a` or `an`. */
export const withArticle = (words: string): string => `${/^[aeiou]/.test(words) ? 'an' : 'a'} ${words}`;

const place = (phrase: Phrase): string =>
  phrase.where === undefined ? '' : `${phrase.where.relation} ${withArticle(singular(phrase.where.of))}`;

/** `red circle that is left of a blue square that is above a ring` */
export const singular = (phrase: Phrase): string =>
  phrase.where === undefined ? one(phrase.named) : `${one(phrase.named)} that is ${place(phrase)}`;

/** `red circles that are left of a blue square` */
export const severalOf = (phrase: Phrase): string =>
  phrase.where === undefined ? many(phrase.named) : `${many(phrase.named)} that are ${place(phrase)}`;

/** Text of a question, in lower case with a question mark. */
export const questionText = (question: Question): string => {
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
