import { type Judgement, judged } from '../claims.ts';
import type { Measured } from '../results.ts';
import { noticeOf } from '../size.ts';
import { cellText, pointsText, unitName } from './format.ts';
import type { Table } from './table.ts';
import { tablesOf } from './tables.ts';

/** The reproduction as Markdown: the verdicts, then every table. */
export const markdownOf = (measured: Measured): string => {
  const { results, planned, size, rates } = measured;
  const finished = results.length;
  const notice = noticeOf(size);
  const parts = [
    '# The paper in miniature',
    '',
    ...(notice === undefined ? [] : [`**${notice}**`, '']),
    `Made by \`dide reproduce\`: ${finished} of ${planned ?? 'some more'} pieces${finished === planned ? '' : ' so far; the same command goes on'}. Seeds ${size.seeds.join(', ')}, fixed beforehand; every run is shown, none was dropped.`,
    '`±` is the half-width of the 95 % interval of Student’s t over seeds; a number without it is one run, `(2 of 3)` the seeds that are done.',
    '`test-iid` are new pictures like those of training, `test-comp` pictures with colours on shapes that were never seen together.',
    '',
    ...(rates
      ? verdicts(judged(measured))
      : ['The search for learning rates has not ended: there is nothing to compare yet.', '']),
    ...(rates ? tablesOf(measured).flatMap(tableLines) : []),
  ];
  return `${parts.join('\n').trimEnd()}\n`;
};

const verdicts = (judgements: readonly Judgement[]): string[] => [
  '## The paper’s claims',
  '',
  '| claim | verdict | difference, points | means, % | trained a second time | compared |',
  '| --- | --- | ---: | ---: | --- | --- |',
  ...judgements.map(({ claim, verdict, difference, means, again, how }) =>
    row([
      claim,
      `**${verdict}**`,
      difference ? pointsText(difference) : '–',
      means ? means.map((mean) => (100 * mean).toFixed(1)).join(' against ') : '–',
      again?.difference ? `${again.verdict}, ${pointsText(again.difference)}` : '–',
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
  row(['', ...columns.map(({ name, unit }) => `${name}, ${unitName[unit]}`)]),
  row(['---', ...columns.map(() => '---:')]),
  ...rows.map(({ name, cells }) => row([name, ...cells.map((cell, i) => cellText(cell, columns[i]!.unit))])),
  '',
];

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
