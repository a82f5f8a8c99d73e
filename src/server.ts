/** `dide/server`: a model and caches of its images, served over HTTP. */

export { type ApiKey, createKey, readKeys } from './service/http/keys.ts';
export {
  defaultLimits,
  type Explain,
  type LogWriter,
  type ServedCache,
  type ServerLimits,
  type ServerOptions,
} from './service/options.ts';
export { createServer, type Server } from './service/server.ts';
