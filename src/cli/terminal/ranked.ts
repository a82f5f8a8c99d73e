import { Option } from 'commander';
import { type TableColumn, type TableRow, tableTypes, writeTable } from '../../files/write-table.ts';
import type { RankedImage } from '../../query.ts';
import type { FilterFlags, RankingFlags } from '../options/query.ts';
import type { Cell } from './table.ts';
import { grouped, groupedCount, tableOf } from './table.ts';

/** `--out`: a file of all results. */
export const outOption = (): Option =>
  new Option(
    '--out <file>',
    `write all results to a file too: ${tableTypes} (texts as they are: a spreadsheet may take one that begins with = for a formula)`,
  );

/** A column of results, beside those that all ranked images have. */
export interface ResultColumn {
  readonly name: string;
  readonly kind: 'text' | 'number';
}

/** Ranked images with columns of their own, as a table for people; date and near-duplicates where they matter. */
export const rankedTable = (
  rows: readonly (RankedImage & object)[],
  columns: readonly ResultColumn[],
  { sort, from, to, nearDuplicates }: RankingFlags & FilterFlags,
): string => {
  const hasDate = sort === 'date' || from !== undefined || to !== undefined;
  const hasCopies = nearDuplicates !== undefined;
  const hasCache = rows.some(({ cache }) => cache !== undefined);
  const cellsOf = (row: RankedImage & object): Cell[] => {
    const values = row as unknown as Readonly<Record<string, string | number>>;
    return [
      row.image,
      ...(hasCache ? [row.cache ?? ''] : []),
      ...columns.map(({ name, kind }) => (kind === 'number' ? (values[name] as number).toFixed(3) : values[name]!)),
      ...(hasDate ? [row.date.replace('T', ' ')] : []),
      ...(hasCopies ? [row.duplicates?.length ? `+ ${row.duplicates.length}` : ''] : []),
    ];
  };
  const heading = [
    'image',
    ...(hasCache ? ['cache'] : []),
    ...columns.map(({ name }) => name),
    ...(hasDate ? ['date'] : []),
    ...(hasCopies ? ['near-duplicates'] : []),
  ];
  return tableOf([heading, ...rows.map(cellsOf)]);
};

/** Columns of ranked images in a file. @param hasCache whether they are of several caches */
export const fileColumns = (columns: readonly ResultColumn[], hasCache: boolean): TableColumn[] => [
  { name: 'image', kind: 'text' },
  ...(hasCache ? [{ name: 'cache', kind: 'text' } as const] : []),
  ...columns,
  { name: 'date', kind: 'text' },
  { name: 'duplicates', kind: 'texts' },
];

/** Writes ranked images to a file. @throws UserError where the disk refuses. */
export const writeRanked = async (
  path: string,
  rows: readonly RankedImage[],
  columns: readonly ResultColumn[],
): Promise<void> => {
  async function* blocks(): AsyncGenerator<readonly TableRow[], void, undefined> {
    yield rows as readonly (RankedImage & TableRow)[];
  }
  await writeTable(
    path,
    fileColumns(
      columns,
      rows.some(({ cache }) => cache !== undefined),
    ),
    blocks(),
  );
};

/** Says how many images are not in the table, and how many were not found among those that were looked at. */
export const restOf = ({
  shown,
  found,
  images,
}: {
  readonly shown: number;
  readonly found: number;
  readonly images: number;
}): string[] => {
  const lines: string[] = [];
  if (found > shown) lines.push(`… and ${grouped(found - shown)} more images: --top ${found}`);
  if (found < images) lines.push(`${grouped(found)} of ${groupedCount(images, 'image')} fit`);
  return lines;
};
