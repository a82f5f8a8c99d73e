import type { Normalization } from '../kernels/patches/reference.ts';
import type { Pixels } from '../kernels/pixels.ts';
import type { Filter } from '../kernels/resize/filters.ts';
import { resize } from '../kernels/resize/resize.ts';
import type { PreparedImage } from './batch.ts';
import { patchGrid } from './patches.ts';

/** Options of turning an image into patches: its size before it is cut, in pixels, and its values. */
export interface SizeRule {
  /** Length of the shorter side; 384 in ViLT. */
  readonly shortest: number;
  /** Greatest length of the longer side; by default `trunc(1333 / 800 * shortest)`, 639 for 384. */
  readonly longest?: number | undefined;
  /** Number of which both sides become a multiple, rounded down: the patch size, 32 in ViLT. */
  readonly multiple: number;
  /** Side of a patch, which divides `multiple`. Default: `multiple`. */
  readonly patch?: number | undefined;
  /** Filter of the resize. Default `bicubic`, as in ViLT. */
  readonly filter?: Filter | undefined;
  /** Normalisation of the values. Default: -1 to 1, as in ViLT. */
  readonly normalization?: Normalization | undefined;
}

/** A width and a height in pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * The size to which ViLT resizes an image: the aspect ratio is kept but for the rounding to whole patches.
 *
 * An image about twenty times as long as it is wide would get a side of 0; that side becomes one patch instead and
 * `clamped` is true. (ViLT's code fails there and silently takes another example.)
 */
export const resizedSize = (size: Size, rule: SizeRule): Size & { readonly clamped: boolean } => {
  const { shortest, multiple, longest = Math.trunc((1333 / 800) * shortest) } = rule;
  const enlarge = shortest / Math.min(size.width, size.height);
  let width = size.width <= size.height ? shortest : enlarge * size.width;
  let height = size.height < size.width ? shortest : enlarge * size.height;
  const longer = Math.max(width, height);
  if (longer > longest) {
    width *= longest / longer;
    height *= longest / longer;
  }
  const whole = (side: number): number => Math.floor(Math.trunc(side + 0.5) / multiple) * multiple;
  const clamped = whole(width) === 0 || whole(height) === 0;
  return { width: whole(width) || multiple, height: whole(height) || multiple, clamped };
};

/** Resizes an image to whole patches; `notice` is called where that distorts it. */
export const fit = (pixels: Pixels, rule: SizeRule, notice: (message: string) => void = () => {}): PreparedImage => {
  const { width, height, clamped } = resizedSize(pixels, rule);
  const ratio = `${pixels.width} x ${pixels.height}`;
  if (clamped) notice(`${ratio} is very long and thin: it is distorted to ${width} x ${height} to keep one patch.`);
  const resized = resize(pixels, width, height, { filter: rule.filter });
  const { normalization, patch = rule.multiple } = rule;
  return { pixels: resized, ...patchGrid(resized, patch), ...(normalization && { normalization }) };
};
