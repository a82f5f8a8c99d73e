import { counted } from '../../../errors.ts';

/** Images of a caption file by their split, where that is neither asked for nor a usual one. */
export type Elsewhere = Map<string, Set<string>>;

export const addTo = (all: Elsewhere, split: string, image: string): void =>
  void all.set(split, (all.get(split) ?? new Set()).add(image));

/** Notices of the images in splits that none of the usual names asks for. */
export const elsewhereNotices = (elsewhere: Elsewhere, file: string): string[] =>
  [...elsewhere].map(([split, images]) => {
    const are = images.size === 1 ? 'is' : 'are';
    return `${file}: ${counted(images.size, 'image')}, such as ${[...images][0]}, ${are} of the split ${JSON.stringify(split)}: read where that is asked for.`;
  });
