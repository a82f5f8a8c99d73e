/** `dide/server`: a model and caches of its images, served over HTTP, or as a folder for any host of files. */

export type { SiteOptions } from './export/site/site-options.ts';
export { runtimeFiles, type SiteReport, writeSite } from './export/site/write-site.ts';
export { type ApiKey, createKey, readKeys } from './service/http/keys.ts';
export {
  defaultLimits,
  type LogWriter,
  type ServedCache,
  type ServerLimits,
  type ServerOptions,
} from './service/options.ts';
export { createServer, type Server } from './service/server.ts';
