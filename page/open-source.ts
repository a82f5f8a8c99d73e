import { openServiceSource } from './service-source.ts';
import type { Source } from './source.ts';

/** Name under which the tab keeps a service's key until it is closed. */
const KEY = 'dide-key';

/** Opens what answers here: the service from which the page came. */
export const openSource = async (collection: string | undefined): Promise<Source> => {
  const service = { url: document.baseURI, key: () => sessionStorage.getItem(KEY) ?? undefined };
  return await openServiceSource(service, collection);
};

/** Keeps a service's key until the tab is closed. */
export const keepKey = (key: string): void => sessionStorage.setItem(KEY, key.trim());
