import {
  createStudent,
  type Learnable,
  type Model,
  type ModelConfig,
  retrieval,
  type StudentOptions,
  UserError,
} from '../../index.ts';
import {
  type Backbones,
  createConfig,
  createModel,
  dide,
  type ModelPrecision,
  type Scoring,
  sizes,
  sizesOfBackbones,
  vilt,
} from '../../model.ts';
import { checkPrecision } from './device.ts';
import { initializeFrom, readBackbones } from './init-from.ts';
import { type AnswerFlags, answersFor, noticeOtherAnswers, openTeacher, startingModel } from './starting-model.ts';
import { vocabularyNamed } from './vocabulary.ts';

/** Options of `finetune` that say which model is trained. */
export interface TrainedModelOptions extends AnswerFlags {
  readonly teacher?: string | undefined;
  readonly teacherPrecision?: ModelPrecision | undefined;
  readonly from?: string | undefined;
  readonly fromScratch?: boolean | undefined;
  readonly model: 'vilt' | 'dide';
  readonly size: keyof typeof sizes;
  readonly depth?: number | undefined;
  readonly patch?: number | undefined;
  readonly sharedEncoders?: boolean | undefined;
  readonly scoring?: Scoring | undefined;
  readonly initImage?: string | undefined;
  readonly initText?: string | undefined;
  readonly textPart?: 'embeddings' | 'whole' | undefined;
  readonly imageVector?: 'cls' | 'mean' | undefined;
  readonly projection?: number | undefined;
  readonly normalize?: 'vilt' | 'imagenet' | undefined;
}

/** The model that is trained, and its teacher. */
export interface TrainingModels {
  readonly model: Model;
  readonly teacher?: Model | undefined;
  /** Origin of the model, for the report. */
  readonly began: string;
}

/**
 * Opens or creates the model that is trained, and its teacher.
 *
 * @throws UserError where the options name no model to train, or models that do not fit the task or each other.
 */
export const openModels = async (options: TrainedModelOptions, task: Learnable): Promise<TrainingModels> => {
  const { teacherPrecision: precision } = options;
  if (precision !== undefined && options.teacher === undefined)
    throw new UserError(`--teacher-precision ${precision}: there is no teacher: give --teacher FILE, or leave it out`);
  checkPrecision(precision);
  const opened = options.teacher === undefined ? undefined : await openTeacher(options.teacher, task, options);
  const models = await openTaught(options, task, opened && { ...opened.teacher, precision });
  return opened?.commit === undefined ? models : { ...models, model: taughtBy(models.model, opened.commit) };
};

/** A model whose recipe, and so its card, says who teaches it: what an id of the Hub stands for changes. */
const taughtBy = ({ config, ...model }: Model, teacher: string): Model => ({
  ...model,
  config: { ...config, recipe: { ...config.recipe, teacher } },
});

const openTaught = async (
  options: TrainedModelOptions,
  task: Learnable,
  teacher: Model | undefined,
): Promise<TrainingModels> => {
  const taught = teacher ? { teacher } : {};
  if (options.from !== undefined) {
    const model = await startingModel(options.from, task, options);
    if (teacher) refuseUnlike(model, teacher, options.from);
    if (teacher) noticeOtherAnswers(options.teacher!, teacher, model.config.answers);
    return { model, ...taught, began: `goes on from ${options.from}` };
  }
  if (teacher) {
    const answers = await answersFor(teacher, options.teacher!, task, options);
    if (answers) noticeOtherAnswers(options.teacher!, teacher, answers);
    const how = { seed: options.seed, answers, ...goalOf(task, options), ...shapeOf(options) };
    return { model: createStudent(teacher, how), teacher, began: `a student of ${options.teacher}` };
  }
  if (!options.fromScratch) {
    throw new UserError('nothing says what is to learn: give --teacher FILE, --from FILE or --from-scratch');
  }
  const { initImage, initText } = options;
  const files = [initImage, initText].filter((file) => file !== undefined);
  const from = files.length > 0 ? files.join(' and ') : `scratch, ${options.size} size`;
  return { model: await untrained(options, task), began: `${options.model} from ${from}` };
};

