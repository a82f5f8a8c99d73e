import type { AskOptions, Condition, PictureFilter, Question } from '../source.ts';

/** A further question: its answer must be given, too, or must not. */
export interface FurtherCondition extends Condition {
  readonly kind: 'and' | 'not';
}

/** Everything that a search is, as the address of the page has it. */
export interface Search {
  readonly question: string;
  /** The answer that counts; null for each picture's best one; undefined: as the source chooses. */
  readonly answer?: string | null | undefined;
  readonly conditions: readonly FurtherCondition[];
  /** Least probability; undefined until somebody moves the slider. */
  readonly atLeast?: number | undefined;
  readonly sort: AskOptions['sort'];
  readonly filter: PictureFilter;
  /** Whether near-duplicates stand behind the first of them. */
  readonly groups: boolean;
  /** Path of the picture whose details are shown. */
  readonly open?: string | undefined;
  /** Path of the picture to which all others are compared, instead of a question. */
  readonly like?: string | undefined;
  /** Name of the collection; undefined for the first one. */
  readonly collection?: string | undefined;
}

/** No question: all pictures, the newest first. */
export const noSearch: Search = { question: '', conditions: [], sort: 'probability', filter: {}, groups: false };

const sorts: readonly string[] = ['probability', 'date', 'path'];

/** Reads the part of an address after its question mark; what it does not know it passes over. */
export const searchOf = (address: string): Search => {
  const params = new URLSearchParams(address);
  const text = (name: string): string | undefined => params.get(name) || undefined;
  const sort = text('sort') ?? '';
  const p = Number(text('p'));
  return {
    question: text('ask') ?? '',
    answer: params.has('best') ? null : text('answer'),
    conditions: [...params].flatMap(([kind, value]) =>
      (kind === 'and' || kind === 'not') && value ? [{ kind, ...conditionOf(value) } as const] : [],
    ),
    atLeast: params.has('p') && p >= 0 && p <= 1 ? p : undefined,
    sort: sorts.includes(sort) ? (sort as Search['sort']) : 'probability',
    filter: { folder: text('folder'), from: text('from'), to: text('to') },
    groups: params.has('groups'),
    open: text('open'),
    like: text('like'),
    collection: text('in'),
  };
};

/** The part of an address after its question mark, and with it, that says a search; empty for none. */
export const addressOf = (search: Search): string => {
  const { filter, conditions, answer, atLeast, sort } = search;
  const named: readonly (readonly [string, string | undefined])[] = [
    ['in', search.collection],
    ['ask', search.question],
    ['answer', answer ?? undefined],
    ['best', answer === null ? '1' : undefined],
    ...conditions.map(({ kind, ...condition }) => [kind, conditionText(condition)] as const),
    ['p', atLeast === undefined ? undefined : String(Math.round(1000 * atLeast) / 1000)],
    ['sort', sort === 'probability' ? undefined : sort],
    ['folder', filter.folder],
    ['from', filter.from],
    ['to', filter.to],
    ['groups', search.groups ? '1' : undefined],
    ['like', search.like],
    ['open', search.open],
  ];
  const params = new URLSearchParams();
  for (const [name, value] of named) if (value) params.append(name, value);
  const text = params.toString();
  return text === '' ? '' : `?${text}`;
};

/** `what color is it? = red` → the question and its answer: what stands after the last `=`. */
const conditionOf = (text: string): Condition => {
  const [, question, answer] = /^(.+?)\s*=\s*([^=?]+)$/s.exec(text) ?? [];
  return question === undefined ? { question: text } : { question, answer: answer!.trim() };
};

const conditionText = ({ question, answer }: Condition): string => (answer ? `${question} = ${answer}` : question);

/** The question as a source takes it; conditions without words are left out. */
export const questionOf = ({ question, answer, conditions }: Search): Question => {
  const withWords = conditions.filter((condition) => condition.question.trim() !== '');
  const ofKind = (wanted: string): Condition[] =>
    withWords.filter(({ kind }) => kind === wanted).map(({ question, answer }) => ({ question, answer }));
  return { question: question.trim(), answer, and: ofKind('and'), not: ofKind('not') };
};

/** Judgement by which images are ranked, unless another is chosen. */
const USUAL = 'entailment';

/** A statement that is judged of pictures, and what is said with it, as a question of each judgement. */
export const judgementOf = ({ question, answer, and = [], not = [] }: Question): Question => {
  const judged = (conditions: readonly Condition[]) =>
    conditions.map((one) => ({ ...one, answer: one.answer ?? USUAL }));
  return { question, answer: answer ?? USUAL, and: judged(and), not: judged(not) };
};

/** Whether a filter lets everything through. */
export const isOpen = ({ folder, from, to }: PictureFilter): boolean => !folder && !from && !to;
