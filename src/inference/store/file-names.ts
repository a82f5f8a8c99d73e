/**
 * Files of a cache: its manifest, one row of numbers an image (`rowFormatOf`), one line of JSON an image, and the contents of those lines
 * once more in columns, which are read at once. The columns are of some time ago: what the lines say after that counts. The
 * checksums are of the rows that were there when a writer last finished.
 */
export const cacheFiles = {
  about: 'cache.json',
  index: 'index.jsonl',
  columns: 'index.columns',
  checksums: 'vectors.crc',
  lock: 'cache.lock',
} as const;
