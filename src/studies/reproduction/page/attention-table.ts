import { attentionDirections, attentionStudents, COMPARED_PAIRS } from '../jobs/attention.ts';
import { type Measured, resultWith } from '../results.ts';
import { SEARCHED } from '../tasks.ts';
import { singleValue, type Table } from './table.ts';

/** KL divergence of the students' attention from their teacher's, in both directions. */
export const attentionTable = ({ results }: Measured): Table => {
  const directions = Object.keys(attentionDirections);
  const measures = resultWith(results, { kind: 'attention', task: SEARCHED })?.measures;
  return {
    id: 'attention',
    title: "How far a student's attention is from its teacher's",
    about: `KL to the teacher's cross-modal attention in the last layer on ${SEARCHED} test-iid, mean over ${COMPARED_PAIRS} pairs, heads and rows, in nats: what L_CA is made of, on pictures that were never seen. First seed. Not in the paper.`,
    columns: directions.map((name) => ({ name, unit: 'nats' })),
    rows: Object.keys(attentionStudents).map((name) => ({
      name,
      cells: directions.map((direction) => singleValue(measures?.[name]?.[direction])),
    })),
  };
};
