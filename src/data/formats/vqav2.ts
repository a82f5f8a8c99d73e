import { basename } from 'node:path';
import { UserError } from '../../errors.ts';
import { readJsonArray } from '../../files/json-array.ts';
import { fieldError, type JsonLine, textField } from '../../files/json-lines.ts';
import { listedAnswers } from '../answer-list.ts';
import { type Example, scoredAnswers } from '../example.ts';
import { type BadRows, createBadRows } from '../records/bad-rows.ts';
import { createFinder, type Dataset, type DatasetQuery, type Format, splitIn } from './format.ts';
import { createMissing } from './missing-images.ts';
import { answerVocabulary } from './vqa-answers.ts';

const SPLITS = {
  train: ['train2014'],
  validation: ['val2014'],
  val: ['val2014'],
  test: ['test2015'],
  'test-dev': ['test-dev2015'],
};

const questionsOf = (split: string): string => `v2_OpenEnded_mscoco_${split}_questions.json`;
const annotationsOf = (split: string): string => `v2_mscoco_${split}_annotations.json`;

/** The annotators' answers to one question, and its types. */
interface Annotation {
  readonly answers: readonly string[];
  readonly about: Readonly<Record<string, string>>;
}

/**
 * VQA v2 as its authors publish it: questions and annotations in JSON, COCO's images beside them. As in the ViLT code,
 * an annotator's answer counts where it is one of the classes literally, and a question of train or val with no such
 * answer is left out. `about` has question_id, question_type, answer_type and the ten answers.
 */
export const vqav2: Format = {
  name: 'VQAv2 JSON',
  serves: ['vqa'],
  looksFor: ({ split }) => splitIn(SPLITS, split).map(questionsOf),
  open: async (path, query) => {
    const [split] = splitIn(SPLITS, query.split) as [string];
    const find = createFinder(path);
    const questions = find(places(questionsOf(split)));
    if (!questions) return undefined;
    const annotations = find(places(annotationsOf(split)));
    return readQuestions({ path, split, questions, annotations }, query);
  },
  answers: (path) => answersOf(path, createBadRows({})),
};

const places = (name: string): string[] => [name, `annotations/${name}`, `questions/${name}`];

interface Files {
  readonly path: string;
  readonly split: string;
  readonly questions: string;
  readonly annotations: string | undefined;
}

const readQuestions = async ({ path, split, questions, annotations }: Files, query: DatasetQuery): Promise<Dataset> => {
  // a damaged annotation leaves its question without an answer, and no row out
  const { badRows, onLeftOut } = query;
  const [bad, badAnnotations, badChoices] = [query, { badRows }, { badRows }].map(createBadRows) as [
    ...[BadRows, BadRows, BadRows],
  ];
  const answers = await answersOf(path, badChoices);
  const [known, said] = [new Set(answers), await annotationsIn(annotations, badAnnotations)];
  const [find, missing] = [createFinder(path), createMissing(query)];
  const examples: Example[] = [];
  let unanswered = 0;
  const unasked = new Set(said?.keys());
  for await (const line of readJsonArray(questions, 'questions', { onBadRow: bad.add })) {
    const read = (): readonly Example[] => {
      unasked.delete(wholeField(line, 'question_id'));
      const candidates = imagesOf(split, wholeField(line, 'image_id'));
      const image = find(candidates);
      const example = exampleOf(line, image ?? '', { said, known });
      if (said && example.answers.length === 0) {
        unanswered += 1;
        onLeftOut?.({ kind: 'incomplete', why: `${line.where}: no answer among the ${known.size}` });
      } else if (image) return [example];
      else missing.add(line.where, candidates);
      return [];
    };
    examples.push(...bad.attempt(read));
  }
  return {
    layout: `${vqav2.name} (${[questions, annotations ?? []]
      .flat()
      .map((file) => basename(file))
      .join(', ')})`,
    examples,
    ...(answers ? { answers } : {}),
    notices: [
      ...badChoices.notices(`${path}, the classes`),
      ...(annotations === undefined ? [] : badAnnotations.notices(basename(annotations))),
      ...bad.notices(basename(questions)),
      ...missing.notices(path),
      ...unansweredNotices(unanswered, basename(questions), known.size),
      ...unaskedNotices(unasked, basename(questions), query),
    ],
  };
};

const unansweredNotices = (count: number, questions: string, known: number): string[] => {
  if (count === 0) return [];
  const have = count === 1 ? '1 question has' : `${count} questions have`;
  return [`${questions}: ${have} no answer among the ${known}: left out.`];
};

