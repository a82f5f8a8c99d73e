import { sharedAnswers } from '../checkpoints/derive.ts';
import type { Model } from '../checkpoints/model-file.ts';
import { gather, transposeLast } from '../engine/ops.ts';
import { constant, type Tensor } from '../engine/tensor.ts';
import { UserError } from '../errors.ts';
import type { ModelConfig } from '../model/config.ts';
import type { Logits, Objective, Objectives } from '../objectives/objective.ts';

/** Config of a student, as far as its answers go. */
type Student = Pick<ModelConfig, 'answers' | 'scoring'>;

/** Whether a teacher lacks some of a student's answers, which ground truth alone can then teach. */
export const lacksAnswers = ({ answers }: Student, teacher: Model): boolean =>
  sharedAnswers(teacher, answers).length < answers.length;

/** Whether soft labels of a teacher say anything: a softmax over fewer than two answers is always 1. */
export const canTeach = ({ answers, scoring }: Student, teacher: Model): boolean =>
  sharedAnswers(teacher, answers).length >= (scoring === 'softmax' ? 2 : 1);

/**
 * Objectives of a student whose teacher has other answers. Soft labels compare the answers that both have: by sigmoid
 * each answer is a probability of its own, by softmax both are conditional on the answer being one of these. Attention
 * and hidden states know no answers and are compared as they are.
 *
 * @throws UserError where soft labels have no answer to compare, or nothing teaches the answers that the teacher lacks.
 */
export const overSharedAnswers = (objectives: Objectives, student: Student, teacher: Model | undefined): Objectives => {
  const { soft, ...others } = objectives;
  if (!teacher || isEqual(student.answers, teacher.config.answers)) return objectives;
  const shared = sharedAnswers(teacher, student.answers);
  if (soft && !canTeach(student, teacher)) {
    throw new UserError(
      `losses: the teacher and the model share ${shared.length} of ${student.answers.length} answers, too few for soft labels: fine-tune the teacher on these data first, or leave soft labels out`,
    );
  }
  const isTaught = Object.keys(others).some((name) => !/^(attention|hidden)$/.test(name));
  if (lacksAnswers(student, teacher) && !isTaught) {
    const lacking = student.answers.find((answer) => !shared.includes(answer));
    throw new UserError(
      `losses: the teacher lacks ${student.answers.length - shared.length} of ${student.answers.length} answers (${JSON.stringify(lacking)}), and nothing else teaches them: give hard labels a weight, or fine-tune the teacher on these data first`,
    );
  }
  if (!soft) return objectives;
  const [own, theirs] = [student.answers, teacher.config.answers].map((answers) => placesOf(shared, answers));
  const objective: Objective<Logits> = (one, other, target) =>
    (soft.objective as Objective<Logits>)(
      { ...one, logits: columnsAt(one.logits, own!) },
      { ...other, logits: columnsAt(other.logits, theirs!) },
      target,
    );
  return { ...objectives, soft: { ...soft, objective } };
};

const isEqual = (some: readonly string[], others: readonly string[]): boolean =>
  some.length === others.length && some.every((one, i) => one === others[i]);

const placesOf = (shared: readonly string[], answers: readonly string[]): Int32Array => {
  const places = new Map(answers.map((answer, place) => [answer, place]));
  return Int32Array.from(shared, (answer) => places.get(answer)!);
};

/** Columns of logits [batch, answers] at some places: → [batch, places]. */
const columnsAt = (logits: Tensor, places: Int32Array): Tensor =>
  transposeLast(gather(transposeLast(logits), constant({ shape: [places.length], data: places })));
