import type { Model } from '../../checkpoints/model-file.ts';
import type { Example } from '../../data/example.ts';
import { constant, type Tensor } from '../../engine/tensor.ts';
import { UserError } from '../../errors.ts';
import { inputsFor } from '../../model/inputs.ts';
import { scoresPairs } from '../../model/purposes/ranking.ts';
import { retrievalPurpose as purpose, type Retrieved, retrieve } from '../../model/purposes/retrieval.ts';
import { type Candidates, candidatesAt, sharedCandidatesAt } from '../../objectives/candidates.ts';
import { imageTextContrastive, sharedContrastive } from '../../objectives/image-text-contrastive.ts';
import type { Objective } from '../../objectives/objective.ts';
import { partialRanking } from '../../objectives/partial-ranking-distillation.ts';
import { sharedSigmoid, sigmoidContrast } from '../../objectives/sigmoid-contrast.ts';
import { softScores } from '../../objectives/soft-score-distillation.ts';
import { attentionObjective } from '../losses.ts';
import { candidateFeeds, openHardCandidates } from '../negatives/hard-candidates.ts';
import { type Identity, settingsOf } from '../option-table.ts';
import { trainingOptions } from '../options.ts';
import { uniquePairGroups } from '../samplers/unique-pairs.ts';
import { lossOptions, retrievalOptions } from '../stage-options.ts';
import { fineTuningIdentity } from './fine-tuning-identity.ts';
import { galleryValidator, refuseAnswers, refuseFewImages } from './gallery.ts';
import { objectiveLosses } from './objective-losses.ts';
import type { ContrastiveLoss, Loss, Splits, Stage, StageOptions } from './stage.ts';

/** Images that are searched at a validation, where no other number is given. */
const GALLERY = 1000;

/**
 * Stage in which a dual encoder learns to retrieve, from batches of matched pairs (Wang et al. 2022, §3.3): L_ITC +
 * L_CA with a teacher, L_ITC without. Ground truth, `losses.hard`, is the contrast: by softmax, or by sigmoid where the
 * model scores by sigmoid. `losses.soft` and `losses.ranking` are what the teacher makes of each pair's hard negatives.
 *
 * @throws UserError where the data have too few images, an option is of answers, or the teacher scores no pairs.
 */
export const retrieval = (model: Model, options: StageOptions, { examples, validation }: Splits): Stage => {
  const { preprocessor, gallery: images = GALLERY, threads, processes } = options;
  const { accumulation } = settingsOf(trainingOptions, options);
  refuseAnswers(options);
  refuseFewImages(examples, preprocessor.batch * accumulation);
  const scorer = scoringTeacher(options);
  const { candidates: count } = settingsOf(retrievalOptions, options);
  return {
    ...retrievalLosses(model, options),
    batches: (from) => matchedPairs(examples, options, from),
    feeds: () => ({ feeds: {} }),
    extraFeeds:
      scorer &&
      ((weights) => openHardCandidates(weights, { config: model.config, teacher: scorer, count, threads, processes })),
    validator: galleryValidator(model, options, { validation, images }),
    identity: fineTuningIdentity(options, {
      ...{
        model: model.config.architecture.name,
        stage: purpose.name,
        batch: preprocessor.batch,
        examples: examples.length,
      },
      ...lossIdentity(model, options, images),
    }),
  };
};

/** Identity of the losses. What came later is said where it is not as it always was. */
const lossIdentity = ({ config }: Model, options: StageOptions, gallery: number): Identity => {
  const { losses, teacher } = options;
  const { hard = 0, soft = 0, attention = 0, ranking = 0 } = losses;
  const { candidates, sameWords } = settingsOf(retrievalOptions, options);
  return {
    ...{ attention: teacher ? attention : 0, gallery },
    ...(hard !== 1 && { contrast: hard }),
    ...(config.scoring === 'sigmoid' && { scoring: config.scoring }),
    ...(soft > 0 && { soft }),
    ...(ranking > 0 && { ranking }),
    ...((soft > 0 || ranking > 0) && { candidates }),
    ...(sameWords > 0 && { sameWords }),
  };
};

/**
 * The teacher that scores hard negatives, where a loss asks for its scores.
 *
 * @throws UserError where there is none, where it scores no pairs, or where nothing would come of the candidates.
 */
