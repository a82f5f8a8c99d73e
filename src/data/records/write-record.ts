import type { Example } from '../example.ts';
import type { WrittenField } from './answers.ts';
import type { RecordShape } from './shape.ts';

/** Names and kinds of the fields of a written record, without its images and `about`. */
export const writtenFields = ({ textFields, severalTexts, answers }: RecordShape): WrittenField[] => [
  [textFields[0]!, severalTexts ? 'texts' : 'text'],
  ...answers.written,
];

/** An example without its images, as a row that a record reader reads back as it was. */
export const recordOf = (
  { text, answers, about, pictures }: Example,
  { textFields, answers: format }: RecordShape,
): Record<string, unknown> => ({
  [textFields[0]!]: text,
  ...format.write(answers),
  ...(about || pictures ? { about: { ...about, ...(pictures ? { pictures } : {}) } } : {}),
});

/** Texts about the same images as rows: one with a list of texts where the shape has those, otherwise one a text. */
export const recordsOf = (examples: readonly Example[], shape: RecordShape): Record<string, unknown>[] => {
  const [first] = examples as readonly [Example];
  if (!shape.severalTexts) return examples.map((example) => recordOf(example, shape));
  return [{ ...recordOf(first, shape), [shape.textFields[0]!]: examples.map(({ text }) => text) }];
};

/** Texts about the same images as one row: a list of texts, or rows under `examples`. */
export const recordOfAll = (examples: readonly Example[], shape: RecordShape): Record<string, unknown> => {
  const [first] = examples as readonly [Example];
  if (examples.length === 1) return recordOf(first, shape);
  const records = recordsOf(examples, shape);
  return records.length === 1 ? records[0]! : { examples: records };
};
