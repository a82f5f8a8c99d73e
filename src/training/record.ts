import { UserError } from '../errors.ts';
import type { Validator } from '../evaluation/evaluate.ts';
import type { Optimizer } from '../optim/optimizer.ts';
import type { TrainStep } from './options.ts';
import type { Run } from './run-folder.ts';

/** Result of an update, but for its time. */
type UpdateResult = Omit<TrainStep, 'milliseconds' | 'waitMilliseconds'>;

/** Validation of a run, opened once it is this process that validates. */
export const openValidation = async (run: Run, open: () => Promise<Validator>): Promise<Validator> => {
  let opened = run.isFirst ? await open() : undefined;
  return {
    accuracy: async () => {
      opened ??= await open();
      return await opened.accuracy();
    },
    [Symbol.asyncDispose]: async () => await opened?.[Symbol.asyncDispose](),
  };
};

/** Validates and records updates in the process whose task it is. */
export const openRecord = (run: Run, validator: Validator, { current }: Optimizer) => {
  let last: UpdateResult | undefined;
  const finish = async (done: UpdateResult): Promise<UpdateResult> => {
    const isDue = run.isFirst && run.isValidated(done.number);
    const validation = isDue ? await validator.accuracy().catch(namingUpdate(done.number)) : undefined;
    last = { ...done, validation };
    await run.record(last, current);
    return last;
  };
  return {
    finish,
    /** Records an update again where the process that did is lost, perhaps before it had. */
    takeOver: async (number: number): Promise<void> => {
      if ((await run.takeOver(number)) && last) await finish(last);
    },
  };
};

/** Rethrows an error of a validation, with the update after which it was. */
const namingUpdate =
  (update: number) =>
  (error: unknown): never => {
    if (!(error instanceof UserError)) throw error;
    const [first, ...list] = error.lines;
    throw new UserError(`update ${update}: ${first}`, { cause: error, list });
  };
