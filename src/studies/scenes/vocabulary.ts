import { plural, relations, withArticle } from './grammar.ts';
import { MOST_COUNTED } from './meaning.ts';
import { type QuestionKind, variableAttributes, type World } from './world.ts';

/** Fixed words of each template. */
const templateWords: { readonly [K in QuestionKind]: string } = {
  exists: 'is there ?',
  count: 'how many are there ?',
  attribute: 'what is the ?',
  more: 'are there more than ?',
  same: 'is the same as ?',
};

const asks = (world: World, ...kinds: readonly QuestionKind[]): boolean =>
  kinds.some((kind) => world.questions.includes(kind));

const numbersOf = (world: World): string[] =>
  Array.from({ length: 1 + Math.min(MOST_COUNTED, world.objects.most) }, (_, number) => String(number));

/** Answers to a world's questions: yes, no, 0 to 6, then the values of its attributes; 30 in the full world. */
export const answersOf = (world: World): string[] => [
  ...(asks(world, 'exists', 'more', 'same') ? ['yes', 'no'] : []),
  ...(asks(world, 'count') ? numbersOf(world) : []),
  ...(asks(world, 'attribute')
    ? (['color', 'shape', 'size', 'texture'] as const)
        .filter((name) => variableAttributes(world).includes(name))
        .flatMap((name) => [...world.values[name]])
    : []),
];

/** Fixed words of statements about two images, of hypotheses and of captions. */
const claimWords =
  'there is are no exactly in the two images together every one image has and other does not left more than right both contain show same number of at top bottom center , .';

/** Largest number of a statement: two images full of the same things. */
const mostTogether = (world: World): number => 2 * world.objects.most;

/**
 * All words of a world's texts in every view, sorted: questions, statements, hypotheses and captions. A model of these
 * words can be trained on any of them.
 */
export const wordsOf = (world: World): string[] => {
  const numbers = Array.from({ length: 1 + mostTogether(world) }, (_, number) => String(number));
  const nouns = ['shape', ...world.values.shape];
  const all = [...vocabularyOf(world), ...claimWords.split(' '), ...numbers, ...nouns.map(plural)];
  return [...new Set(all)].sort();
};

/** All words of a world's questions and answers, sorted: the smallest vocabulary without unknown words. */
export const vocabularyOf = (world: World): string[] => {
  const looks = variableAttributes(world).flatMap((name) => [...world.values[name]]);
  const nouns = ['shape', ...world.values.shape];
  const nameable = asks(world, 'attribute', 'same') ? variableAttributes(world) : [];
  const plurals = asks(world, 'count', 'more') ? nouns.map(plural) : [];
  const places = world.maxHops === 0 ? [] : ['that is are', ...relations];
  const articles = looks.map((word) => withArticle(word).split(' ')[0]!);
  const templates = world.questions.map((kind) => templateWords[kind]);
  const all = [...looks, ...nouns, ...plurals, ...nameable, ...places, ...articles, ...templates, ...answersOf(world)];
  return [...new Set(all.flatMap((words) => words.split(' ')))].sort();
};
