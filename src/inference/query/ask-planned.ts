import type { ImageCache } from '../image-cache.ts';
import type { Predictor } from '../predictor.ts';
import { type ScanQuestion, scan } from '../scan.ts';
import type { AskOptions } from './ask-options.ts';
import { candidatesIn, openCollection } from './collect.ts';
import type { Condition } from './conditions.ts';
import {
  type FoundAnswers,
  type Plan,
  planOf,
  type QuestionAnswer,
  type QuestionResult,
  type QuestionsOptions,
} from './questions.ts';
import { rankedImage } from './ranking.ts';

/** Asks questions together in one scan, so that an image's vector is read once for all of them. */
export const askPlanned = async (
  student: Predictor,
  images: ImageCache,
  questions: readonly Condition[],
  options: QuestionsOptions,
): Promise<QuestionResult[]> => {
  const [results] = await scanPlans(student, images, [planOf(student, images, questions, options)]);
  return results!;
};

/** Questions of one caller, and how they are to be answered. */
export interface AskRequest {
  readonly questions: readonly Condition[];
  readonly options: QuestionsOptions;
}

/**
 * Asks the questions of several callers, those of the same images in one scan: a question that two of them ask is
 * computed once. A request that is wrong, by which only its own result is rejected, is none of the others' business.
 *
 * @returns the results of each request, as soon as its scan is done; scans follow one another.
 */
export const askTogether = (
  student: Predictor,
  images: ImageCache,
  requests: readonly AskRequest[],
): Promise<QuestionResult[]>[] => {
  const scans = new Map<string, Plan[]>();
  const joined = requests.map(({ questions, options }) => {
    try {
      const plan = planOf(student, images, questions, options);
      const key = filterKey(options);
      const plans = scans.get(key) ?? [];
      scans.set(key, plans);
      return { key, place: plans.push(plan) - 1 };
    } catch (error) {
      return { error };
    }
  });
  const running = new Map<string, Promise<QuestionResult[][]>>();
  let last: Promise<unknown> = Promise.resolve();
  for (const [key, plans] of scans) {
    const results = last.then(() => scanPlans(student, images, plans));
    last = results.catch(() => undefined);
    running.set(key, results);
  }
  return joined.map(async (one) => {
    if ('error' in one) throw one.error;
    return (await running.get(one.key)!)[one.place]!;
  });
};

/** Equal for options that let the same images through. */
const filterKey = ({ paths, folder, from, to, minBytes, maxBytes }: QuestionsOptions): string =>
  JSON.stringify([paths, folder, from, to, minBytes, maxBytes]);

/** Answers plans of the same images in one scan. */
const scanPlans = async (
  student: Predictor,
  images: ImageCache,
  plans: readonly Plan[],
): Promise<QuestionResult[][]> => {
  const { scanned, plans: joined } = joinPlans(plans);
  const collections = joined.map((plan) => openCollection(student.config.answers, images, plan));
  const { filtered, options } = plans[0]!;
  const how = { only: filtered.only, processes: options.processes };
  for await (const block of scan(student, images, scanned, how)) for (const { add } of collections) add(block);
  return await Promise.all(collections.map(({ finish }) => finish()));
};

/** Plans whose rows are those of one scan, in which each question stands once. */
const joinPlans = (plans: readonly Plan[]): { readonly scanned: ScanQuestion[]; readonly plans: Plan[] } => {
  const scanned: ScanQuestion[] = [];
  const rows = new Map<string, number>();
  const rowOf = (question: ScanQuestion): number => {
    const key = JSON.stringify([question.text, question.answer]);
    const row = rows.get(key) ?? scanned.push(question) - 1;
    rows.set(key, row);
    return row;
  };
  const joined = plans.map((plan): Plan => {
    const moved = plan.scanned.map(rowOf);
    const questions = plan.questions.map((one) => ({
      ...one,
      first: moved[one.first]!,
      and: one.and.map((row) => moved[row]!),
      not: one.not.map((row) => moved[row]!),
      best: one.best === undefined ? undefined : moved[one.best]!,
    }));
    return { ...plan, questions };
  });
  return { scanned, plans: joined };
};

/**
 * Asks questions together and yields what reaches `atLeast` while the scan goes on: image by image in the order of the
 * cache, which is that in which the images were encoded, and of each image in the order of the questions. Nothing is
 * held, so `top`, `sort`, `order` and `nearDuplicates` are not for it.
 */
export async function* streamPlanned(
  student: Predictor,
  images: ImageCache,
  questions: readonly Condition[],
  options: Omit<AskOptions, 'top' | 'sort' | 'order' | 'nearDuplicates'>,
): AsyncGenerator<FoundAnswers, void, undefined> {
  const { questions: planned, scanned, filtered } = planOf(student, images, questions, options);
  const { dates, only, count } = filtered;
  let done = 0;
  for await (const block of scan(student, images, scanned, { only, processes: options.processes })) {
    const rows: QuestionAnswer[][] = Array.from(block.places, () => []);
    for (const question of planned) {
      for (const { row, place, score, answer } of candidatesIn(block, question, options.atLeast))
        rows[row]!.push({
          question: question.question,
          ...rankedImage(images, dates, place),
          answer: student.config.answers[answer]!,
          probability: score,
        });
    }
    done += block.places.length;
    options.onProgress?.(done, count);
    yield { found: rows.flat(), done, of: count };
  }
}
