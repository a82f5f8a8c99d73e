import type { Model } from '../../checkpoints/model-file.ts';
import { input } from '../../engine/tensor.ts';
import { forward } from '../../model/forward.ts';
import { inputsFor } from '../../model/inputs.ts';
import type { Answered } from '../../model/outputs.ts';
import type { Objectives } from '../../objectives/objective.ts';
import { objectiveLosses } from './objective-losses.ts';
import type { Stage } from './stage.ts';

/** Losses of objectives over the answers of a model, and of its teacher where there is one. */
export const answeringLosses = (
  { config }: Model,
  teacher: Model | undefined,
  objectives: Objectives,
): Pick<Stage, 'losses' | 'teacherOutputs'> => {
  const inputs = inputsFor(config.sizes, { images: config.images });
  return {
    teacherOutputs: teacher && ((t) => forward(teacher.config, t, inputs)),
    losses: (p, taught: Answered | undefined) =>
      objectiveLosses(objectives, {
        student: forward(config, p, inputs),
        teacher: taught,
        target: input('target', ['batch', config.answers.length]),
      }),
  };
};
