/**
 * Trainings in one of several processes: `node --import tsx test/processes/training.child.ts <orders.json>`. The first
 * process writes what came out beside the orders.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { openProcesses } from '../../src/processes/launched.ts';
import { type TrainingData, type TrainingName, trainings } from './trainings.ts';

/** Orders of a child. */
export interface Orders {
  readonly data: TrainingData;
  readonly names: readonly TrainingName[];
  /** Examples of a batch of each process. */
  readonly batch: number;
  readonly updates: number;
}

/** Losses of each update of a training, and its weights in the end. */
export interface Outcome {
  readonly losses: Readonly<Record<string, number>>[];
  readonly validations: readonly number[];
  readonly weights: Readonly<Record<string, readonly number[]>>;
}

const path = process.argv[2]!;
const { data, names, batch, updates } = JSON.parse(readFileSync(path, 'utf8')) as Orders;
await using processes = await openProcesses();
const outcomes: Record<string, Outcome> = {};
for (const name of names) {
  const { model, steps } = trainings[name](data, { batch, updates, processes });
  const [losses, validations]: [Outcome['losses'], number[]] = [[], []];
  for await (const step of steps) {
    losses.push(step.losses);
    if (step.validation !== undefined) validations.push(step.validation);
  }
  const weights = Object.fromEntries([...model.weights].map(([key, { data }]) => [key, [...data]]));
  outcomes[name] = { losses, validations, weights };
}
if (processes.rank === 0) writeFileSync(path.replace('.json', '.outcomes.json'), JSON.stringify(outcomes));
