/**
 * Measures a shipped model on scenes, and writes the table into its card, beside its teacher's where one is given:
 * `npx tsx scripts/card-accuracy.ts student-mini runs/remake/scenes/questions [teacher-mini]`.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { evaluate, loadModel } from '../src/index.ts';
import { type AccuracyReport, accuracyReport } from '../src/studies/measures/accuracy.ts';
import { understanding } from '../src/studies/reproduction/tasks.ts';
import { recipes, type ShippedName } from '../src/studies/shipped/recipes.ts';

const SPLITS = ['validation', 'test-iid', 'test-comp'] as const;

/** The task of the last training of a model. */
const taskOf = (name: ShippedName) => {
  const { view = 'vqa' } = Object.values(recipes[name].lessons).at(-1)!.scenes;
  if (view in understanding) return understanding[view as keyof typeof understanding];
  throw new Error(`${name}: it gives no answers, so it has no accuracy`);
};

const measured = async (name: ShippedName, data: string): Promise<AccuracyReport[]> => {
  const model = await loadModel(`assets/${name}.safetensors`);
  const reports: AccuracyReport[] = [];
  for (const split of SPLITS) {
    const { predictions } = await evaluate(model, { task: taskOf(name), data, split });
    reports.push(accuracyReport(predictions, { seed: 0 }));
  }
  return reports;
};

const percent = (ratio: number): string => `${(100 * ratio).toFixed(1)} %`;
const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

/** The lines of a card's table: all questions, each kind, and the ratio of the teacher's accuracy that is kept. */
const linesOf = (reports: readonly AccuracyReport[], teacher: readonly AccuracyReport[] | undefined): string[] => {
  const all = reports.map(({ mean, low, high }) => `${percent(mean)} (${percent(low)} to ${percent(high)})`);
  const kinds = Object.keys(reports[0]!.byKind).map((kind) =>
    row([kind, ...reports.map(({ byKind }) => percent(byKind[kind]!.mean))]),
  );
  const kept = teacher?.map(({ mean }, i) => percent(reports[i]!.mean / mean));
  return [
    ...[row(['questions', ...SPLITS]), row(['---', '---', '---', '---']), row(['all', ...all]), ...kinds],
    ...(kept ? [row(["of its teacher's accuracy", ...kept])] : []),
  ];
};

const [name, data, teacherName] = process.argv.slice(2) as [ShippedName, string, ShippedName | undefined];
const teacher = teacherName === undefined ? undefined : await measured(teacherName, data);
const table = linesOf(await measured(name, data), teacher).join('\n');
const command = `npx tsx scripts/card-accuracy.ts ${[name, data, ...(teacherName ? [teacherName] : [])].join(' ')}`;
const card = `assets/${name}.md`;
const text = readFileSync(card, 'utf8').replace(
  /(<!-- card:accuracy -->\n).*?(<!-- \/card:accuracy -->)/s,
  (_, begin, end) =>
    `${begin}${table}\n\n95 % intervals: \`${command}\`, on the scenes that \`dide remake\` writes.\n${end}`,
);
writeFileSync(card, text);
console.log(table);
