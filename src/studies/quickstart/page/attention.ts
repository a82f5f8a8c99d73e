import type { ExplainedPair } from '../../../query.ts';
import { imageSymbols } from '../../attention/page/heat-map.ts';
import { howChosen, howToRead } from '../../attention/page/how-to-read.ts';
import { pairHeader } from '../../attention/page/pair-header.ts';
import { wordMaps } from '../../attention/page/word-maps.ts';
import type { Choice } from '../../measures/chosen-examples.ts';
import { type Html, html, section } from '../../report/html.ts';

/** The section of text-to-image attention maps, with a row for each model and a column for each word. */
export const attentionPage = (examples: readonly ExplainedPair[], choice: Choice): Html =>
  section(
    'attention',
    'Attention of each word',
    html`${howToRead}${howChosen(choice)}${examples.map((pair, i) => onePair(pair, `example-${i + 1}`))}`,
  );

const onePair = (pair: ExplainedPair, id: string): Html => html`
<article class="example" id="${id}">
${imageSymbols(pair, id)}
${pairHeader(pair, id)}
${wordMaps(pair, id)}
</article>`;
