import { UserError } from '../../errors.ts';
import { isDiskRefusal, Problem } from '../problem.ts';

/**
 * The error of a cache to the one who asked: 503 where its files cannot be read or written, with the name of the cache in
 * place of its folder, whose path is nobody else's business. Other errors stay as they are.
 */
export const cacheProblem = (error: unknown, { folder, name }: { readonly folder: string; readonly name: string }) => {
  if (!(error instanceof UserError) || isDiskRefusal(error) || !error.message.includes(folder)) return error;
  return new Problem(503, error.message.replaceAll(folder, name), { 'retry-after': '60' });
};
