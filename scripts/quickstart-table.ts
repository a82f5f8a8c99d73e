/**
 * Writes what the last quickstart said into the README, between the marks of its table: after `npm run quickstart`,
 * `npx tsx scripts/quickstart-table.ts [runs/quickstart/report.html]`.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { durationOf } from '../src/cli/terminal/table.ts';
import { tablesOf } from '../src/cli/verbs/quickstart.ts';
import { type QuickstartReport, REPRODUCIBILITY } from '../src/studies/quickstart/content.ts';

/** Text of the README between the marks. */
export const textBetweenMarks = (report: QuickstartReport): string => {
  const { command, seconds, findings } = report;
  const { accuracy, cost } = tablesOf(report);
  return [
    ...['```', accuracy, '', cost, '```', ''],
    `That is \`${command}\` on two cores, in ${durationOf(1000 * seconds)}. ${REPRODUCIBILITY}`,
    ...['', ...findings.map((finding) => `- ${finding}`)],
  ].join('\n');
};

/** The numbers that are in a report as JSON. @throws Error where the page has none. */
export const numbersIn = (page: string): QuickstartReport => {
  const found = /<script type="application\/json" id="numbers">(.*?)<\/script>/s.exec(page);
  if (!found) throw new Error('this page has no numbers: give the report of a quickstart');
  return JSON.parse(found[1]!);
};

const MARKS = /(<!-- quickstart:table -->\n).*?(\n<!-- \/quickstart:table -->)/s;

/** The README with the numbers of a report. */
export const withTable = (readme: string, report: QuickstartReport): string =>
  readme.replace(MARKS, (_, begin, end) => begin + textBetweenMarks(report) + end);

if (import.meta.filename === process.argv[1]) {
  const readme = fileURLToPath(new URL('../README.md', import.meta.url));
  const page = readFileSync(process.argv[2] ?? 'runs/quickstart/report.html', 'utf8');
  writeFileSync(readme, withTable(readFileSync(readme, 'utf8'), numbersIn(page)));
}
