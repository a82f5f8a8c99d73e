import type { QuestionsOptions, SearchOptions } from 'dide/web';
import { askAll, encodeText, search } from 'dide/web';
import { BARS } from '../logic/results.ts';
import { judgementOf } from '../logic/search-state.ts';
import { overHeads } from '../logic/words.ts';
import type { Asked, AskOptions, Explained, LikePicture, PictureAnswer, Question, RankedAnswer } from '../source.ts';
import { filterOf, type OpenedSite, thumbnailOf } from './opened-site.ts';

/** Receives progress. */
type OnProgress = (done: number, of: number) => void;

/** Asks a question of all pictures or, of a student of retrieval, compares them with a text. */
export const askSite = async (
  { student, images }: OpenedSite,
  question: Question,
  { filter, sort, atLeast, top, nearDuplicates }: Omit<AskOptions, 'onProgress'>,
  onProgress: OnProgress,
): Promise<Asked> => {
  const began = performance.now();
  const warnings: string[] = [];
  const onWarning = (message: string): void => void warnings.push(message);
  const options = { ...filterOf(filter), sort, top, nearDuplicates, onWarning, onProgress };
  const { purpose, answers } = student.config;
  const asked = !purpose.logits
    ? await searched({ student, images }, question, options)
    : await answered({ student, images }, answers.includes('entailment') ? judgementOf(question) : question, {
        ...options,
        atLeast,
      });
  return { ...asked, milliseconds: performance.now() - began, warnings };
};

type Parts = Pick<OpenedSite, 'student' | 'images'>;
type Said = Omit<Asked, 'milliseconds' | 'warnings'>;

const answered = async (
  { student, images }: Parts,
  { question, answer, and = [], not = [] }: Question,
  options: QuestionsOptions,
): Promise<Said> => {
  const [result] = await askAll(student, images, [{ question, answer: answer ?? undefined }], {
    ...{ ...options, and, not, bars: BARS },
    answer: answer === null ? null : undefined,
  });
  const { answers, images: asked, found, answer: meant, bars = [] } = result!;
  return {
    answers: answers.map((one) => ({ ...pictureOf(one), answer: one.answer, probability: one.probability })),
    ...{ asked, found, answer: meant, histogram: bars },
  };
};

const searched = async (
  { student, images }: Parts,
  { question, and = [], not = [] }: Question,
  options: SearchOptions,
): Promise<Said> => {
  const texts = (some: typeof and): string[] => some.map((one) => one.question);
  let asked = 0;
  const onProgress = (done: number, of: number): void => {
    asked = of;
    options.onProgress?.(done, of);
  };
  const found = await search(student, images, question, { ...options, and: texts(and), not: texts(not), onProgress });
  const answers = found.map((one) => ({ ...pictureOf(one), answer: '', probability: one.score }));
  return { answers, asked, found: asked, histogram: [] };
};

const pictureOf = ({ image, date, duplicates = [] }: Found): Omit<PictureAnswer, 'answer' | 'probability'> => ({
  ...{ path: image, date, duplicates },
});

interface Found {
  readonly image: string;
  readonly date: string;
  readonly duplicates?: readonly string[] | undefined;
}

/** The pictures that are most like one. */
export const likeOnSite = async (
  { student, images }: OpenedSite,
  path: string,
  top: number,
): Promise<readonly LikePicture[]> => {
  // the most alike is the picture itself
  const found = await search(student, images, { like: path }, { top: top + 1 });
  return found
    .filter(({ image }) => image !== path)
    .slice(0, top)
    .map(({ image, date, score }) => ({ path: image, date, similarity: score }));
};

/** The most probable answers about one picture, from its vector. */
export const answersOnSite = async (
  { student, images, places }: OpenedSite,
  path: string,
  question: string,
  top: number,
): Promise<readonly RankedAnswer[]> => {
  const { answers, scoring } = student.config;
  const text = await student.textFeatures(encodeText(student, question));
  for await (const { features } of images.blocks({ only: Uint32Array.of(places.get(path)!) })) {
    const { data } = await student.answerFeatures(text, features);
    const most = Math.max(...data);
    const sum = data.reduce((total, logit) => total + Math.exp(logit - most), 0);
    const probabilityOf = (logit: number): number =>
      scoring === 'sigmoid' ? 1 / (1 + Math.exp(-logit)) : Math.exp(logit - most) / sum;
    return answers
      .map((answer, i) => ({ answer, probability: probabilityOf(data[i]!) }))
      .sort((a, b) => b.probability - a.probability)
      .slice(0, top);
  }
  return [];
};

/** Attention of each word over the small image of a picture: the teacher's, if the site has it, and the student's. */
export const explainOnSite = async (site: OpenedSite, path: string, question: string): Promise<Explained> => {
  const [image, explainer] = await Promise.all([thumbnailOf(site, path), site.explainer()]);
  const [pair] = await explainer.explain([{ image, text: question }]);
  const { models, words, rows, columns, image: seen } = pair!;
  return {
    ...{ image: seen, words, rows, columns },
    models: models.map(({ name, answers, textToImage }) => ({ name, answers, attention: overHeads(textToImage) })),
  };
};
