import { type Html, html } from '../../report/html.ts';

/**
 * Step of a share on the scale of all maps, two steps a doubling of the even share 1 / tokens: 0 for the even share, 2 for
 * twice as much, -2 for half as much, and at most 8 (16 times, or a 16th). Pages embed its source, so it stands alone.
 */
export const stepOf = (share: number, tokens: number): number =>
  Math.max(-8, Math.min(8, Math.round(2 * Math.log2(share * tokens))));

/**
 * Colours of the steps 1 to 8, from more than even to 16 times as much, and down to a 16th: white to red over yellow, and
 * white to pale blue, each with equal distances in OKLab; yellow and blue differ for colour-blind eyes, too.
 */
export const scaleColors = {
  more: ['#fcecbd', '#fdd57c', '#fdb54e', '#f8932a', '#ef7006', '#dd4f06', '#c13721', '#a3212d'],
  less: ['#ecf6fb', '#dceffb', '#cde9fa', '#bfe2f7', '#b3d9f4', '#a7d1f0', '#9dc9ec', '#92c0e8'],
} as const;

/** Class of a patch or cell that receives a share of the attention to so many tokens. */
export const classOf = (share: number, tokens: number): string => `s${stepOf(share, tokens)}`;

const rulesOf = (colors: readonly string[], sign: '' | '-'): string =>
  colors.map((color, i) => `.s${sign}${i + 1} { --step: ${color}; }`).join('\n');

/** CSS of the scale: `--step` is the colour of each class, and white for the even share. */
export const scaleStyle = `
.s0 { --step: #fff; }
${rulesOf(scaleColors.more, '')}
${rulesOf(scaleColors.less, '-')}
.scale { display: grid; grid-template-columns: repeat(17, minmax(0, 24px)); font: 12px/1.4 system-ui, sans-serif; color: var(--soft); margin: 6px 0 14px; }
.scale i { grid-row: 1; height: 18px; background: var(--step); border: solid var(--line); border-width: 1px 0; }
.scale i:first-of-type { border-left-width: 1px; }
.scale i:last-of-type { border-right-width: 1px; }
.scale span { grid-row: 2; width: 5em; margin-left: calc(50% - 2.5em); text-align: center; }
.scale span:first-of-type { margin-left: 0; text-align: left; }
.scale span:last-of-type { margin-left: calc(100% - 5em); text-align: right; }
`;

const LABELS = [
  [-8, '≤ 1⁄16'],
  [-4, '¼'],
  [0, 'even'],
  [4, '4 ×'],
  [8, '≥ 16 ×'],
] as const;

/** The legend of all maps. */
export const scaleLegend: Html = html`
<div class="scale" role="img" aria-label="Colours: pale blue is less than the even share, down to a 16th; white is the even share; yellow, orange and red are more, up to 16 times">${Array.from(
  { length: 17 },
  (_, i) => html`<i class="s${i - 8}" style="grid-column: ${i + 1}"></i>`,
)}${LABELS.map(([step, label]) => html`<span style="grid-column: ${step + 9}">${label}</span>`)}</div>`;
