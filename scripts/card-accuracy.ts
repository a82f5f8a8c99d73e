/**
 * Measures a shipped model on scenes, and writes the table into its card, beside its teacher's where one is given:
 * `npx tsx scripts/card-accuracy.ts student-mini runs/remake/scenes/questions [teacher-mini]`.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { galleryOf, interval, meanOf, preprocessorFor, scoreRetrieval } from '../src/data.ts';
import { evaluate, loadModel, type Model, retrieval } from '../src/index.ts';
import { type AccuracyReport, accuracyReport } from '../src/studies/measures/accuracy.ts';
import { sameWordsChoices } from '../src/studies/measures/same-words.ts';
import { understanding } from '../src/studies/reproduction/tasks.ts';
import { recipes, type ShippedName } from '../src/studies/shipped/recipes.ts';

const SPLITS = ['validation', 'test-iid', 'test-comp'] as const;

/** Data of a model's last training. */
const viewOf = (name: ShippedName) => Object.values(recipes[name].lessons).at(-1)!.scenes.view ?? 'vqa';

const measured = async (name: ShippedName, data: string): Promise<AccuracyReport[]> => {
  const [model, view] = [await loadModel(`assets/${name}.safetensors`), viewOf(name)];
  const reports: AccuracyReport[] = [];
  for (const split of SPLITS) {
    if (view === 'retrieval') reports.push(await choicesReport(model, data, split));
    else if (view === 'pretraining') throw new Error(`${name}: it gives no answers, so it has no accuracy`);
    else
      reports.push(
        accuracyReport((await evaluate(model, { task: understanding[view], data, split })).predictions, { seed: 0 }),
      );
  }
  return reports;
};

/** Images and captions whose scores are computed at once: whole quadruples. */
const AT_ONCE = 40;

/** Share of right choices among the four captions, or images, of a quadruple. */
const choicesReport = async (model: Model, data: string, split: string): Promise<AccuracyReport> => {
  const preprocessor = preprocessorFor(model.config, { batch: 64 });
  const examples = await retrieval.read(data, split);
  const found: Record<string, number[]> = {};
  for (let from = 0; from < examples.length; from += AT_ONCE) {
    const gallery = galleryOf(examples.slice(from, from + AT_ONCE));
    const choices = sameWordsChoices(await scoreRetrieval(model, gallery, { preprocessor }));
    for (const [name, terms] of Object.entries(choices)) found[name] = [...(found[name] ?? []), ...terms];
  }
  const byKind = Object.entries(found).map(([name, terms]) => [name, { mean: meanOf(terms), count: terms.length }]);
  return { ...interval(Object.values(found).flat(), { seed: 0 }), byKind: Object.fromEntries(byKind) };
};

const percent = (ratio: number): string => `${(100 * ratio).toFixed(1)} %`;
const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

/** The lines of a card's table: all that is asked, each kind, and the ratio of the teacher's accuracy that is kept. */
const linesOf = (asked: string, reports: readonly AccuracyReport[], teacher?: readonly AccuracyReport[]): string[] => {
  const all = reports.map(({ mean, low, high }) => `${percent(mean)} (${percent(low)} to ${percent(high)})`);
  const kinds = Object.keys(reports[0]!.byKind).map((kind) =>
    row([kind, ...reports.map(({ byKind }) => percent(byKind[kind]!.mean))]),
  );
  const kept = teacher?.map(({ mean }, i) => percent(reports[i]!.mean / mean));
  return [
    ...[row([asked, ...SPLITS]), row(['---', '---', '---', '---']), row(['all', ...all]), ...kinds],
    ...(kept ? [row(["of its teacher's accuracy", ...kept])] : []),
  ];
};

const [name, data, teacherName] = process.argv.slice(2) as [ShippedName, string, ShippedName | undefined];
const teacher = teacherName === undefined ? undefined : await measured(teacherName, data);
const table = linesOf(viewOf(name) === 'retrieval' ? 'choices' : 'questions', await measured(name, data), teacher).join(
  '\n',
);
const command = `npx tsx scripts/card-accuracy.ts ${[name, data, ...(teacherName ? [teacherName] : [])].join(' ')}`;
const card = `assets/${name}.md`;
const text = readFileSync(card, 'utf8').replace(
  /(<!-- card:accuracy -->\n).*?(<!-- \/card:accuracy -->)/s,
  (_, begin, end) =>
    `${begin}${table}\n\n95 % intervals: \`${command}\`, on the scenes that \`dide remake\` writes.\n${end}`,
);
writeFileSync(card, text);
console.log(table);
