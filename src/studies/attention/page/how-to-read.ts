import type { Choice } from '../../measures/chosen-examples.ts';
import { count, percent } from '../../report/format.ts';
import { type Html, html } from '../../report/html.ts';
import { scaleLegend } from './scale.ts';

/** Explanation of the maps and their colours, with the legend; for the top of every page of maps. */
export const howToRead: Html = html`
<p>The last layer's cross-modal attention, recomputed from queries and keys as the distillation objective compares it: the
softmax of a word is taken over the image's tokens alone, that of a patch over the words alone. Colours show a token's share
relative to the <em>even share</em>, which is 1 over the number of tokens, in every map alike: over the grey picture, no
colour is the even share; each doubling is two steps towards red, each halving two towards blue. What a word does not give to patches
goes to the image's [CLS] token.</p>
${scaleLegend}
<p>KL is the divergence of a model's attention from the first model's, in nats, mean over heads and over all words or all image
tokens.</p>`;

/** Paragraph on the choice of the examples of a page, and on how often each model is right on the whole set. */
export const howChosen = ({ split, distilled, undistilled, right, kindsWithout }: Choice): Html => {
  const of = Object.values(right).reduce((sum, one) => sum + one, 0);
  const part = (one: number): string => `${count(one)}${of === 0 ? '' : ` (${percent(one / of)}\u00a0%)`}`;
  const rule =
    right.distilledAlone > 0
      ? html`The examples are chosen by their result: of each kind of question the first one in ${split} that “${distilled}”
answers rightly and “${undistilled}” wrongly.`
      : html`No question of ${split} is answered rightly by “${distilled}” and wrongly by “${undistilled}”, so the first of each kind of
question are shown.`;
  const without =
    right.distilledAlone > 0 && kindsWithout.length > 0
      ? html` There is no such question of the ${kindsWithout.length === 1 ? 'kind' : 'kinds'} ${kindsWithout.join(', ')}.`
      : html``;
  return html`
<p>${rule} Of all ${count(of)} questions ${part(right.distilledAlone)} are like that, and ${part(right.undistilledAlone)} the other way round: there “${undistilled}”
alone is right. Both are right on ${part(right.both)}, neither on ${part(right.neither)}.${without}</p>`;
};
