import type { Model } from '../../checkpoints/model-file.ts';
import type { Example } from '../../data/example.ts';
import { constant } from '../../engine/tensor.ts';
import { inputsFor } from '../../model/inputs.ts';
import { retrievalPurpose as purpose, retrieve } from '../../model/purposes/retrieval.ts';
import { imageTextContrastive } from '../../objectives/image-text-contrastive.ts';
import { attentionObjective } from '../losses.ts';
import { settingsOf } from '../option-table.ts';
import { trainingOptions } from '../options.ts';
import { uniquePairGroups } from '../samplers/unique-pairs.ts';
import { fineTuningIdentity } from './fine-tuning-identity.ts';
import { galleryValidator, refuseAnswers, refuseFewImages } from './gallery.ts';
import { objectiveLosses } from './objective-losses.ts';
import type { Loss, Splits, Stage, StageOptions } from './stage.ts';

/** Images that are searched at a validation, where no other number is given. */
const GALLERY = 1000;

/**
 * Stage in which a dual encoder learns to retrieve, from batches of matched pairs (Wang et al. 2022, §3.3): L_ITC +
 * L_CA with a teacher, L_ITC without. Ground truth, `losses.hard`, is the contrast.
 *
 * @throws UserError where the data have too few images, or an option is of answers.
 */
export const retrieval = (model: Model, options: StageOptions, { examples, validation }: Splits): Stage => {
  const { preprocessor, gallery: images = GALLERY, losses, teacher } = options;
  const { accumulation } = settingsOf(trainingOptions, options);
  refuseAnswers(options);
  refuseFewImages(examples, preprocessor.batch * accumulation);
  const { hard = 0, attention = 0 } = losses;
  return {
    ...retrievalLosses(model, options),
    batches: (from) => matchedPairs(examples, options, from),
    feeds: () => ({}),
    validator: galleryValidator(model, options, { validation, images }),
    identity: fineTuningIdentity(options, {
      ...{
        model: model.config.architecture.name,
        stage: purpose.name,
        batch: preprocessor.batch,
        examples: examples.length,
      },
      ...{ attention: teacher ? attention : 0, gallery: images },
      ...(hard !== 1 && { contrast: hard }),
    }),
  };
};

/** L_ITC of a dual encoder, and L_CA where a teacher is given, each with its weight. */
const retrievalLosses = ({ config }: Model, options: StageOptions): Pick<Stage, 'losses' | 'teacherOutputs'> => {
  const {
    teacher,
    losses: { hard = 0, attention = 0 },
  } = options;
  const inputs = inputsFor(config.sizes);
  return {
    teacherOutputs:
      teacher && ((t) => ({ encoded: teacher.config.architecture.encode(t, inputs, teacher.config.sizes) })),
    losses: (p, taught) => {
      const student = retrieve(config, p, inputs);
      const itc: Loss = { loss: imageTextContrastive(student), weight: hard, contrast: student.contrast };
      const distilled = attention > 0 && { attention: { objective: attentionObjective(options), weight: attention } };
      // no target: the pairs of a batch are matched
      const compared = { student: { encoded: [student] }, teacher: taught, target: constant(0) };
      return { ...(hard > 0 && { itc }), ...(distilled && objectiveLosses(distilled, compared)) };
    },
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
  const size = preprocessor.batch * accumulation;
  let number = 0;
  // the groups of a run follow from each other, so those before are drawn again where it is resumed
  for (const group of uniquePairGroups(examples, { groups: updates, size, seed })) {
    for (let i = 0; i < accumulation; i += 1, number += 1) {
      const [start, end] = [i, i + 1].map((part) => Math.floor((part * group.length) / accumulation));
      if (number >= from) yield group.slice(start, end);
    }
  }
}
