import { randomUUID } from 'node:crypto';
import { readArrowBytes } from '../data/formats/arrow/file.ts';
import { UserError } from '../errors.ts';
import { parseSparkAddress } from './address.ts';
import { callGrpc, GrpcError } from './grpc.ts';
import { arrowIn, encodeRequest } from './messages.ts';

/** Lines that Spark hands to a command on its machines. */
export interface Transformation {
  /** Address of Spark Connect: `sc://host:15002`. */
  readonly spark: string;
  /** A command of bash that reads lines and prints lines; it is started once for each task, on a machine of the cluster. */
  readonly command: string;
  /** Lines without tabs. */
  readonly lines: readonly string[];
  /** Number of tasks; lines are spread over them. */
  readonly tasks: number;
  /** Ends it, and the work of Spark, by throwing the reason of its abortion. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Has Spark start a command on its executors, give each some of the lines, and yields what they print, line by line in any
 * order: SELECT TRANSFORM … USING, by Spark Connect. A task whose executor is lost, or whose command ends with an error, is
 * done again elsewhere by Spark, four times by default; what it printed before counts only once.
 *
 * @throws UserError where Spark is not reached, or gives the work up.
 */
export async function* transformLines(transformation: Transformation): AsyncGenerator<string, void, undefined> {
  const { spark, lines, tasks, signal } = transformation;
  signal?.throwIfAborted();
  if (lines.length === 0) return;
  const { url, token, user, shown } = parseSparkAddress(spark);
  const message = encodeRequest({
    query: queryOf(transformation.command, Math.min(tasks, lines.length)),
    texts: [lines.join('\n')],
    ...{ session: randomUUID(), user },
  });
  try {
    const answers = callGrpc({ url, path: '/spark.connect.SparkConnectService/ExecutePlan', message, token, signal });
    for await (const answer of answers) {
      const rows = arrowIn(answer);
      if (rows) yield* linesIn(rows, shown);
    }
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof UserError) throw error;
    throw new UserError(`${shown}: ${reasonOf(error as Error)}`, { cause: error });
  }
}

const queryOf = (command: string, tasks: number): string => `
SELECT TRANSFORM(name)
  ROW FORMAT DELIMITED FIELDS TERMINATED BY '\\t' LINES TERMINATED BY '\\n'
  USING ${quoted(command)} AS (line STRING)
  ROW FORMAT DELIMITED FIELDS TERMINATED BY '\\t' LINES TERMINATED BY '\\n'
FROM (SELECT /*+ REPARTITION(${tasks}) */ explode(split(?, '\\n')) AS name)`;

/** A text as a literal of SQL. */
const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

async function* linesIn(bytes: Uint8Array, shown: string): AsyncGenerator<string, void, undefined> {
  for await (const { rows, columns } of readArrowBytes(bytes, shown, ['line'])) {
    const column = columns.get('line')!;
    for (let row = 0; row < rows; row += 1) yield String(column.at(row));
  }
}

/** Letters of what Spark says of a failure, which may be a trace of Java of many lines. */
const LONGEST = 2000;

const reasonOf = (error: Error): string => {
  if (!(error instanceof GrpcError))
    return `Spark Connect is not reached, or was lost (${error.message}): start it with sbin/start-connect-server.sh, and check host and port`;
  const lines = error.message.split('\n').filter((line) => !/^\s+at |^\s*\.\.\. \d+ more/.test(line));
  const said = lines.join(' ').slice(0, LONGEST);
  return `Spark gave it up (${error.code}): ${said}: see the log of the executors`;
};
