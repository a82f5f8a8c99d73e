import { openServiceSource } from './service-source.ts';
import type { Source } from './source.ts';
import { siteAddress } from './tab/site.ts';
import { openTabSource } from './tab-source.ts';

/** Name under which the tab keeps a service's key until it is closed. */
const KEY = 'dide-key';

/** Opens what answers here: this tab, where the page is a site of files, otherwise the service from which it came. */
export const openSource = async (collection: string | undefined): Promise<Source> => {
  const site = siteAddress();
  if (site !== undefined) return await openTabSource(site);
  const service = { url: document.baseURI, key: () => sessionStorage.getItem(KEY) ?? undefined };
  return await openServiceSource(service, collection);
};

/** Keeps a service's key until the tab is closed. */
export const keepKey = (key: string): void => sessionStorage.setItem(KEY, key.trim());
