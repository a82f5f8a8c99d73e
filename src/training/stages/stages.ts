import type { Model } from '../../checkpoints/model-file.ts';
import { UserError } from '../../errors.ts';
import type { ModelConfig, Purpose } from '../../model/config.ts';
import { canTeach, lacksAnswers } from '../shared-answers.ts';
import type { LossWeights } from '../stage-options.ts';
import { answering } from './answering.ts';
import { ranking } from './ranking.ts';
import { retrieval } from './retrieval.ts';
import type { Splits, Stage, StageOptions } from './stage.ts';

/** Fine-tuning of the models of one purpose. */
export interface FineTuning {
  /** Weights of the losses with which a student learns from its teacher, as the paper has them. */
  readonly distillation: LossWeights;
  readonly createStage: (model: Model, options: StageOptions, splits: Splits) => Stage;
}

/** Weights of the losses with which any model learns without a teacher. */
export const groundTruth: LossWeights = { hard: 1 };

/** Stages of fine-tuning, by the purpose of the model. A model for pre-training is given to `pretrain`. */
const stages: Readonly<Record<Purpose['name'], FineTuning | undefined>> = {
  answering: { distillation: { soft: 1, attention: 1 }, createStage: answering },
  retrieval: { distillation: { hard: 1, attention: 1 }, createStage: retrieval },
  ranking: { distillation: groundTruth, createStage: ranking },
  pretraining: undefined,
};

/** Fine-tuning of a model. @throws UserError where it has the heads of pre-training alone. */
export const fineTuningOf = ({ purpose }: Pick<ModelConfig, 'purpose'>): FineTuning => {
  const found = stages[purpose.name];
  if (found) return found;
  throw new UserError('finetune: the model has the heads of pre-training: give it that of a task with adaptModel');
};

/**
 * Weights of the losses where none are given: those of the paper with a teacher, ground truth without. Where the
 * teacher lacks answers of the model, ground truth is learnt, too.
 */
export const defaultLosses = (config: ModelConfig, teacher: Model | undefined): LossWeights => {
  if (!teacher) return groundTruth;
  const { distillation } = fineTuningOf(config);
  if (config.purpose.name !== 'answering' || !lacksAnswers(config, teacher)) return distillation;
  return { ...distillation, hard: 1, soft: canTeach(config, teacher) ? distillation.soft : undefined };
};
