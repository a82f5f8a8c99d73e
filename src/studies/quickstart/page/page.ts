import { mapsScript } from '../../attention/page/script.ts';
import { mapsStyle } from '../../attention/page/style.ts';
import { document } from '../../report/document.ts';
import { count, duration } from '../../report/format.ts';
import { type Html, html, jsonScript, section, table } from '../../report/html.ts';
import { noticeOf, type QuickstartReport, REPRODUCIBILITY } from '../content.ts';
import { headline, kinds } from './accuracy.ts';
import { attentionPage } from './attention.ts';
import { curves } from './curves.ts';
import { latency, question } from './speed.ts';

/**
 * The report as one self-contained HTML page.
 *
 * @throws Error where an image is not a data URI, or the size of an attention map is not words x (1 + patches).
 */
export const page = async (report: QuickstartReport): Promise<string> => {
  const { models, data, findings, cache } = report;
  check(report);
  const body: Html[] = [
    opening(report),
    section('accuracy', 'Accuracy', headline(models, data)),
    section(
      'findings',
      'What distillation changed',
      html`<ul class="findings">${findings.map((finding) => html`<li>${finding}</li>`)}</ul>`,
    ),
    await curves(models),
    await kinds(models),
    await latency(report.latency, cache),
    question(report.question, cache),
    attentionPage(report.examples, report.choice),
    reproduce(report),
    jsonScript('numbers', numbersOf(report)),
  ];
  const title = 'Distilled dual encoders: one run, measured';
  return document({ title, body, style: mapsStyle, script: mapsScript });
};

const check = ({ question: asked, examples }: QuickstartReport): void => {
  const images = [...asked.answers, ...examples].map(({ image }) => image);
  for (const image of [...images, ...examples.map(({ grey }) => grey)]) {
    if (!/^data:image\//.test(image)) throw new Error(`report: picture ${image.slice(0, 40)}: give a data URI`);
  }
  for (const { text, words, rows, columns, models } of examples) {
    for (const { name, textToImage } of models) {
      const tokens = 1 + rows * columns;
      const unlike = textToImage.find((head) => head.length !== words.length || head[0]?.length !== tokens);
      if (!unlike) continue;
      const [given, wanted] = [`${unlike.length} x ${unlike[0]?.length ?? 0}`, `${words.length} x ${tokens}`];
      throw new Error(
        `report: attention of ${name} for "${text}" is ${given}: it must be words x (1 + patches), ${wanted}`,
      );
    }
  }
};

const sections = {
  accuracy: 'Accuracy',
  findings: 'Findings',
  curves: 'Training',
  kinds: 'Kinds of question',
  latency: 'Cost',
  question: 'One question',
  attention: 'Attention',
  reproduce: 'Run it again',
};

const opening = (report: QuickstartReport): Html => {
  const { seed, when, seconds } = report;
  const notice = noticeOf(report);
  return html`
<header class="opening"><h1>Distilled dual encoders</h1>
${
  notice === undefined
    ? ''
    : html`<p><strong class="wrong">${notice}</strong></p>
`
}<p>A fusion encoder teaches dual encoders, which encode an image once and then answer any question about it (Wang et al. 2022,
“Distilled Dual-Encoder Model for Vision-Language Understanding”). One run, seed ${seed}, ${when}, ${duration(seconds)}.</p>
<nav aria-label="Sections">${Object.entries(sections).map(([id, name]) => html`<a href="#${id}">${name}</a> `)}</nav></header>`;
};

const reproduce = ({ command, seed, when, seconds, data }: QuickstartReport): Html =>
  section(
    'reproduce',
    'Run it again',
    html`<pre><code>${command}</code></pre>
<p>Seed ${seed}; ended ${when}, after ${duration(seconds)}. Data in <code>${data.folder}</code>:</p>
${table(
  ['Split', 'Questions', 'Images'],
  Object.entries(data.splits).map(([split, { examples, images }]) => [split, count(examples), count(images)]),
)}
<p class="note">${REPRODUCIBILITY} Times always differ. The numbers of this page are in it as JSON, too, in the element
<code>#numbers</code>.</p>`,
  );

/** All numbers of the report, unrounded, without images and attention maps. */
const numbersOf = ({ examples, question: asked, ...rest }: QuickstartReport) => ({
  ...rest,
  question: { ...asked, answers: asked.answers.map(({ image: _, ...answer }) => answer) },
  examples: examples.map(({ image: _, grey: __, models, ...example }) => ({
    ...example,
    models: models.map(({ textToImage: _there, imageToText: _back, ...model }) => model),
  })),
});
