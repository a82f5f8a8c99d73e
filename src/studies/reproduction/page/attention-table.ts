import { attentionDirections, attentionStudents, COMPARED_PAIRS } from '../jobs/attention.ts';
import { type Measured, resultWith } from '../results.ts';
import { STUDIED } from '../tasks.ts';
import { singleValue, type Table } from './table.ts';

/** KL divergence of the students' attention from their teacher's, in both directions. */
export const attentionTable = ({ results }: Measured): Table => {
  const directions = Object.keys(attentionDirections);
  const measures = resultWith(results, { kind: 'attention', task: STUDIED })?.measures;
  return {
    id: 'attention',
    title: "Divergence of a student's attention from its teacher's",
    about: `KL divergence from the teacher's cross-modal attention in the last layer on ${STUDIED} test-iid, mean over ${COMPARED_PAIRS} pairs, heads and rows, in nats: the loss L_CA on pictures outside the training data. First seed. Not in the paper.`,
    columns: directions.map((name) => ({ name, unit: 'nats' })),
    rows: Object.keys(attentionStudents).map((name) => ({
      name,
      cells: directions.map((direction) => singleValue(measures?.[name]?.[direction])),
    })),
  };
};
