import { appendFileSync, closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../errors.ts';
import { writeAtomically } from '../files/atomic-write.ts';
import { explainDisk, makeFolder } from '../files/disk-errors.ts';
import { type Measurement, openingRecord, scalarsRecord } from './tensorboard.ts';

/** Curves of a run, open for writing. */
export interface Metrics {
  /** Adds scalars at a step to both files. @throws UserError where the disk is full. */
  log(step: number, values: Readonly<Record<string, number>>): void;
  close(): void;
}

/** Files with the same numbers: JSON lines, and events for TensorBoard (`tensorboard --logdir <folder>`). */
const linesIn = (folder: string): string => join(folder, 'metrics.jsonl');
const eventsIn = (folder: string): string => join(folder, 'events.out.tfevents.0.dide');

/**
 * Opens `metrics.jsonl` and a TensorBoard event file in `folder`, which is created if need be.
 *
 * A line is `{"step": 20, "time": 1700000000.5, "loss": 0.7}`: `time` in seconds since 1970, numbers that JSON does not
 * have as "NaN", "Infinity", "-Infinity". With `resumeAt`, measurements of a stopped run after that step are removed,
 * so that its curves are those of a run that was never stopped.
 *
 * @throws UserError where the folder already has curves and `resumeAt` is not given.
 */
export const openMetrics = async (
  folder: string,
  { resumeAt }: { resumeAt?: number | undefined } = {},
): Promise<Metrics> => {
  await makeFolder(folder);
  const kept = keptMeasurements(folder, resumeAt);
  await writeAtomically(linesIn(folder), (append) => append(Buffer.concat(kept.map(line))));
  const opening = openingRecord(kept[0]?.time ?? Date.now() / 1000);
  await writeAtomically(eventsIn(folder), (append) => append(Buffer.concat([opening, ...kept.map(scalarsRecord)])));
  return appending(folder);
};

const keptMeasurements = (folder: string, resumeAt: number | undefined): Measurement[] => {
  const before = readMetrics(folder);
  if (resumeAt !== undefined) return before.filter(({ step }) => step <= resumeAt);
  if (before.length === 0) return [];
  const last = before.at(-1)!.step;
  throw new UserError(
    `${folder}: it already has the curves of a run, up to step ${last}: resume it, or give another folder`,
  );
};

const appending = (folder: string): Metrics => {
  const lines = openSync(linesIn(folder), 'a');
  const events = openSync(eventsIn(folder), 'a');
  const log: Metrics['log'] = (step, values) => {
    refuseUnloggable(step, values);
    const measurement = { step, time: Date.now() / 1000, values };
    try {
      appendFileSync(lines, line(measurement));
      appendFileSync(events, scalarsRecord(measurement));
    } catch (error) {
      throw explainDisk(linesIn(folder), error);
    }
  };
  const close = (): void => {
    closeSync(lines);
    closeSync(events);
  };
  return { log, close };
};

const refuseUnloggable = (step: number, values: Readonly<Record<string, number>>): void => {
  if (!Number.isSafeInteger(step) || step < 0) throw new Error(`metrics: a step is a count, not ${step}`);
  if ('step' in values || 'time' in values)
    throw new Error('metrics: `step` and `time` are reserved: give the value another name');
};

const line = ({ step, time, values }: Measurement): Uint8Array => {
  const written = Object.entries(values).map(([name, value]) => [name, Number.isFinite(value) ? value : String(value)]);
  return Buffer.from(`${JSON.stringify({ step, time, ...Object.fromEntries(written) })}\n`);
};

const value = z.union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity']).transform(Number)]);
const row = z.object({ step: z.int().nonnegative(), time: z.number() }).catchall(value);

/**
 * Reads the measurements of a run in the order in which they were logged; none where the folder has no curves. An
 * unfinished last line, as a killed run leaves it, is left out.
 *
 * @throws UserError where any other line is broken.
 */
export const readMetrics = (folder: string): Measurement[] => {
  const path = linesIn(folder);
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  return lines.map((text, index) => parsedLine(text, `${path}:${index + 1}`));
};

const parsedLine = (text: string, where: string): Measurement => {
  try {
    const { step, time, ...values } = row.parse(JSON.parse(text));
    return { step, time, values };
  } catch (error) {
    throw new UserError(`${where}: this is not a line of metrics: remove it, or the file`, { cause: error });
  }
};
