import { mulberry32, seedFor, shuffled } from '../mulberry32.ts';
import type { Concept } from './emoji-concepts.ts';

/**
 * The captions of one picture: its name, "a picture of" it, the name with two tags, the tags alone, and its name in another
 * language where there is one. Which tags, and in which order, is drawn for each picture, so that the pictures of a
 * concept do not share them all.
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
