import type { Example } from '../data/example.ts';
import { UserError } from '../errors.ts';

/**
 * Examples whose answers are the task's own labels, matched by name in any case: sets number their labels differently,
 * so a number says nothing.
 *
 * @throws UserError that names the example, for an answer that is no label.
 */
export const labelled = (examples: readonly Example[], labels: readonly string[]): Example[] => {
  const byName = new Map(labels.map((label) => [label.toLowerCase(), label]));
  return examples.map((example) => ({
    ...example,
    answers: example.answers.map(({ answer, score }) => {
      const label = byName.get(answer.trim().toLowerCase());
      if (label !== undefined) return { answer: label, score };
      throw new UserError(
        `${example.id}: the answer ${JSON.stringify(answer)} is none of ${labels.join(', ')}: write one of these names`,
      );
    }),
  }));
};
