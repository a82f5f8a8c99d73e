import { askAll, encodeText, search } from 'dide/web';
import { histogramOf, isWhole } from '../logic/results.ts';
import type { Asked, AskOptions, LikePicture, PictureAnswer, Question, RankedAnswer } from '../source.ts';
import { filterOf, type OpenedSite } from './opened-site.ts';

/** Receives progress. */
type OnProgress = (done: number, of: number) => void;

/** Asks a question of all pictures or, of a student of retrieval, compares them with a text. */
export const askSite = async (
  { student, images }: OpenedSite,
  { question, answer, and = [], not = [] }: Question,
  { filter, sort, atLeast, top, nearDuplicates }: Omit<AskOptions, 'onProgress'>,
  onProgress: OnProgress,
): Promise<Asked> => {
  const began = performance.now();
  const warnings: string[] = [];
  const onWarning = (message: string): void => void warnings.push(message);
  const options = { ...filterOf(filter), sort, top, nearDuplicates, onWarning, onProgress };
  if (!student.config.purpose.logits) {
    const texts = (some: typeof and): string[] => some.map((one) => one.question);
    const found = await search(student, images, question, { ...options, and: texts(and), not: texts(not) });
    const answers = found.map((one) => ({ ...pictureOf(one), answer: '', probability: one.score }));
    const asked = found.length;
    return { answers, asked, found: asked, histogram: [], milliseconds: performance.now() - began, warnings };
  }
  const usual = student.config.answers.includes('entailment') ? 'entailment' : undefined;
  const named = { question, answer: answer ?? usual };
  const [result] = await askAll(student, images, [named], {
    ...{ ...options, and, not, atLeast },
    answer: answer === null ? null : undefined,
  });
  const { answers: found, images: asked, ...said } = result!;
  const answers = found.map((one) => ({ ...pictureOf(one), answer: one.answer, probability: one.probability }));
  const milliseconds = performance.now() - began;
  const whole: Asked = {
    answers,
    asked,
    found: said.found,
    answer: said.answer,
    histogram: [],
    milliseconds,
    warnings,
  };
  return isWhole(whole) ? { ...whole, histogram: histogramOf(answers.map(({ probability }) => probability)) } : whole;
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
