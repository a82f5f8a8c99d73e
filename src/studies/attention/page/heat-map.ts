import type { ExplainedPair } from '../../../query.ts';
import { type Html, html } from '../../report/html.ts';
import { classOf } from './scale.ts';

/** The two versions of a pair's image, defined once and drawn by all its maps: in colour, and in pale grey. */
export const imageSymbols = ({ image, grey, rows, columns }: ExplainedPair, id: string): Html => {
  const symbol = (name: string, source: string): Html =>
    html`<symbol id="${id}-${name}" viewBox="0 0 ${columns} ${rows}" preserveAspectRatio="none"><image href="${source}" width="${columns}" height="${rows}" preserveAspectRatio="none"/></symbol>`;
  return html`<svg class="hidden" width="0" height="0" aria-hidden="true"><defs>${symbol('image', image)}${symbol('grey', grey)}</defs></svg>`;
};

/** Share that a patch receives, as its title and the readout say it. Pages embed its source, so it stands alone. */
export const sayShare = (share: number, tokens: number): string =>
  `${(100 * share).toFixed(1)}\u00a0%, ${(share * tokens).toFixed(share * tokens < 1 ? 2 : 1)}\u00a0× even`;

/** A map in words, for those who do not see it. Pages embed its source, so it stands alone. */
export const sayMap = (whose: string, [cls, ...patches]: readonly number[], columns: number): string => {
  const most = patches.indexOf(Math.max(...patches));
  const [row, column] = [Math.floor(most / columns) + 1, (most % columns) + 1];
  const percents = [patches[most]!, cls!].map((share) => `${(100 * share).toFixed(1)}\u00a0%`);
  return `${whose}: most to row ${row}, column ${column} (${percents[0]}); [CLS] ${percents[1]}`;
};

/**
 * Attention laid over the grey image: each patch has the colour of its share relative to the even one.
 *
 * @param shares [1 + patches]: the share of the image's [CLS], which is not drawn, then those of the patches.
 * @param whose whose attention it is, for the label.
 */
export const heatMap = (
  shares: readonly number[],
  { rows, columns }: Pick<ExplainedPair, 'rows' | 'columns'>,
  { id, whose }: { readonly id: string; readonly whose: string },
): Html => {
  const [, ...patches] = shares;
  const patch = (share: number, at: number): Html =>
    html`<rect class="${classOf(share, shares.length)}" x="${at % columns}" y="${Math.floor(at / columns)}" width="1" height="1"><title>${sayShare(share, shares.length)}</title></rect>`;
  return html`<svg class="heat" viewBox="0 0 ${columns} ${rows}" style="aspect-ratio: ${columns} / ${rows}" role="img" aria-label="${sayMap(whose, shares, columns)}"><use href="#${id}-grey" width="${columns}" height="${rows}"/>${patches.map(patch)}</svg>`;
};