/** A notice of annotations without their question; each is counted. */
const unaskedNotices = (
  unasked: ReadonlySet<number>,
  questions: string,
  { onLeftOut }: Pick<DatasetQuery, 'onLeftOut'>,
): string[] => {
  for (const id of unasked)
    onLeftOut?.({ kind: 'incomplete', why: `${questions}: no question ${id}, which an annotation is of` });
  const [first] = unasked;
  if (first === undefined) return [];
  const are = unasked.size === 1 ? '1 annotation is' : `${unasked.size} annotations are`;
  return [`${questions}: ${are} of a question that it lacks, such as ${first}: left out.`];
};

const imagesOf = (split: string, image: number): string[] => {
  const folder = split.replace('test-dev', 'test');
  const file = `${folder}/COCO_${folder}_${String(image).padStart(12, '0')}.jpg`;
  return [file, `images/${file}`];
};

const exampleOf = (
  line: JsonLine,
  image: string,
  { said, known }: { readonly said: ReadonlyMap<number, Annotation> | undefined; readonly known: ReadonlySet<string> },
): Example => {
  const id = wholeField(line, 'question_id');
  const annotation = said?.get(id);
  if (said && !annotation) throw fieldError(line, 'question_id', 'the id of a question that has an annotation');
  return {
    id: line.where,
    images: [image],
    text: textField(line, 'question'),
    answers: scoredAnswers(annotation?.answers.filter((answer) => known.has(answer)) ?? []),
    about: { question_id: id, ...annotation?.about, ...(annotation ? { answers: annotation.answers } : {}) },
  };
};

const annotationsIn = async (path: string | undefined, bad: BadRows): Promise<Map<number, Annotation> | undefined> => {
  if (path === undefined) return undefined;
  const annotations = new Map<number, Annotation>();
  const interned = new Map<string, string>();
  // ten million answers are few different ones: each is kept once
  const intern = (text: string): string => interned.get(text) ?? interned.set(text, text).get(text)!;
  const read = (line: JsonLine): [number, Annotation] => [
    wholeField(line, 'question_id'),
    {
      answers: answersIn(line).map(intern),
      about: {
        question_type: intern(textField(line, 'question_type')),
        answer_type: intern(textField(line, 'answer_type')),
      },
    },
  ];
  for await (const line of readJsonArray(path, 'annotations', { onBadRow: bad.add })) {
    for (const [id, annotation] of bad.attempt(() => [read(line)])) annotations.set(id, annotation);
  }
  return annotations;
};

/** The answer of each annotator: `answers: [{answer, …}, …]`. @throws UserError where the field is anything else. */
const answersIn = (line: JsonLine): string[] => {
  const { answers } = line.row;
  if (!Array.isArray(answers)) throw fieldError(line, 'answers', 'a list of {"answer": …}');
  return answers.map((one: unknown) => {
    const answer = typeof one === 'object' && one !== null && 'answer' in one ? one.answer : undefined;
    if (typeof answer === 'string') return answer;
    throw fieldError(line, 'answers', 'a list of {"answer": …}');
  });
};

/** The whole number in a field. @throws UserError when it is anything else. */
const wholeField = (line: JsonLine, name: string): number => {
  const value = line.row[name];
  if (Number.isSafeInteger(value)) return value as number;
  throw fieldError(line, name, 'a whole number');
};

/** The classes: those of `answers.txt`, or of the annotations of train and val together. */
const answersOf = async (path: string, bad: BadRows): Promise<readonly string[] | undefined> => {
  const listed = await listedAnswers(path);
  if (listed) return listed;
  const find = createFinder(path);
  const files = ['train2014', 'val2014'].flatMap((split) => find(places(annotationsOf(split))) ?? []);
  if (files.length === 0) return undefined;
  if (files.length === 2) return answerVocabulary(choicesIn(files, bad));
  const lacking = ['train2014', 'val2014'].map(annotationsOf).filter((name) => !find(places(name)));
  throw new UserError(
    `${path}: the answers are those of train and val together, and ${lacking} is not there: get it, or write them in the order of your model's classes to answers.txt.`,
  );
};

async function* choicesIn(files: readonly string[], bad: BadRows): AsyncGenerator<string, void, undefined> {
  for (const file of files) {
    for await (const line of readJsonArray(file, 'annotations', { onBadRow: bad.add }))
      yield* bad.attempt(() => [textField(line, 'multiple_choice_answer')]);
  }
}
