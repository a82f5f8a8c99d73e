import { mulberry32, seedFor, shuffled } from '../mulberry32.ts';
import type { Concept } from './emoji-concepts.ts';

/**
 * Captions of one image: its name, "a picture of" it, the name with two tags, the tags alone, and its name in another
 * language if there is one. The order of tags is random for each image, so that the images of a concept differ.
 */
export const captionsOf = (
  { code, label, tags, translation }: Concept,
  { style, seed }: { readonly style: string; readonly seed: number },
): string[] => {
  const place = [...`${style}/${code}`].map((letter) => letter.codePointAt(0)!);
  const drawn = shuffled(mulberry32(seedFor(seed, ...place)), tags);
  const captions = [
    label,
    `a picture of ${label}`,
    [label, ...drawn.slice(0, 2)].join(', '),
    drawn.join(', '),
    translation ?? '',
  ];
  return [...new Set(captions)].filter((caption) => caption !== '');
};
