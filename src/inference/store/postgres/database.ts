import type { QueryConfig } from 'pg';
import { UserError } from '../../../errors.ts';

/** A cache in a database. */
export interface DatabasePlace {
  /** Address of the database, as `pg` takes it. */
  readonly url: string;
  /** Address without a password, and with the name of the cache, for messages. */
  readonly shown: string;
  /** Name of the cache. */
  readonly name: string;
  /** Its schema, quoted: each cache has one of its own. */
  readonly schema: string;
}

/**
 * Reads an address: `postgres://me@localhost:5432/pictures?cache=photos`.
 *
 * @throws UserError where it is none, or the cache's name has other characters than letters, digits, _ and -.
 */
export const placeOf = (address: string): DatabasePlace => {
  if (!URL.canParse(address))
    throw new UserError(
      `${address}: it is no address: write postgres://user:password@host:port/database?cache=name, special characters as %40`,
    );
  const url = new URL(address);
  const name = url.searchParams.get('cache') ?? 'images';
  if (!/^[\w-]{1,50}$/.test(name))
    throw new UserError(`${JSON.stringify(name)}: name a cache by at most 50 letters, digits, _ and -`);
  url.searchParams.delete('cache');
  const bare = new URL(url);
  bare.password = '';
  return { url: url.href, shown: `${bare.href} (cache ${name})`, name, schema: `"dide_${name}"` };
};

/** A connection to a database. */
export interface Database extends AsyncDisposable {
  /** Rows of a query, a list of columns each: numbers, texts, booleans, and bytes as a Buffer. */
  rows(text: string, values?: readonly unknown[]): Promise<readonly unknown[][]>;
  /** Does something whole or not at all. */
  whole(run: () => Promise<void>): Promise<void>;
}

/** Connects to a database. @throws UserError where it does not answer, or lets nobody in of this name. */
export const connect = async ({ url, shown }: DatabasePlace): Promise<Database> => {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: url });
  // a connection that is lost between two queries is told of by the next one
  client.on('error', () => undefined);
  await client.connect().catch((error: unknown) => {
    throw explained(shown, error);
  });
  const rows: Database['rows'] = async (text, values = []) => {
    const query: QueryConfig & { rowMode: 'array' } = { text, values: [...values], rowMode: 'array' };
    const result = await client.query<unknown[]>(query).catch((error: unknown) => {
      throw explained(shown, error);
    });
    return result.rows;
  };
  return {
    rows,
    whole: async (run) => {
      await rows('begin');
      try {
        await run();
        await rows('commit');
      } catch (error) {
        await rows('rollback').catch(() => undefined);
        throw error;
      }
    },
    [Symbol.asyncDispose]: async () => await client.end(),
  };
};

/** Advice by the beginning of an error's code: Node's, or one of PostgreSQL's. */
const advice: readonly (readonly [code: RegExp, what: string])[] = [
  [/^E[A-Z]+$/, 'start the database, or check the address'],
  [/^28|^3D/, 'check user, password and the name of the database'],
  [/^42501/, 'ask for the right to create schemas and extensions there, or for a database of your own'],
  [/^(58P01|0A000|22023|42704)/, 'install pgvector 0.8 or later for this server'],
  [/^53/, 'give it room, and run the same again'],
];

/** An error of the database as one that says where, and what to do. */
const explained = (shown: string, error: unknown): Error => {
  if (error instanceof UserError) return error;
  const { code = '', message } = error as Error & { readonly code?: string };
  const what = advice.find(([codes]) => codes.test(code))?.[1] ?? 'see the log of the database';
  return new UserError(`${shown}: ${message || code}: ${what}`, { cause: error });
};
