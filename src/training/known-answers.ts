import type { Model } from '../checkpoints/model-file.ts';
import type { Example } from '../data/example.ts';
import { doubtfulAnswers } from '../data/records/doubtful-answers.ts';
import { UserError } from '../errors.ts';
import { isAnswered } from '../tasks/task.ts';
import type { LossOptions } from './stage-options.ts';
import type { Splits } from './stages/stage.ts';
import { defaultLosses } from './stages/stages.ts';

/** Options that say whether ground truth is learnt, and who hears of examples without it. */
interface TruthOptions extends Pick<LossOptions, 'losses' | 'objectives'> {
  readonly teacher?: Model | undefined;
  /** Split of the validation examples. Default `validation`. */
  readonly selectOn?: string | undefined;
  readonly onWarning?: ((message: string) => void) | undefined;
}

/**
 * The examples that a model which answers learns from, and is validated on. Where ground truth is learnt, training
 * examples of which no answer is known are left out, and those to which the model can give none of the right answers;
 * where a teacher alone is learnt from, they stay. Their numbers are told, and doubts about the answers.
 *
 * @throws UserError where no training example is left.
 */
export const withKnownAnswers = (model: Model, { examples, validation }: Splits, options: TruthOptions): Splits => {
  const { selectOn = 'validation', onWarning = () => {} } = options;
  const isKnown = knownTo(model);
  const [unanswered, outside] = [
    examples.filter((example) => !isAnswered(example)),
    examples.filter((example) => isAnswered(example) && !isKnown(example)),
  ];
  const isTrue = learnsTruth(model, options);
  const fate = isTrue ? 'left out' : 'learnt from the teacher alone';
  const kept = isTrue ? examples.filter(isKnown) : examples;
  if (kept.length === 0 && examples.length > 0) throw nothingLeft(model, examples, outside[0]);
  for (const message of [
    told(unanswered, examples, `training examples have no answer: ${fate}`),
    told(outside, examples, `training examples have no answer that the model gives: ${fate}`),
    toldOfValidation(validation, selectOn),
    ...doubtfulAnswers(model.config.answers),
  ])
    if (message !== undefined) onWarning(message);
  return { examples: kept, validation };
};

const knownTo = ({ config }: Model): ((example: Example) => boolean) => {
  const given = new Set(config.answers);
  return ({ answers }) => answers.some(({ answer }) => given.has(answer));
};

const learnsTruth = ({ config }: Model, { teacher, objectives = {}, losses }: TruthOptions): boolean =>
  ((losses ?? defaultLosses(config, teacher)).hard ?? 0) > 0 || Object.keys(objectives).length > 0;

/** Number of some examples, and the place of the first; undefined where there are none. */
const told = (some: readonly Example[], all: readonly Example[], what: string): string | undefined =>
  some.length === 0
    ? undefined
    : `${some.length} of ${all.length} ${some.length === 1 ? what.replace(' have ', ' has ') : what} (the first is ${some[0]!.id})`;

const toldOfValidation = (validation: readonly Example[], split: string): string | undefined => {
  const unanswered = validation.filter((example) => !isAnswered(example));
  const fate =
    unanswered.length < validation.length
      ? 'left out of its accuracy'
      : 'it has no accuracy, and the last weights count as the best';
  return told(unanswered, validation, `examples of ${split} have no answer: ${fate}`);
};

const nothingLeft = ({ config }: Model, examples: readonly Example[], outside: Example | undefined): UserError => {
  if (outside) {
    const [answer] = outside.answers.map((one) => JSON.stringify(one.answer));
    const some = config.answers.slice(0, 5).join(', ') + (config.answers.length > 5 ? ', …' : '');
    return new UserError(
      `none of ${examples.length} training examples has an answer that the model gives (${some}), such as ${outside.id} with ${answer}: give it a head for them: adaptModel(model, { task, answers })`,
    );
  }
  const fields = Object.keys(examples[0]!.about ?? {}).join(', ');
  const there = fields === '' ? '' : `; beside image and text they have ${fields}`;
  return new UserError(
    `none of ${examples.length} training examples has an answer, from ${examples[0]!.id} on${there}: name the field of the answer in a task of your own, or add it`,
  );
};
