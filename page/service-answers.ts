import type { Schemas } from 'dide/client';
import { BARS } from './logic/results.ts';
import { type CachePlace, jsonFrom } from './service-request.ts';
import type { Asked, AskOptions, Condition, PictureAnswer, PictureFilter, Question } from './source.ts';

/** A question of a cache. */
export interface ServiceQuery extends CachePlace {
  readonly question: Question;
  readonly options: AskOptions;
  readonly signal?: AbortSignal | undefined;
}

/** Fields that every route of questions returns beside its results. */
interface Said {
  readonly images: number;
  readonly found?: number | undefined;
  readonly warnings: readonly string[];
  readonly milliseconds: number;
}

/** A picture as those routes return it. */
interface Ranked {
  readonly image: string;
  readonly date: string;
  readonly duplicates?: readonly string[] | undefined;
}

/** Asks a model that answers. */
export const asked = async (query: ServiceQuery): Promise<Asked> => {
  const body = { ...query.question, ...rankingOf(query.options), bars: BARS };
  const said = await post<Omit<Said, 'found'> & ServiceAnswers>(query, 'ask', body);
  const answers = said.answers.map((one) => ({ ...pictureOf(one), answer: one.answer, probability: one.probability }));
  return askedOf(said, answers, { answer: said.answer, histogram: said.bars });
};

interface ServiceAnswers {
  readonly answers: readonly Schemas['ImageAnswer'][];
  readonly answer?: string | undefined;
  readonly found: number;
  readonly bars: readonly number[];
}

/** Searches with a retriever, whose cosines are no probabilities. */
export const searched = async (query: ServiceQuery): Promise<Asked> => {
  const { atLeast: _, sort, ...ranking } = rankingOf(query.options);
  const texts = (conditions: readonly Condition[] = []): string[] => conditions.map(({ question }) => question);
  const { question, and, not } = query.question;
  const order = sort === 'probability' ? 'score' : sort;
  const body = { text: question, and: texts(and), not: texts(not), ...ranking, sort: order };
  const said = await post<Omit<Said, 'found'> & { readonly found: readonly Schemas['FoundImage'][] }>(
    query,
    'search',
    body,
  );
  const answers = said.found.map((one) => ({ ...pictureOf(one), answer: '', probability: one.score }));
  return askedOf({ ...said, found: said.images }, answers, { answer: undefined, histogram: [] });
};

const post = async <T>({ service, root, signal }: ServiceQuery, route: string, body: object): Promise<T> =>
  await jsonFrom<T>(service, `${root}/${route}`, { method: 'POST', body, signal });

const rankingOf = ({ filter, atLeast, sort, top, nearDuplicates }: AskOptions) => ({
  ...{ atLeast, sort, top, nearDuplicates },
  ...filterOf(filter),
});

/** A filter as the routes take it, without what is not chosen. */
const filterOf = ({ folder, from, to }: PictureFilter) => ({
  folder: folder ? [folder] : undefined,
  from: from || undefined,
  to: to || undefined,
});

const pictureOf = ({ image, date, duplicates = [] }: Ranked) => ({ path: image, date, duplicates });

const askedOf = (
  { images, warnings, milliseconds, found = 0 }: Said,
  answers: PictureAnswer[],
  { answer, histogram }: Pick<Asked, 'answer' | 'histogram'>,
): Asked => ({ answers, asked: images, found, answer, histogram, milliseconds, warnings });
