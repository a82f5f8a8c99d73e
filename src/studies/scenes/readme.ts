import type { Manifest } from './manifest.ts';
import { splitNames } from './splits.ts';
import type { View } from './views.ts';

const table = ({ images, rows }: Manifest): string =>
  [
    '| split | images | rows |',
    '| --- | ---: | ---: |',
    ...splitNames.filter((split) => rows[split]).map((split) => `| ${split} | ${images[split]} | ${rows[split]} |`),
  ].join('\n');

/** Description of the texts, and why they alone do not predict the answer. */
const summaries: { readonly [V in View]: string } = {
  vqa: `questions that neither the
picture nor the text answers alone: every question stands at two pictures that differ by one small edit and have
different answers. Who knows only the questions is right at most half the time.`,
  nlvr2: `statements about two
pictures together: every statement stands at four pairs of pictures, small edits apart, and is true of two of them. Who
knows only the statements is right half the time.`,
  ve: `hypotheses about one picture:
every hypothesis stands at three, one that entails it, one that contradicts it, and one where it depends on what a
brown crate hides. Who knows only the hypotheses is right one time in three; who sees only whether there is a crate,
hardly more often.`,
  retrieval: `captions: four pictures
and their four captions are made of the same words, and only colours and places tell which belongs to which. Who counts
words finds the right one of the four one time in four.`,
  pretraining: `captions: each tells
of up to three of a picture's things what they look like, as people caption photographs. Words and looks are learnt from
them, before any task.`,
};

const layouts: { readonly [V in View]: string } = {
  vqa: `- \`images/<split>/\`: the pictures; two neighbours belong together.
- \`<split>.jsonl\`: a question a line. \`kind\` is its template, \`hops\` the number of relations it chains, \`edit\` how the
  two pictures differ (place: same things, other places; exchange: two things exchanged an attribute; any: anything),
  \`pair\` the two rows that belong together.`,
  nlvr2: `- \`images/<split>/\`: the pictures; two neighbours are a pair, four pairs belong to a statement.
- \`<split>.jsonl\`: a statement with a left and a right picture a line. \`kind\` is its template, \`hops\` the number of
  relations it chains, \`identifier\` is scenes-statement-pair-0.`,
  ve: `- \`images/<split>/\`: the pictures; three neighbours belong to a hypothesis.
- \`<split>.jsonl\`: a hypothesis with a picture a line. \`kind\` is its template, \`hops\` the number of relations it chains,
  \`cover\` whether the picture has a crate, \`hypothesis\` the three rows that belong together.`,
  retrieval: `- \`images/<split>/\`: the pictures; four neighbours belong together.
- \`<split>.jsonl\`: a picture with its caption a line, \`quadruple\` the four rows that belong together.`,
  pretraining: `- \`images/<split>/\`: the pictures, each on its own.
- \`<split>.jsonl\`: a picture with a caption a line; a picture has several.`,
};

/** README of a folder of scenes: content, layout, and how to make it again. */
export const readmeOf = (manifest: Manifest, command: string | undefined): string => {
  const { world, pixels, seed, plain } = manifest;
  const { fewest, most } = world.objects;
  return `# Scenes

Generated pictures of ${fewest} to ${most} objects in ${world.grid} x ${world.grid} cells, ${pixels} x ${pixels} pixels, with ${summaries[manifest.view]}

${table(manifest)}

${layouts[manifest.view]}
${plain ? `- About ${Math.round(100 * plain)} % of the training pictures are on their own, without a partner, an \`edit\` or a \`pair\`: easier questions.\n` : ''}${manifest.view === 'retrieval' || manifest.view === 'pretraining' ? '' : '- `answers.txt`: every answer there is, one a line.\n'}- \`test-comp\` has in every picture a colour on a shape that no picture of the other splits has.

World \`${world.name}\`, seed ${seed}; the same seed and sizes give the same bytes.
${command === undefined ? '' : `\nMade with:\n\n    ${command}\n`}`;
};