const scoringTeacher = (options: StageOptions): Model | undefined => {
  const { losses, teacher } = options;
  const { soft = 0, ranking = 0 } = losses;
  const { candidates } = settingsOf(retrievalOptions, options);
  if (soft === 0 && ranking === 0) {
    if (options.candidates === undefined) return undefined;
    throw new UserError(
      'retrieval: candidates are scored by the teacher, and no loss asks for its scores: give losses.soft or losses.ranking a weight, or leave them out',
    );
  }
  const wanted = soft > 0 ? 'soft scores' : 'the order of hard negatives';
  if (!teacher) throw new UserError(`retrieval: ${wanted} are a teacher's, and there is none: give a teacher`);
  if (ranking > 0 && candidates < 2) {
    throw new UserError(`retrieval: ${candidates} hard negative has no order: give at least 2 candidates`);
  }
  if (scoresPairs(teacher.config)) return teacher;
  throw new UserError(
    `retrieval: ${wanted} need a teacher that scores pairs, and this ${teacher.config.architecture.name} is for ${teacher.config.task}: give a fusion encoder that was fine-tuned for retrieval, or pre-trained`,
  );
};

/** The losses that have a weight, in symbols. */
const retrievalLosses = ({ config }: Model, options: StageOptions): Pick<Stage, 'losses' | 'teacherOutputs'> => {
  const { teacher, losses } = options;
  const { hard = 0, attention = 0 } = losses;
  const inputs = inputsFor(config.sizes);
  return {
    teacherOutputs:
      teacher && ((t) => ({ encoded: teacher.config.architecture.encode(t, inputs, teacher.config.sizes) })),
    losses: (p, taught) => {
      const student = retrieve(config, p, inputs);
      const [objective, shared] =
        config.scoring === 'sigmoid' ? [sigmoidContrast, sharedSigmoid] : [imageTextContrastive, sharedContrastive];
      const itc: Loss = {
        loss: objective(student),
        weight: hard,
        contrast: { vectors: student.contrast, objective, shared },
      };
      const distilled = attention > 0 && { attention: { objective: attentionObjective(options), weight: attention } };
      // no target: the pairs of a batch are matched
      const compared = { student: { encoded: [student] }, teacher: taught, target: constant(0) };
      return {
        ...(hard > 0 && { itc }),
        ...candidateLosses(student, options),
        ...(distilled && objectiveLosses(distilled, compared)),
      };
    },
  };
};

/** Losses over the hard negatives that the teacher scored. */
const candidateLosses = ({ similarity, contrast: vectors }: Retrieved, options: StageOptions): Record<string, Loss> => {
  const { soft = 0, ranking = 0 } = options.losses;
  const { temperature, divergence: direction } = settingsOf(lossOptions, options);
  const { places, teacher } = candidateFeeds(settingsOf(retrievalOptions, options).candidates);
  const lossOf = (objective: Objective<Candidates>, weight: number): Loss => {
    const judged = (student: Candidates): Tensor => objective(student, teacher, constant(0));
    const contrast: ContrastiveLoss = {
      vectors,
      objective: (compared) => judged(candidatesAt(compared.similarity, places)),
      shared: (compared) => judged(sharedCandidatesAt(compared, places)),
      over: 'micro-batch',
    };
    return { loss: contrast.objective({ similarity }), weight, contrast };
  };
  return {
    ...(soft > 0 && { soft: lossOf(softScores({ temperature, direction }), soft) }),
    ...(ranking > 0 && { ranking: lossOf(partialRanking, ranking) }),
  };
};

/** Batches of which those of one update hold no image and no text twice, from one of the run's batches on. */
function* matchedPairs(
  examples: readonly Example[],
  options: StageOptions,
  from: number,
): Generator<readonly Example[], void, undefined> {
  const { preprocessor, updates } = options;
  const { accumulation, seed } = settingsOf(trainingOptions, options);
  const { sameWords } = settingsOf(retrievalOptions, options);
  const size = preprocessor.batch * accumulation;
  let number = 0;
  // the groups of a run follow from each other, so those before are drawn again where it is resumed
  for (const group of uniquePairGroups(examples, { groups: updates, size, seed, sameWords })) {
    for (let i = 0; i < accumulation; i += 1, number += 1) {
      const [start, end] = [i, i + 1].map((part) => Math.floor((part * group.length) / accumulation));
      if (number >= from) yield group.slice(start, end);
    }
  }
}
