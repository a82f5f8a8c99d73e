import type { Phrase, Question, Relation } from './grammar.ts';
import { attributes, type Scene, type Thing } from './world.ts';

/** Largest number that is an answer. */
export const MOST_COUNTED = 6;

/** Whether `a` has the relation to `b`, by their rows and columns of cells alone. */
export const stands = (relation: Relation, a: Thing, b: Thing, grid: number): boolean => {
  const right = (a.cell % grid) - (b.cell % grid);
  const down = Math.floor(a.cell / grid) - Math.floor(b.cell / grid);
  switch (relation) {
    case 'left of':
      return right < 0;
    case 'right of':
      return right > 0;
    case 'above':
      return down < 0;
    case 'below':
      return down > 0;
    case 'next to':
      return Math.abs(right) + Math.abs(down) === 1;
  }
};

/** The things that a phrase denotes. */
export const denoted = (phrase: Phrase, scene: Scene): Thing[] => {
  const { named, where } = phrase;
  const alike = scene.things.filter((thing) =>
    attributes.every((name) => named[name] === undefined || named[name] === thing[name]),
  );
  if (where === undefined || alike.length === 0) return alike;
  const anchors = denoted(where.of, scene);
  return alike.filter((thing) => anchors.some((anchor) => stands(where.relation, thing, anchor, scene.grid)));
};

/** The thing that a definite phrase ("the …") refers to; undefined where it denotes none or several. */
export const referent = (phrase: Phrase, scene: Scene): Thing | undefined => {
  const things = denoted(phrase, scene);
  return things.length === 1 ? things[0] : undefined;
};

const yesNo = (holds: boolean): string => (holds ? 'yes' : 'no');

/**
 * The answer to a question; undefined where there is none: a definite phrase without exactly one referent, a comparison
 * of a thing with itself, a count over six.
 */
export const answerTo = (question: Question, scene: Scene): string | undefined => {
  const count = denoted(question.phrase, scene).length;
  switch (question.kind) {
    case 'exists':
      return yesNo(count > 0);
    case 'count':
      return count > MOST_COUNTED ? undefined : String(count);
    case 'attribute':
      return referent(question.phrase, scene)?.[question.attribute];
    case 'more':
      return yesNo(count > denoted(question.than, scene).length);
    case 'same': {
      const [thing, other] = [referent(question.phrase, scene), referent(question.as, scene)];
      if (thing === undefined || other === undefined || thing === other) return undefined;
      return yesNo(thing[question.attribute] === other[question.attribute]);
    }
  }
};
