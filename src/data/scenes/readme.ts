import type { Manifest } from './manifest.ts';
import { splitNames } from './splits.ts';

const table = ({ images, rows }: Manifest): string =>
  [
    '| split | images | rows |',
    '| --- | ---: | ---: |',
    ...splitNames.filter((split) => rows[split]).map((split) => `| ${split} | ${images[split]} | ${rows[split]} |`),
  ].join('\n');

/** The README of a folder of scenes: what it holds, how to read it, how to make it again. */
export const readmeOf = (manifest: Manifest, command: string | undefined): string => {
  const { world, pixels, seed, plain } = manifest;
  const { fewest, most } = world.objects;
  return `# Scenes

Generated pictures of ${fewest} to ${most} objects in ${world.grid} x ${world.grid} cells, ${pixels} x ${pixels} pixels, with questions that neither the
picture nor the text answers alone: every question stands at two pictures that differ by one small edit and have
different answers. Who knows only the questions is right at most half the time.

${table(manifest)}

- \`images/<split>/\`: the pictures; two neighbours belong together.
- \`<split>.jsonl\`: a question a line. \`kind\` is its template, \`hops\` the number of relations it chains, \`edit\` how the
  two pictures differ (place: same things, other places; exchange: two things exchanged an attribute; any: anything),
  \`pair\` the two rows that belong together.
${plain ? `- About ${Math.round(100 * plain)} % of the training pictures are on their own, without a partner, an \`edit\` or a \`pair\`: easier questions.\n` : ''}- \`answers.txt\`: every answer there is, one a line.
- \`test-comp\` has in every picture a colour on a shape that no picture of the other splits has.

World \`${world.name}\`, seed ${seed}; the same seed and sizes give the same bytes.
${command === undefined ? '' : `\nMade with:\n\n    ${command}\n`}`;
};
