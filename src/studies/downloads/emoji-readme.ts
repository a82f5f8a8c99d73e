import type { Made, Splits } from './packaged-data.ts';

/** README of the folder: content, authors and licences, and limits. */
export const emojiReadme = (splits: Splits, { seed, locale, side = 64, packages }: Made): string => `# Emoji

Pictures of emoji in four drawing styles, ${side} x ${side} pixels on white, with captions made of their names and tags.

| split | images | captions | |
| --- | ---: | ---: | --- |
${Object.entries(splits)
  .map(([split, { images, rows }]) => `| ${split} | ${images} | ${rows} | ${meanings[split]} |`)
  .join('\n')}

- A concept is an emoji that all four styles have drawn, but no flag, no skin tone${'test-tones' in splits ? ' (but for those of persons, drawn by Noto)' : ''}, no hair. All concepts of \`validation\` and
  \`test\` are in \`train\`, drawn in the other styles. The concepts of \`validation\`, drawn with seed ${seed}, are not in \`test\`: what
  is chosen by the one says nothing of the other.
- Captions of a picture: its name, "a picture of" the name, the name with two tags, the tags alone${locale === undefined ? '' : `, its name in ${locale}`}. Tags
  and their order are drawn for each picture.
- \`concept\` is its code points, \`style\` who drew it, \`group\` its group in Unicode.
- Pictures of a concept look alike in all styles, so put next to a model what pixels alone do: the test picture's nearest
  picture of \`train\`, and that one's captions.

The drawings and texts are those of their authors, each under its own licence:

| package | licence | digest |
| --- | --- | --- |
${packages.map(({ name, licence, integrity }) => `| \`${name}\` | ${licence} | \`${integrity}\` |`).join('\n')}

CC-BY-SA asks that what is derived of OpenMoji's pictures (https://openmoji.org) be shared alike, CC-BY that Twemoji be named.
`;

const meanings: Readonly<Record<string, string>> = {
  train: 'three styles of every concept',
  validation: 'the fourth style of some concepts',
  test: 'the fourth style of all others',
  'test-new': 'the fourth style of concepts that are in no other split',
  'test-tones': 'persons in skin tones that no other split shows of them, drawn by Noto',
};
