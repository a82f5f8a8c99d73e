import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  bertVocabulary,
  createAdapted,
  createStudent,
  createTokenizer,
  createUntrained,
  type Description,
  loadTeacher,
  loadTrained,
  lookInto,
  readVocabulary,
  type Scoring,
  SPECIAL_PIECES,
  sizes,
  type Task,
  type Trained,
  UserError,
} from '../index.ts';

/** What the options of `finetune` say of the model that is to learn. */
export interface LearnerOptions {
  readonly data: string;
  readonly seed: number;
  readonly teacher?: string;
  readonly from?: string;
  readonly fromScratch?: boolean;
  readonly model: Description['model'];
  readonly size: keyof typeof sizes;
  readonly depth?: number;
  readonly image?: number;
  readonly scoring?: Scoring;
  readonly vocabulary?: string;
}

/** Who learns, and from whom. */
export interface Learning {
  readonly learner: Trained;
  readonly teacher?: Trained;
  /** For the report: how the learner began. */
  readonly began: string;
}

/** @throws UserError where the options name no learner, or models that do not fit the task or each other. */
export const learningOf = async (options: LearnerOptions, task: Task): Promise<Learning> => {
  const teacher = options.teacher === undefined ? undefined : await loadFor(task, options.teacher, options);
  const taught = teacher ? { teacher } : {};
  if (options.from !== undefined) {
    const learner = await beginningFrom(options.from, task, options);
    if (teacher) refuseUnlike(learner, teacher, options.from);
    return { learner, ...taught, began: `goes on from ${options.from}` };
  }
  if (teacher) {
    return {
      learner: createStudent(teacher, { seed: options.seed }),
      teacher,
      began: `a student of ${options.teacher}`,
    };
  }
  if (!options.fromScratch) {
    throw new UserError('finetune: nothing says what is to learn: give --teacher FILE, --from FILE or --from-scratch');
  }
  return { learner: await untrained(options, task), began: `${options.model} from scratch, ${options.size} size` };
};

/** A model of ours or anybody's; answers that it does not name are those of the data. */
const loadFor = async (task: Task, path: string, { data, seed }: LearnerOptions): Promise<Trained> =>
  await loadTeacher(path, { task, data, seed, onNotice: (message) => void process.stderr.write(`${message}\n`) });

/** What is gone on from; a model of ours that was trained for another task gets a new head, which begins at random. */
const beginningFrom = async (from: string, task: Task, options: LearnerOptions): Promise<Trained> => {
  const { isOurs, path } = await lookInto(from);
  const trained = isOurs ? await loadTrained(path) : await loadFor(task, from, options);
  if (trained.description.task === task.name) return trained;
  return createAdapted(trained, { task, answers: await task.answers(options.data), seed: options.seed });
};

/** Teacher and learner read one batch with one set of ids, patches and answers. */
const refuseUnlike = (learner: Trained, teacher: Trained, path: string): void => {
  const readingOf = ({ description: { answers, vocabulary, sizes, images } }: Trained) =>
    ({ answers, vocabulary, images, patch: sizes.patch, grid: sizes.grid, image: sizes.image }) as const;
  const [mine, theirs] = [readingOf(learner), readingOf(teacher)];
  for (const name of ['answers', 'vocabulary', 'images', 'patch', 'grid', 'image'] as const) {
    if (JSON.stringify(mine[name]) === JSON.stringify(theirs[name])) continue;
    throw new UserError(`${path}: its ${name} differ from the teacher's: give a learner that reads and answers alike`);
  }
};

const untrained = async (options: LearnerOptions, task: Task): Promise<Trained> => {
  const { model, size, seed, data, scoring = task.scoring } = options;
  const vocabulary = await vocabularyFor(options, task);
  const description: Description = {
    model,
    sizes: { ...sizesFor(options), vocabulary: vocabulary.length, types: 1 + task.images },
    task: task.name,
    images: task.images,
    scoring,
    answers: await task.answers(data),
    vocabulary,
    recipe: { size },
  };
  return createUntrained(description, seed);
};

const sizesFor = ({ size, depth, image }: LearnerOptions) => {
  const usual = sizes[size];
  const side = image ?? usual.image;
  if (side % usual.patch !== 0) {
    throw new UserError(
      `--image: ${side} pixels are not whole patches of ${usual.patch}: give a multiple of ${usual.patch}`,
    );
  }
  return { ...usual, depth: depth ?? usual.depth, image: side, grid: side / usual.patch };
};

/** BERT's pieces, a file's, or the data's own words: its `vocab.txt`, or the words of its training questions, sorted. */
const vocabularyFor = async ({ vocabulary, size, data }: LearnerOptions, task: Task): Promise<string[]> => {
  const named = vocabulary ?? (size === 'base32' ? 'bert' : 'data');
  if (named === 'bert') return await bertVocabulary();
  if (named !== 'data') return await readVocabulary(named);
  const listed = join(data, 'vocab.txt');
  return existsSync(listed) ? await readVocabulary(listed) : wordsIn(await task.read(data, 'train'));
};

/** What a tokenizer that knows no word calls unknown is every word there is, split as any other would. */
const wordsIn = (examples: readonly { readonly text: string }[]): string[] => {
  const tokenizer = createTokenizer(SPECIAL_PIECES);
  const words = new Set(examples.flatMap(({ text }) => tokenizer.encode(text).unknown));
  return [...SPECIAL_PIECES, ...[...words].sort()];
};
