import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Path of a file that ships with the package, from its name in `assets/`. */
export const assetPath = (name: string): string => {
  // The built package has its files one folder higher than the sources or in the same depth, as the bundler decides.
  const places = ['../../assets/', '../assets/'].map((up) => fileURLToPath(new URL(up + name, import.meta.url)));
  return places.find((place) => existsSync(place)) ?? places[0]!;
};
