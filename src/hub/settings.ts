import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../errors.ts';

/** Addresses and folders of the Hub: its endpoint, and where its files are kept. */
export interface HubSettings {
  /** Address without a slash at its end. */
  readonly endpoint: string;
  /** Token of the user; undefined for anonymous reading. */
  readonly token: string | undefined;
  /** Folder of the repositories that were fetched. */
  readonly cache: string;
  /** Whether nothing is asked over the network. */
  readonly isOffline: boolean;
}

/**
 * The settings by the variables of Python's huggingface_hub: `HF_ENDPOINT`, `HF_TOKEN` or the file that `hf auth login`
 * writes (`HF_TOKEN_PATH`), `HF_HUB_CACHE`, `HF_HOME`, `XDG_CACHE_HOME`, and `HF_HUB_OFFLINE`.
 *
 * @throws UserError where `HF_ENDPOINT` is no address.
 */
export const hubSettings = (env: NodeJS.ProcessEnv = process.env): HubSettings => {
  const endpoint = (env.HF_ENDPOINT || 'https://huggingface.co').replace(/\/+$/, '');
  if (!/^https?:\/\//.test(endpoint) || !URL.canParse(endpoint))
    throw new UserError(
      `HF_ENDPOINT: ${JSON.stringify(endpoint)} is no address: give one such as https://huggingface.co`,
    );
  const home = expanded(env.HF_HOME || join(env.XDG_CACHE_HOME || join('~', '.cache'), 'huggingface'));
  return {
    endpoint,
    token: tokenIn(env, home),
    cache: expanded(env.HF_HUB_CACHE || env.HUGGINGFACE_HUB_CACHE || join(home, 'hub')),
    isOffline: /^(1|on|yes|true)$/i.test(env.HF_HUB_OFFLINE || env.TRANSFORMERS_OFFLINE || ''),
  };
};

const expanded = (path: string): string => path.replace(/^~(?=$|\/)/, homedir());

const tokenIn = (env: NodeJS.ProcessEnv, home: string): string | undefined => {
  const given =
    env.HF_TOKEN || env.HUGGING_FACE_HUB_TOKEN || tokenFile(expanded(env.HF_TOKEN_PATH || join(home, 'token')));
  const token = given?.trim();
  if (!token) return undefined;
  // a header of other bytes is refused with a message that shows them
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new UserError(
    'HF_TOKEN: it holds spaces or letters that no token has: copy it again from the settings of your account',
  );
};

const tokenFile = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
};
