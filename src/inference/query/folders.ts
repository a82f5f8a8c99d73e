import type { ImageCache } from '../image-cache.ts';

/** A folder with images, by its path below that of the cache, and how many are in it or below it. */
export interface FolderCount {
  readonly folder: string;
  readonly images: number;
}

/** The folders of cached images, by path from A to Z; images of the cached folder itself are in none. */
export const countFolders = ({ size, pathAt }: ImageCache): FolderCount[] => {
  const counts = new Map<string, number>();
  for (let place = 0; place < size; place += 1) {
    const path = pathAt(place);
    for (let end = path.indexOf('/'); end >= 0; end = path.indexOf('/', end + 1)) {
      const folder = path.slice(0, end);
      counts.set(folder, (counts.get(folder) ?? 0) + 1);
    }
  }
  return [...counts].map(([folder, images]) => ({ folder, images })).sort((a, b) => (a.folder < b.folder ? -1 : 1));
};
