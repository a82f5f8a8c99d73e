import type { Model } from '../../checkpoints/model-file.ts';
import { collateAnswers } from '../../data/batch.ts';
import { inOrder } from '../../data/loader.ts';
import { UserError } from '../../errors.ts';
import { openValidator } from '../../evaluation/evaluate.ts';
import type { Objectives } from '../../objectives/objective.ts';
import { isTask } from '../../tasks/task.ts';
import { objectivesOf } from '../losses.ts';
import { settingsOf } from '../option-table.ts';
import { trainingOptions } from '../options.ts';
import { lengthGroupedOrder } from '../samplers/length-grouped.ts';
import { overSharedAnswers } from '../shared-answers.ts';
import { answeringLosses } from './answering-losses.ts';
import { fineTuningIdentity } from './fine-tuning-identity.ts';
import type { Splits, Stage, StageOptions } from './stage.ts';

/** Stage in which a model learns to answer the questions of a task: from ground truth, from a teacher, or from both. */
export const answering = (model: Model, options: StageOptions, { examples, validation }: Splits): Stage => {
  const { preprocessor, updates, task, threads } = options;
  const { config } = model;
  if (!isTask(task))
    throw new UserError(`${task.name} has no answers to learn: give a task, or a model for ${task.name}`);
  const { accumulation, seed } = settingsOf(trainingOptions, options);
  const { batch } = preprocessor;
  const objectives = overSharedAnswers(objectivesOf(options, config.scoring), config, options.teacher);
  const order = lengthGroupedOrder(examples, { length: updates * accumulation * batch, batch, seed });
  return {
    ...answeringLosses(model, options.teacher, objectives),
    batches: (from) => inOrder(examples, order.subarray(from * batch), batch),
    feeds: ({ examples: asked }) => ({
      feeds: { target: collateAnswers(asked, config.answers, { outside: 'ignore' }) },
    }),
    validator: (parameters) => openValidator({ config, parameters, task, preprocessor, threads, examples: validation }),
    identity: fineTuningIdentity(options, {
      ...{ model: config.architecture.name, objectives: listOf(objectives), batch, examples: examples.length },
    }),
  };
};

/** Objectives and their weights in words: `soft x 1 + attention x 1`. */
const listOf = (objectives: Objectives): string =>
  Object.entries(objectives)
    .map(([name, { weight }]) => `${name} x ${weight}`)
    .join(' + ');
