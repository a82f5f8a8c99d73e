import type { ImageCache } from '../../../index.ts';
import type { Condition } from '../../../query.ts';
import type { Processes } from '../../../training.ts';
import type { ForeignOptions } from '../../options/checkpoint.ts';
import type { PrecisionFlag } from '../../options/device.ts';
import type { PieceFlags } from '../../options/pieces/pieces.ts';
import type { SparkFlags } from '../../options/pieces/spark.ts';
import { type FilterFlags, filterOf, type RankingFlags, rankingOf } from '../../options/query.ts';
import type { TaskName } from '../../options/tasks.ts';

/** Options of `dide ask`. */
export interface AskFlags extends ForeignOptions, PrecisionFlag, FilterFlags, RankingFlags, PieceFlags, SparkFlags {
  readonly task?: TaskName | undefined;
  readonly cache: readonly string[];
  readonly answer?: string | undefined;
  readonly mostProbable?: boolean | undefined;
  readonly and?: readonly string[] | undefined;
  readonly not?: readonly string[] | undefined;
  readonly questions?: string | undefined;
  readonly histogram?: boolean | undefined;
  readonly stream?: boolean | undefined;
  readonly out?: string | undefined;
  readonly threads?: number | undefined;
  readonly json?: boolean | undefined;
  /** Processes that ask together. */
  readonly processes?: Processes | undefined;
  /** The words of the command line after `dide`. */
  readonly commandLine?: readonly string[] | undefined;
}

/** The library's options from the flags of `dide ask`. */
export const askOptions = (options: AskFlags) => ({
  ...filterOf(options),
  ...rankingOf(options, options.out !== undefined),
  answer: options.mostProbable ? null : options.answer,
  ...{ and: options.and, not: options.not, threads: options.threads, processes: options.processes },
});

/** Columns of answers, beside those of all ranked images. */
export const answerColumns = [
  { name: 'answer', kind: 'text' },
  { name: 'probability', kind: 'number' },
] as const;

/** Questions, and what they are asked of. */
export interface AskWork {
  readonly cache: ImageCache;
  readonly questions: readonly Condition[];
  readonly options: AskFlags;
}