/** Refuses a model that reads otherwise than its teacher: both read the same batch. */
const refuseUnlike = (model: Model, teacher: Model, path: string): void => {
  const readingOf = ({ config: { vocabulary, sizes, images, words, pictures } }: Model) =>
    ({
      vocabulary,
      words,
      images,
      pictures,
      patch: sizes.patch,
      grid: sizes.grid,
      image: sizes.image,
    }) as const;
  const [mine, theirs] = [readingOf(model), readingOf(teacher)];
  for (const name of ['vocabulary', 'words', 'images', 'pictures', 'patch', 'grid', 'image'] as const) {
    if (JSON.stringify(mine[name]) === JSON.stringify(theirs[name])) continue;
    throw new UserError(`${path}: its ${name} differ from the teacher's: give a model that reads alike`);
  }
};

const untrained = async (options: TrainedModelOptions, task: Learnable): Promise<Model> => {
  const { model, size, seed, data, scoring = task.scoring, sharedEncoders } = options;
  if (sharedEncoders && model !== 'dide') {
    throw new UserError(`--shared-encoders: ${model} is one encoder: give --teacher for a student, or --model dide`);
  }
  const vocabulary = await vocabularyFor(options, task);
  const bodies = await readBackbones(options);
  if ((bodies.text?.transformer || options.imageVector === 'mean') && model !== 'dide') {
    const flag = bodies.text?.transformer ? '--text-part whole' : '--image-vector mean';
    throw new UserError(`${flag}: ${model} encodes no text and no picture alone: give --model dide`);
  }
  const sizes = { ...sizesFor(options, bodies), vocabulary: vocabulary.length, types: 1 + task.images };
  const config = createConfig({
    architecture: { vilt, dide }[model],
    task: { ...task, scoring },
    sizes,
    answers: await task.answers(data),
    vocabulary,
    ...(options.normalize === 'imagenet' && { pictures: imageNet(sizes.patch) }),
    recipe: { size },
  });
  return initializeFrom(createModel(config, seed), bodies);
};

/** Values of a picture as ViTs that were trained on ImageNet read them. */
const imageNet = (multiple: number): NonNullable<ModelConfig['pictures']> => ({
  ...{ mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225], scale: 1 / 255, filter: 'bicubic', multiple },
});

/** Goal of a student that retrieves and compares in another way than its teacher's file says. */
const goalOf = (task: Learnable, { scoring }: TrainedModelOptions): Pick<StudentOptions, 'task'> =>
  task.name === retrieval.name && scoring !== undefined ? { task: { ...retrieval, scoring } } : {};

/** Options of shape that differ from the teacher's, or from those of the size. */
const shapeOf = ({ depth, sharedEncoders }: TrainedModelOptions): Pick<StudentOptions, 'depth' | 'encoders'> => ({
  ...(depth === undefined ? {} : { depth }),
  ...(sharedEncoders ? { encoders: 'shared' } : {}),
});

const sizesFor = (options: TrainedModelOptions, bodies: Backbones) => {
  const { depth } = options;
  const usual = sizesOfBackbones(sizes[options.size], bodies, { depth });
  const { image = usual.image, patch = usual.patch } = options;
  if (image % patch !== 0)
    throw new UserError(`--image: ${image} pixels are not whole patches of ${patch}: give a multiple of ${patch}`);
  const vector = options.imageVector === 'mean' ? ({ summary: 'mean' } as const) : {};
  const head = options.projection === undefined ? {} : { projection: options.projection };
  return { ...usual, ...shapeOf(options), ...vector, ...head, depth: usual.depth, image, patch, grid: image / patch };
};

/** Word pieces that are named, or the data's own words; BERT's for a model of ViLT's size. */
const vocabularyFor = async ({ vocabulary, size, data }: TrainedModelOptions, task: Learnable): Promise<string[]> =>
  await vocabularyNamed(vocabulary ?? (size === 'base32' ? 'bert' : 'data'), { data, task });
