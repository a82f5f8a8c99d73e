import { budgetsOf } from '../budgets.ts';
import { planOf } from '../plan.ts';
import type { Measured } from '../results.ts';
import { singleValue, type Table } from './table.ts';

/** Table of the cost of the plan's jobs. */
export const budgetTable = ({ size, results }: Measured): Table => {
  const done = new Set(results.map(({ id }) => id));
  const budgets = budgetsOf(planOf(size), (id) => done.has(id));
  const total = budgets.reduce((sum, { hours }) => sum + hours, 0);
  const sum = (of: (budget: (typeof budgets)[number]) => number): number =>
    budgets.reduce((all, budget) => all + of(budget), 0);
  return {
    id: 'budgets',
    title: 'Budgets',
    about: `Jobs of the plan and what they cost on one core, as expected from the time of an update: ${total.toFixed(1)} hours, half of that on two cores. Every job can be stopped and continued. What a teacher makes of its training data is computed once, kept in float16, and shared by all students that learn the same of it.`,
    columns: [
      { name: 'updates each', unit: 'count' },
      { name: 'jobs', unit: 'count' },
      { name: 'finished', unit: 'count' },
      { name: 'hours', unit: 'hours' },
    ],
    rows: [
      ...budgets.map(({ part, updates, jobs, finished, hours }) => ({
        name: updates === 0 ? `${part}: measurements` : part,
        cells: [updates, jobs, finished, hours].map(singleValue),
      })),
      {
        name: 'all',
        cells: [undefined, ...[sum(({ jobs }) => jobs), sum(({ finished }) => finished), total].map(singleValue)],
      },
    ],
  };
};
