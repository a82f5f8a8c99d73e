import { UserError } from '../errors.ts';

/** A server of Spark Connect. */
export interface SparkAddress {
  /** `http://host:15002`, or `https://…` of one with TLS. */
  readonly url: string;
  /** Address in messages, without its token. */
  readonly shown: string;
  readonly token?: string | undefined;
  readonly user: string;
}

/**
 * Reads an address as all clients of Spark Connect take it: `sc://host:port/;use_ssl=true;token=…;user_id=…`. The port is 15002
 * where none is given, and a token means TLS. `SPARK_CONNECT_TOKEN`, where it is set, is the token of an address without one.
 *
 * @throws UserError where it is none, or has a parameter that is not known.
 */
export const parseSparkAddress = (address: string, environment: NodeJS.ProcessEnv = process.env): SparkAddress => {
  const [, host, port = '15002', parameters = ''] =
    /^sc:\/\/(\[[^\]]+\]|[^:/;[\]]+)(?::(\d+))?\/?(;.*)?$/.exec(address) ?? [];
  const shown = address.replace(/(;token=)[^;]*/, '$1…');
  if (host === undefined)
    throw new UserError(
      `${shown}: it is no address of Spark Connect: give sc://host:15002, or sc://host/;use_ssl=true;token=…`,
    );
  const given = new Map<string, string>();
  for (const parameter of parameters.split(';').filter((text) => text !== '')) {
    const [name, value] = parameter.split(/=(.*)/s) as [string, string | undefined];
    if (!['use_ssl', 'token', 'user_id', 'session_id', 'user_agent'].includes(name) || value === undefined)
      throw new UserError(`${shown}: ${parameter} is not known: give use_ssl=true, token=… or user_id=…`);
    given.set(name, decodeURIComponent(value));
  }
  const token = given.get('token') ?? environment.SPARK_CONNECT_TOKEN;
  const isSecure = given.get('use_ssl') === 'true' || given.has('token');
  const user = given.get('user_id') ?? environment.USER ?? 'dide';
  return { url: `${isSecure ? 'https' : 'http'}://${host}:${port}`, shown, token, user };
};
