import { type Judgement, judged } from '../claims.ts';
import type { Measured } from '../results.ts';
import { noticeOf, titleOf } from '../size.ts';
import { cellText, finishedText, pointsText, RULE, relationsText, seedsText, unitName } from './format.ts';
import type { Table } from './table.ts';
import { tablesOf } from './tables.ts';

/** The reproduction as Markdown: the verdicts, then every table. */
export const markdownOf = (measured: Measured): string => {
  const { size } = measured;
  const notice = noticeOf(size);
  const parts = [
    `# ${titleOf(size)}`,
    '',
    ...(notice === undefined ? [] : [`**${notice}**`, '']),
    `Made by \`dide reproduce\`: ${finishedText(measured)}. Seeds are fixed beforehand: ${seedsText(size)}; all runs are shown.`,
    '`±` is half the width of the 95 % confidence interval over seeds (Student’s t). A number without it is a single run; `(2 of 3)` says how many seeds are finished.',
    '`test-iid` has new pictures from the distribution of the training data, `test-comp` pictures with combinations of colour and shape that the training data lacks.',
    `${relationsText(size)} [More](../benchmarks.md#questions-of-one-relation).`,
    '',
    ...verdicts(judged(measured), { isResult: notice === undefined }),
    ...tablesOf(measured).flatMap(tableLines),
  ];
  return `${parts.join('\n').trimEnd()}\n`;
};

const verdicts = (judgements: readonly Judgement[], { isResult }: { readonly isResult: boolean }): string[] => [
  '## The paper’s claims',
  '',
  RULE,
  '',
  '| claim | verdict | holds with | difference, points | means, % | second training | compared |',
  '| --- | --- | --- | ---: | ---: | --- | --- |',
  ...judgements.map(({ claim, verdict, rule, difference, means, again, how }) =>
    row([
      claim,
      isResult ? `**${verdict}**` : '–',
      rule,
      difference ? pointsText(difference) : '–',
      means ? means.map((mean) => (100 * mean).toFixed(1)).join(' against ') : '–',
      again?.difference ? `${isResult ? `${again.verdict}, ` : ''}${pointsText(again.difference)}` : '–',
      how,
    ]),
  ),
  '',
];

const tableLines = ({ title, about, columns, rows }: Table): string[] => [
  `## ${title}`,
  '',
  about,
  '',
  row(['', ...columns.map(({ name, unit }) => [name, unitName[unit]].filter(Boolean).join(', '))]),
  row(['---', ...columns.map(() => '---:')]),
  ...rows.map(({ name, cells }) => row([name, ...cells.map((cell, i) => cellText(cell, columns[i]!.unit))])),
  '',
];

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
