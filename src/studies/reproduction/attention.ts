import { existsSync } from 'node:fs';
import { loadTrained } from '../../weights/trained.ts';
import { shownExamples } from '../examples.ts';
import { explainPairs } from '../explain.ts';
import type { ExplainedPair } from '../report/explained.ts';
import { scenesOf } from './data.ts';
import { weightsOf } from './piece.ts';
import { chosenRates } from './plan.ts';
import type { Measured } from './reproduce.ts';
import { SEARCHED, understanding } from './tasks.ts';
import { studentId, tunedTeacher } from './understanding.ts';
import type { VariantName } from './variants.ts';

/** Pairs whose attention is shown. */
const SHOWN = 4;

/**
 * What teacher, distilled and undistilled student attend to, in every head, for the first test examples of each kind of
 * question: not chosen by result. None before all three are trained, or where their weights are gone.
 */
export const attentionOf = async (folder: string, { size, outcomes }: Measured): Promise<ExplainedPair[]> => {
  const rates = chosenRates(size, outcomes);
  if (!rates) return [];
  const student = (variant: VariantName): string =>
    studentId({ task: SEARCHED, variant, begins: 'teacher', share: 1, seed: size.seeds[0]! }, rates[variant]);
  const ids = {
    teacher: tunedTeacher(SEARCHED),
    'distilled student': student('cross'),
    'undistilled student': student('hard'),
  };
  if (Object.values(ids).some((id) => !existsSync(weightsOf(folder, id)))) return [];
  const load = async ([name, id]: [string, string]) => [name, await loadTrained(weightsOf(folder, id))] as const;
  const models = Object.fromEntries(await Promise.all(Object.entries(ids).map(load)));
  const examples = await understanding[SEARCHED].read(scenesOf(folder, SEARCHED), 'test-iid');
  return await explainPairs(models, shownExamples(examples, SHOWN));
};
